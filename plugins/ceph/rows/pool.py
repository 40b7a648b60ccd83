"""Pools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, depends


class Pool(Resource, kw_only=True, gc=False):
    """A pool: configuration, usage and what clients and recovery do on it. Rates are bytes and calls a second."""

    KIND: ClassVar[str] = "ceph.pool"

    id: int
    name: str
    type: str
    """``replicated 3`` or ``ec 8+3``."""
    size: int
    min_size: int
    pg_num: int
    pg_num_target: int = 0
    autoscale: str = ""
    rule: str = ""
    flags: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    quota: int = 0
    stored: int | None = None
    objects: int | None = None
    used: int | None = None
    """Raw bytes, copies included."""
    available: int | None = None
    """Bytes that can still be stored, by Ceph's own estimate."""
    fill: float | None = None
    degraded: float | None = None
    """Part of the copies that are missing, 0 to 1; None while no manager answers."""
    misplaced: float | None = None
    unfound: int = 0
    recovering: int | None = None
    read: int | None = None
    write: int | None = None
    reads: int | None = None
    writes: int | None = None
    hosts: tuple[str, ...] = ()
    """Hosts that its CRUSH rule may take OSDs of."""
    cluster: str = ""
    """fsid."""

    def key(self) -> str:
        return self.name

    def health(self) -> Health:
        if self.unfound or "full" in self.flags or "full_quota" in self.flags:
            return Health.CRITICAL
        if self.degraded is None:
            return Health.UNKNOWN
        return Health.WARN if self.degraded or self.misplaced or "nearfull" in self.flags else Health.OK

    @property
    def word(self) -> str:
        """What is amiss, or ``ok``: all copies there and in their places, as far as the manager knows."""
        for flag in ("full_quota", "full"):
            if flag in self.flags:
                return flag
        if self.unfound:
            return f"{self.unfound} unfound"
        if self.degraded is None:
            return "not known"
        if self.degraded:
            return f"{self.degraded * 100:.2g} % degraded"
        return f"{self.misplaced * 100:.2g} % misplaced" if self.misplaced else "ok"

    def links(self) -> Iterable[Link]:
        for host in self.hosts:
            yield depends("ceph.host", host)
        if self.cluster:
            yield depends("ceph.cluster", self.cluster)

    def labels(self) -> Mapping[str, str]:
        return {"rule": self.rule, **{f"application-{name}": "true" for name in self.applications}}


def _state(pool: Pool) -> State:
    return State(pool.health(), pool.word)


KIND = Kind(
    name="ceph.pool",
    title="pool",
    plural="pools",
    aliases=("cephpool",),
    resource=Pool,
    columns=(
        Column("name", "NAME", lambda pool: pool.name, priority=0, width=32),
        Column("state", "STATE", _state, Format.STATE, priority=1, width=18, track=False),
        Column("fill", "FILL", lambda pool: pool.fill, Format.BAR, priority=5, width=16, track=False),
        Column("stored", "STORED", lambda pool: pool.stored, Format.BYTES, priority=10, width=10, track=False),
        Column("type", "TYPE", lambda pool: pool.type, priority=15, width=14),
        Column("pgs", "PGS", lambda pool: pool.pg_num, Format.COUNT, priority=20, width=7),
        Column("read", "READ", lambda pool: pool.read, Format.RATE, priority=25, width=11, track=False),
        Column("write", "WRITE", lambda pool: pool.write, Format.RATE, priority=26, width=11, track=False),
        Column(
            "recovering",
            "RECOVERING",
            lambda pool: pool.recovering,
            Format.RATE,
            priority=27,
            width=11,
            track=False,
        ),
        Column("min-size", "MIN", lambda pool: pool.min_size, Format.COUNT, priority=40, width=4),
        Column("available", "AVAIL", lambda pool: pool.available, Format.BYTES, priority=41, width=10, track=False),
        Column("objects", "OBJECTS", lambda pool: pool.objects, Format.COUNT, priority=42, width=12, track=False),
        Column("reads", "READS/S", lambda pool: pool.reads, Format.COUNT, priority=50, width=9, wide=True, track=False),
        Column(
            "writes",
            "WRITES/S",
            lambda pool: pool.writes,
            Format.COUNT,
            priority=51,
            width=9,
            wide=True,
            track=False,
        ),
        Column("used", "RAW USED", lambda pool: pool.used, Format.BYTES, priority=52, width=10, wide=True, track=False),
        Column("rule", "RULE", lambda pool: pool.rule, priority=53, width=20, wide=True),
        Column("autoscale", "AUTOSCALE", lambda pool: pool.autoscale, priority=54, width=9, wide=True),
        Column("applications", "APPS", lambda pool: pool.applications, Format.LIST, priority=55, width=20, wide=True),
    ),
)
