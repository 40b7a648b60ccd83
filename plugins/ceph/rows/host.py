"""Hosts of the CRUSH tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, depends, same
from hsops.plugins.ceph.rows.osd import Osd


class Host(Resource, kw_only=True, gc=False):
    """A host bucket and the sum of its OSDs."""

    KIND: ClassVar[str] = "ceph.host"

    name: str
    rack: str = ""
    root: str = ""
    osds: tuple[str, ...] = ()
    """Ids of its OSDs."""
    up: int = 0
    is_in: int = 0
    size: int | None = None
    used: int | None = None
    pgs: int | None = None
    worst: Health = Health.OK
    """Worst health among its OSDs."""
    flags: tuple[str, ...] = ()
    """Flags set for this host: noout …"""

    def key(self) -> str:
        return self.name

    @property
    def down(self) -> int:
        """How many of its OSDs are down."""
        return len(self.osds) - self.up

    @property
    def fill(self) -> float | None:
        """Used part, 0 to 1."""
        return self.used / self.size if self.size and self.used is not None else None

    def health(self) -> Health:
        """Critical when all its OSDs are down against everybody's will, a warning when some are."""
        if self.worst is Health.CRITICAL and self.up:
            return Health.WARN
        if self.worst is Health.OK and self.flags:
            return Health.MAINTENANCE
        return self.worst

    @property
    def word(self) -> str:
        """``24 of 24 up``, then the flags."""
        return " ".join((f"{self.up} of {len(self.osds)} up", *self.flags))

    def links(self) -> Iterable[Link]:
        yield same("host", self.name)
        if self.rack:
            yield depends("rack", self.rack)

    def labels(self) -> Mapping[str, str]:
        return {name: value for name, value in (("rack", self.rack), ("root", self.root)) if value}


def total(values: Iterable[int | None]) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def host_of(name: str, osds: Sequence[Osd], flags: Sequence[str]) -> Host:
    """The host that these OSDs make; their place is its place."""
    first = osds[0] if osds else None
    return Host(
        name=name,
        rack=first.rack if first else "",
        root=first.root if first else "",
        osds=tuple(str(osd.id) for osd in osds),
        up=sum(osd.up for osd in osds),
        is_in=sum(osd.is_in for osd in osds),
        size=total(osd.size for osd in osds),
        used=total(osd.used for osd in osds),
        pgs=total(osd.pgs for osd in osds),
        worst=max((osd.health() for osd in osds), default=Health.OK),
        flags=tuple(flags),
    )


KIND = Kind(
    name="ceph.host",
    title="storage host",
    plural="storage hosts",
    aliases=("storagehost", "sto"),
    resource=Host,
    columns=(
        Column("name", "NAME", lambda host: host.name, priority=0, width=32),
        Column("state", "STATE", lambda host: State(host.health(), host.word), Format.STATE, priority=1, width=24),
        Column("fill", "FILL", lambda host: host.fill, Format.BAR, priority=5, width=16, track=False),
        Column("size", "SIZE", lambda host: host.size, Format.BYTES, priority=20, width=10),
        Column("pgs", "PGS", lambda host: host.pgs, Format.COUNT, priority=30, width=7, track=False),
        Column("in", "IN", lambda host: host.is_in, Format.COUNT, priority=25, width=5),
        Column("down", "DOWN", lambda host: host.down, Format.COUNT, priority=10, width=5),
        Column("rack", "RACK", lambda host: host.rack, priority=15, width=16),
        Column("used", "USED", lambda host: host.used, Format.BYTES, priority=50, width=10, wide=True, track=False),
        Column("root", "ROOT", lambda host: host.root, priority=60, width=16, wide=True),
        Column("osds", "OSDS", lambda host: host.osds, Format.LIST, priority=61, width=40, wide=True),
    ),
)
