"""OSDs: one a disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, depends

FULL = ("full", "backfillfull", "nearfull")
"""States that the monitors give by fill, worst first."""


class Osd(Resource, kw_only=True, gc=False):
    """An OSD: its place from the CRUSH tree, its state from the OSD map, its fill and latency from the manager.

    What only the manager knows is None while no manager answers.
    """

    KIND: ClassVar[str] = "ceph.osd"

    id: int
    name: str
    host: str = ""
    rack: str = ""
    root: str = ""
    device_class: str = ""
    up: bool
    is_in: bool
    states: tuple[str, ...] = ()
    """Further words of the map: nearfull, destroyed, noout, new …"""
    noout: bool = False
    """It stays in when it goes down: by its own flag, its host's, its rack's or the cluster's."""
    weight: float = 0.0
    reweight: float = 0.0
    size: int | None = None
    used: int | None = None
    pgs: int | None = None
    commit: float | None = None
    """Latency of a commit, seconds."""
    apply: float | None = None
    down_since: float | None = None
    """Epoch seconds; None while it is up or when the map does not say."""

    def key(self) -> str:
        return str(self.id)

    def title(self) -> str:
        return self.name

    @property
    def fill(self) -> float | None:
        """Used part, 0 to 1."""
        return self.used / self.size if self.size and self.used is not None else None

    def health(self) -> Health:
        if "destroyed" in self.states:
            return Health.MAINTENANCE
        if not self.up:
            return Health.MAINTENANCE if self.noout else Health.CRITICAL
        if "full" in self.states:
            return Health.CRITICAL
        if "backfillfull" in self.states or "nearfull" in self.states:
            return Health.WARN
        return Health.OK if self.is_in else Health.MAINTENANCE

    @property
    def word(self) -> str:
        """The system's own words: ``up``, ``down``, ``up out``, ``down noout``, ``up nearfull``."""
        words = ["up" if self.up else "down"]
        if "destroyed" in self.states:
            words = ["destroyed"]
        elif not self.is_in:
            words.append("out")
        elif self.noout and not self.up:
            words.append("noout")
        words += [state for state in FULL if state in self.states][:1]
        return " ".join(words)

    def links(self) -> Iterable[Link]:
        return [depends("ceph.host", self.host)] if self.host else []

    def labels(self) -> Mapping[str, str]:
        found = {"host": self.host, "rack": self.rack, "root": self.root, "class": self.device_class}
        return {name: value for name, value in found.items() if value}


def _since(osd: Osd) -> datetime | None:
    return None if osd.down_since is None else datetime.fromtimestamp(osd.down_since, UTC)


KIND = Kind(
    name="ceph.osd",
    title="OSD",
    plural="OSDs",
    aliases=("osds",),
    resource=Osd,
    columns=(
        Column("name", "NAME", lambda osd: osd.name, priority=0, width=12),
        Column("state", "STATE", lambda osd: State(osd.health(), osd.word), Format.STATE, priority=1, width=18),
        Column("fill", "FILL", lambda osd: osd.fill, Format.BAR, priority=5, width=16, track=False),
        Column("host", "HOST", lambda osd: osd.host, priority=6, width=24),
        Column("pgs", "PGS", lambda osd: osd.pgs, Format.COUNT, priority=20, width=6, track=False),
        Column("commit", "COMMIT", lambda osd: osd.commit, Format.DURATION, priority=30, width=8, track=False),
        Column("apply", "APPLY", lambda osd: osd.apply, Format.DURATION, priority=31, width=8, track=False),
        Column("size", "SIZE", lambda osd: osd.size, Format.BYTES, priority=35, width=10),
        Column("class", "CLASS", lambda osd: osd.device_class, priority=40, width=8),
        Column("reweight", "REWEIGHT", lambda osd: osd.reweight, priority=42, width=8),
        Column("rack", "RACK", lambda osd: osd.rack, priority=45, width=16),
        Column("down", "DOWN", _since, Format.AGE, priority=8, width=8, track=False),
        Column("used", "USED", lambda osd: osd.used, Format.BYTES, priority=60, width=10, wide=True, track=False),
        Column("weight", "WEIGHT", lambda osd: round(osd.weight, 5), priority=61, width=9, wide=True),
        Column("root", "ROOT", lambda osd: osd.root, priority=62, width=16, wide=True),
        Column("flags", "FLAGS", lambda osd: osd.states, Format.LIST, priority=63, width=24, wide=True),
    ),
)
