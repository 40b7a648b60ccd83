"""What Alertmanager's v2 API answers, with just the fields shown.

Source: prometheus/alertmanager ``api/v2/openapi.yaml``; recorded in ``tests/plugins/alertmanager/recordings``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec

from hsops.api import Health, Link, Resource, about

HOST_LABELS = ("host", "hostname", "node", "nodename", "instance")
"""Labels that name a host, best first."""
SOON = timedelta(minutes=15)
"""A silence that ends within this time is worth a look."""
STALE = timedelta(days=1)
"""A silence that has held for so long and mutes nothing is worth a look."""

SEVERITIES = {
    "critical": Health.CRITICAL,
    "page": Health.CRITICAL,
    "error": Health.CRITICAL,
    "warning": Health.WARN,
    "warn": Health.WARN,
    "info": Health.OK,
    "none": Health.OK,
}


def host_of(labels: Mapping[str, str]) -> str:
    """The host that labels speak of, without a port; empty when they name none."""
    for name in HOST_LABELS:
        value = labels.get(name, "")
        if value:
            host, _, port = value.rpartition(":")
            return host if host and port.isdigit() else value
    return ""


class AlertStatus(msgspec.Struct):
    """Whether an alert is muted, and by what."""

    state: str = "unprocessed"
    silencedBy: tuple[str, ...] = ()  # noqa: N815 - the wire's name
    inhibitedBy: tuple[str, ...] = ()  # noqa: N815 - the wire's name


class Alert(Resource):
    """``GET /api/v2/alerts``: one alert, firing or muted."""

    KIND: ClassVar[str] = "alertmanager.alert"
    fingerprint: str
    tags: dict[str, str] = msgspec.field(name="labels", default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    startsAt: datetime | None = None  # noqa: N815 - the wire's name
    status: AlertStatus = msgspec.field(default_factory=AlertStatus)

    def key(self) -> str:
        """Its fingerprint: a hash of its labels, the same for as long as it fires."""
        return self.fingerprint

    def title(self) -> str:
        """Its name."""
        return self.tags.get("alertname", self.fingerprint)

    @property
    def severity(self) -> str:
        """Its severity label; empty when it has none."""
        return self.tags.get("severity", "")

    @property
    def firing(self) -> bool:
        """Whether it is neither silenced nor inhibited."""
        return self.status.state != "suppressed"

    @property
    def host(self) -> str:
        """The host it speaks of."""
        return host_of(self.tags)

    def health(self) -> Health:
        """By severity; a muted one is maintenance; an unknown severity is a warning."""
        return SEVERITIES.get(self.severity.lower(), Health.WARN) if self.firing else Health.MAINTENANCE

    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self.tags

    def links(self) -> Iterable[Link]:
        """About its host and its rack."""
        return [about(kind, name) for kind, name in (("host", self.host), ("rack", self.tags.get("rack", ""))) if name]


class AlertGroup(Resource):
    """All alerts of one name, counted."""

    KIND: ClassVar[str] = "alertmanager.group"
    name: str
    firing: int
    muted: int
    worst: Health
    since: datetime | None
    hosts: tuple[str, ...]

    def key(self) -> str:
        """The alerts' name."""
        return self.name

    def health(self) -> Health:
        """The worst of its alerts."""
        return self.worst


def grouped(alerts: Sequence[Alert]) -> list[AlertGroup]:
    """The alerts by name."""
    by_name: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_name[alert.title()].append(alert)
    return [
        AlertGroup(
            name,
            firing=sum(alert.firing for alert in members),
            muted=sum(not alert.firing for alert in members),
            worst=max((alert.health() for alert in members), default=Health.OK),
            since=min((alert.startsAt for alert in members if alert.startsAt), default=None),
            hosts=tuple(sorted({alert.host for alert in members if alert.host})),
        )
        for name, members in by_name.items()
    ]


class Matcher(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a silence. `isRegex` is required on the wire, `isEqual` is true when absent."""

    name: str
    value: str
    isRegex: bool = False  # noqa: N815 - the wire's name
    isEqual: bool = True  # noqa: N815 - the wire's name

    def __str__(self) -> str:
        operator = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
        return f'{self.name}{operator[(self.isEqual, self.isRegex)]}"{self.value}"'


class SilenceStatus(msgspec.Struct):
    """pending, active or expired."""

    state: str = "active"


class Silence(Resource):
    """``GET /api/v2/silences``: one silence. Expired ones stay in the list for days; the source leaves them out."""

    KIND: ClassVar[str] = "alertmanager.silence"
    id: str
    status: SilenceStatus = msgspec.field(default_factory=SilenceStatus)
    matchers: tuple[Matcher, ...] = ()
    startsAt: datetime | None = None  # noqa: N815 - the wire's name
    endsAt: datetime | None = None  # noqa: N815 - the wire's name
    createdBy: str = ""  # noqa: N815 - the wire's name
    comment: str = ""
    mutes: int | None = None
    """How many alerts it mutes now; not on the wire, counted from the alerts."""

    def key(self) -> str:
        """Its id."""
        return self.id

    def title(self) -> str:
        """What it matches."""
        return ", ".join(map(str, self.matchers)) or self.id

    def health(self) -> Health:
        """Maintenance while it holds; a warning when it ends soon and mutes something, or is forgotten."""
        if self.status.state != "active":
            return Health.OK
        return Health.WARN if (self.ends_soon and self.mutes) or self.is_stale else Health.MAINTENANCE

    @property
    def ends_soon(self) -> bool:
        """Whether what it mutes is heard again within `SOON`."""
        return self.endsAt is not None and self.endsAt - datetime.now(UTC) < SOON

    @property
    def is_stale(self) -> bool:
        """Whether it has held for `STALE` and mutes nothing now: probably forgotten, and it hides the next fault."""
        is_old = self.startsAt is not None and datetime.now(UTC) - self.startsAt > STALE
        return self.status.state == "active" and is_old and self.mutes == 0

    def finding(self) -> str:
        """What is wrong with it, in a phrase; empty when nothing is."""
        if self.status.state != "active":
            return ""
        if self.is_stale:
            return "mutes nothing, for a day or more"
        if self.mutes == 0:
            return "mutes nothing"
        return "ends soon, alerts come back" if self.ends_soon and self.mutes else ""

    def links(self) -> Iterable[Link]:
        """About the hosts it names literally."""
        named = [matcher for matcher in self.matchers if matcher.name in HOST_LABELS and matcher.isEqual]
        return [about("host", host_of({m.name: m.value})) for m in named if not m.isRegex]


class Cluster(msgspec.Struct):
    """Gossip between Alertmanagers: disabled, settling or ready."""

    status: str = "disabled"
    peers: tuple[dict[str, str], ...] | None = ()


class Version(msgspec.Struct):
    """Build information."""

    version: str = ""


class Status(msgspec.Struct):
    """``GET /api/v2/status``."""

    cluster: Cluster = msgspec.field(default_factory=Cluster)
    versionInfo: Version = msgspec.field(default_factory=Version)  # noqa: N815 - the wire's name


class Posted(msgspec.Struct):
    """Answer to a silence posted."""

    silenceID: str  # noqa: N815 - the wire's name
