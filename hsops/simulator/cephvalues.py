"""What the Ceph cluster is made of: OSDs, pools, placement groups, monitors."""

from __future__ import annotations

import msgspec

NO_OSD = 2147483647
"""CRUSH_ITEM_NONE: a hole in an up or acting set (replicated pools have shorter sets instead)."""


class Osd(msgspec.Struct):
    """One OSD. Sizes in bytes."""

    id: int
    uuid: str
    host: str
    rack: str
    size: int
    device_class: str = "ssd"
    up: bool = True
    inside: bool = True
    """In (true) or out of the data distribution."""
    reweight: float = 1.0
    """Override weight, 0..1, as in `osd reweight`; counts only while it is in."""
    crush_weight: float = 0.0
    """TiB."""
    used: int = 0
    """Bytes taken by placement groups and other things."""
    extra: int = 0
    """Bytes of `used` that are no placement groups (a fault fills the disk)."""
    pgs: int = 0
    """Placement groups whose up set has it."""
    latency: float = 0.001
    """Seconds to commit."""
    destroyed: bool = False
    up_from: int = 1
    down_at: int = 0
    changed: float = 0.0
    """Epoch seconds of the last up/down change."""
    auto_out: bool = False
    """Went out by itself after being down too long; comes in again when it starts."""

    @property
    def name(self) -> str:
        """``osd.7``"""
        return f"osd.{self.id}"

    @property
    def weight(self) -> float:
        """Weight in the osdmap: 0 when out."""
        return self.reweight if self.inside else 0.0

    @property
    def utilisation(self) -> float:
        """Fraction of the size that is used."""
        return self.used / self.size


class Pool(msgspec.Struct):
    """A replicated pool. `stored` are the bytes of users, before replication."""

    id: int
    name: str
    pg_num: int
    size: int
    min_size: int
    application: str
    stored: int
    objects: int
    rule: int = 0
    target: int = 0
    """Groups it shall have; 0: as many as it has."""
    pgp_num: int = 0
    """Groups that are placed for themselves; 0: all."""
    autoscale: str = "off"

    @property
    def placed(self) -> int:
        """How many groups are placed for themselves."""
        return self.pgp_num or self.pg_num

    @property
    def pg_bytes(self) -> int:
        """Bytes of one placement group in one copy."""
        return self.stored // self.pg_num

    @property
    def pg_objects(self) -> int:
        """Objects of one placement group."""
        return self.objects // self.pg_num


class Pg(msgspec.Struct):
    """A placement group as the manager last reported it."""

    pool: int
    number: int
    up: tuple[int, ...]
    acting: tuple[int, ...]
    state: str = "active+clean"
    holders: set[int] = set()
    """OSDs with a complete copy, up or down."""
    stale: set[int] = set()
    """Holders that missed writes while they were down: they catch up from the log."""
    left: float = 0.0
    """Bytes still to copy or to catch up."""
    report_at: float = 0.0
    """Epoch seconds when the manager will hear of the last change of the map; 0: it knows."""
    peering_until: float = 0.0
    reported_epoch: int = 1
    changed: float = 0.0
    degraded: int = 0
    """Object copies missing."""
    misplaced: int = 0
    """Object copies in the wrong place."""

    @property
    def id(self) -> str:
        """``2.1f``"""
        return f"{self.pool}.{self.number:x}"

    @property
    def clean(self) -> bool:
        """active+clean."""
        return self.state == "active+clean"


class Monitor(msgspec.Struct):
    """A monitor (and a manager daemon beside it)."""

    name: str
    rank: int
    address: str
    up: bool = True
