"""What the HTTP API answers, with just the fields shown.

Source: prometheus/prometheus ``docs/querying/api.md``; recorded in ``tests/plugins/prometheus/recordings``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

import msgspec

from hsops.api import Health, Link, Resource, about, depends

NEVER = 1971
"""A target that was never scraped says year 1."""


class Target(Resource):
    """``GET /api/v1/targets``: one endpoint that is scraped."""

    KIND: ClassVar[str] = "prometheus.target"
    tags: dict[str, str] = msgspec.field(name="labels", default_factory=dict)
    scrapePool: str = ""  # noqa: N815 - the wire's name
    scrapeUrl: str = ""  # noqa: N815 - the wire's name
    lastError: str = ""  # noqa: N815 - the wire's name
    lastScrape: datetime | None = None  # noqa: N815 - the wire's name
    lastScrapeDuration: float = 0.0  # noqa: N815 - the wire's name
    state: str = msgspec.field(name="health", default="unknown")

    def key(self) -> str:
        """Pool and URL: one endpoint may be in two pools."""
        return f"{self.scrapePool} {self.scrapeUrl}"

    def title(self) -> str:
        """Its instance label."""
        return self.tags.get("instance", self.scrapeUrl)

    @property
    def job(self) -> str:
        """Its job."""
        return self.tags.get("job", self.scrapePool)

    @property
    def host(self) -> str:
        """Its instance without the port."""
        for name in ("host", "hostname", "node", "nodename"):
            if self.tags.get(name):
                return self.tags[name]
        instance = self.tags.get("instance", "")
        host, _, port = instance.rpartition(":")
        return host if host and port.isdigit() else instance

    @property
    def scraped(self) -> datetime | None:
        """When it was last scraped; None when never."""
        return self.lastScrape if self.lastScrape and self.lastScrape.year >= NEVER else None

    def health(self) -> Health:
        """up, down, or unknown before the first scrape."""
        return {"up": Health.OK, "down": Health.CRITICAL}.get(self.state, Health.UNKNOWN)

    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self.tags

    def links(self) -> Iterable[Link]:
        """It suffers with its host and tells of its rack."""
        links = [depends("host", self.host)] if self.host else []
        return [*links, about("rack", self.tags["rack"])] if self.tags.get("rack") else links


class Rule(Resource):
    """One rule of a group; `state` is empty for recording rules."""

    KIND: ClassVar[str] = "prometheus.rule"
    name: str
    type: str = "alerting"
    state: str = ""
    condition: str = msgspec.field(name="health", default="unknown")
    query: str = ""
    lastError: str = ""  # noqa: N815 - the wire's name
    lastEvaluation: datetime | None = None  # noqa: N815 - the wire's name
    evaluationTime: float = 0.0  # noqa: N815 - the wire's name
    tags: dict[str, str] = msgspec.field(name="labels", default_factory=dict)
    group: str = ""
    """Not on the wire of the rule: file and name of its group, and its place in it."""

    def key(self) -> str:
        """Group, place and name: names repeat."""
        return f"{self.group} {self.name}"

    def title(self) -> str:
        """Its name."""
        return self.name

    def health(self) -> Health:
        """A rule that cannot be evaluated is critical: its alerts would not fire."""
        if self.condition == "err":
            return Health.CRITICAL
        if self.condition == "unknown":
            return Health.UNKNOWN
        return Health.WARN if self.state in ("firing", "pending") else Health.OK

    def labels(self) -> Mapping[str, str]:
        """The labels it adds."""
        return self.tags


class TargetsData(msgspec.Struct):
    """``data`` of the targets."""

    activeTargets: list[Target] = msgspec.field(default_factory=list)  # noqa: N815 - the wire's name


class RuleGroup(msgspec.Struct):
    """A group of rules."""

    name: str
    file: str = ""
    rules: list[Rule] = msgspec.field(default_factory=list)


class RulesData(msgspec.Struct):
    """``data`` of the rules."""

    groups: list[RuleGroup] = msgspec.field(default_factory=list)


class Series(msgspec.Struct):
    """One series of a range: ``[[epoch seconds, "value"], …]``."""

    metric: dict[str, str] = msgspec.field(default_factory=dict)
    values: list[tuple[float, str]] = msgspec.field(default_factory=list)


class RangeData(msgspec.Struct):
    """``data`` of a range query."""

    resultType: str = "matrix"  # noqa: N815 - the wire's name
    result: list[Series] = msgspec.field(default_factory=list)


class InstantKind(msgspec.Struct):
    """What ``data`` of an instant query holds: vector, scalar, matrix or string."""

    resultType: str  # noqa: N815 - the wire's name


class InstantSample(msgspec.Struct):
    """One series of an instant: ``[epoch seconds, "value"]``."""

    value: tuple[float, str]
    metric: dict[str, str] = msgspec.field(default_factory=dict)


class VectorData(msgspec.Struct):
    """``data`` of an instant query for a vector."""

    result: list[InstantSample]


class ScalarData(msgspec.Struct):
    """``data`` of an instant query for a number: bare, without labels."""

    result: tuple[float, str]


class BuildInfo(msgspec.Struct):
    """``data`` of the build information."""

    version: str = ""


class RuntimeInfo(msgspec.Struct):
    """``data`` of the runtime information."""

    reloadConfigSuccess: bool = True  # noqa: N815 - the wire's name


class Envelope(msgspec.Struct):
    """What every answer comes in; `data` is decoded by what was asked."""

    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    errorType: str = ""  # noqa: N815 - the wire's name
    error: str = ""
    warnings: tuple[str, ...] = ()
