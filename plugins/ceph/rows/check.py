"""Health checks: why the cluster is not well, each with its reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, about
from hsops.plugins.ceph.wire.status import Check as Wire

REASONS = 50
"""Reasons kept of one check; Ceph may list thousands."""
_THINGS = (
    (re.compile(r"\bosd\.(\d+)\b"), "ceph.osd"),
    (re.compile(r"^host (\S+) "), "ceph.host"),
    (re.compile(r"^pg (\d+\.[0-9a-f]+) "), "ceph.pg"),
    (re.compile(r"^(?:    )?pool '([^']+)'"), "ceph.pool"),
)


class Check(Resource, kw_only=True, gc=False):
    """A health check that is raised now."""

    KIND: ClassVar[str] = "ceph.check"

    code: str
    severity: str
    message: str
    count: int = 0
    reasons: tuple[str, ...] = ()
    muted: bool = False

    def key(self) -> str:
        return self.code

    def health(self) -> Health:
        if self.muted:
            return Health.MAINTENANCE
        return Health.CRITICAL if self.severity == "HEALTH_ERR" else Health.WARN

    @property
    def word(self) -> str:
        """``err``, ``warn`` or ``muted``."""
        return "muted" if self.muted else self.severity.removeprefix("HEALTH_").lower()

    def links(self) -> Iterable[Link]:
        """What its reasons name."""
        return [about(kind, id_) for kind, id_ in dict.fromkeys(self._named())]

    def _named(self) -> Iterator[tuple[str, str]]:
        for reason in self.reasons:
            for pattern, kind in _THINGS:
                found = pattern.search(reason)
                if found:
                    yield kind, found[1]
                    break


def check_of(code: str, wire: Wire) -> Check:
    """From ``health detail``."""
    return Check(
        code=code,
        severity=wire.severity,
        message=wire.summary.message,
        count=wire.summary.count,
        reasons=tuple(detail.message for detail in wire.detail[:REASONS]),
        muted=wire.muted,
    )


KIND = Kind(
    name="ceph.check",
    title="health check",
    plural="health checks",
    aliases=("cephhealth",),
    resource=Check,
    columns=(
        Column("code", "CHECK", lambda check: check.code, priority=0, width=28),
        Column(
            "severity", "SEVERITY",
            lambda check: State(check.health(), check.word),
            Format.STATE, priority=1, width=10,
        ),
        Column("message", "WHAT", lambda check: check.message, priority=2, width=80),
        Column("count", "COUNT", lambda check: check.count, Format.COUNT, priority=30, width=8),
        Column("reasons", "REASONS", lambda check: check.reasons, Format.LIST, priority=40, width=80, wide=True),
    ),
)  # fmt: skip
