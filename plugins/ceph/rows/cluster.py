"""The cluster as one row: health with its reasons, quorum, OSDs, placement groups, usage, I/O and recovery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, depends
from hsops.plugins.ceph.rows.pg import is_clean
from hsops.plugins.ceph.wire.status import Status

_HEALTH = {"HEALTH_OK": Health.OK, "HEALTH_WARN": Health.WARN, "HEALTH_ERR": Health.CRITICAL}


class Cluster(Resource, kw_only=True):
    """What ``ceph status`` says. Rates are bytes and calls a second, ratios 0 to 1."""

    KIND: ClassVar[str] = "ceph.cluster"

    fsid: str
    status: str
    """HEALTH_OK, HEALTH_WARN or HEALTH_ERR: Ceph's own word, which does not mean "clean"."""
    reasons: tuple[str, ...] = ()
    """The checks' messages, muted ones left out, errors first."""
    version: str = ""
    mons: int = 0
    quorum: tuple[str, ...] = ()
    manager: bool = True
    standbys: int = 0
    osds: int = 0
    up: int = 0
    is_in: int = 0
    pgs: int = 0
    pg_states: tuple[tuple[str, int], ...] = ()
    """How many placement groups are in which state."""
    settling: bool = False
    """The OSD map changed a moment ago and the placement groups' states may be those of before."""
    objects: int = 0
    stored: int = 0
    used: int = 0
    size: int = 0
    degraded: float = 0.0
    misplaced: float = 0.0
    unfound: int = 0
    read: int = 0
    write: int = 0
    reads: int = 0
    writes: int = 0
    recovering: int = 0
    recovered_in: float | None = None
    """Seconds until all copies are back in place, by the trend; None when there is nothing to recover or no trend."""
    mon_hosts: tuple[str, ...] = ()

    def key(self) -> str:
        return self.fsid

    def title(self) -> str:
        return f"ceph {self.fsid[:8]}"

    @property
    def fill(self) -> float | None:
        """Used part, 0 to 1."""
        return self.used / self.size if self.size else None

    @property
    def has_quorum(self) -> bool:
        """Without it the monitors repeat what they knew last."""
        return bool(self.quorum)

    @property
    def clean_pgs(self) -> int:
        """Groups with all copies in place, by their own states."""
        return sum(count for state, count in self.pg_states if is_clean(state))

    @property
    def clean(self) -> bool:
        """Every group is clean, and the states are of after the last change of the OSD map."""
        return self.has_quorum and self.manager and not self.settling and self.clean_pgs == self.pgs > 0

    def count(self, word: str) -> int:
        """Groups with that word in their state."""
        return sum(count for state, count in self.pg_states if word in state.split("+"))

    @property
    def inactive(self) -> int:
        """Groups that answer no client now."""
        return sum(count for state, count in self.pg_states if "active" not in state.split("+"))

    def health(self) -> Health:
        if not self.has_quorum:
            return Health.CRITICAL
        own = _HEALTH.get(self.status, Health.UNKNOWN)
        return own if self.manager else max(own, Health.WARN)

    @property
    def word(self) -> str:
        """Ceph's own word, or what makes it worthless."""
        if not self.has_quorum:
            return "no quorum, data stale"
        return self.status if self.manager else f"{self.status}, no manager"

    @property
    def pg_word(self) -> State:
        """The placement groups in one phrase."""
        if self.clean:
            return State(Health.OK, f"{self.pgs:,} clean")
        words = [f"{self.clean_pgs:,} of {self.pgs:,} clean", *self._amiss()]
        return State(self._pg_health(), " · ".join(words))

    def _pg_health(self) -> Health:
        if not self.has_quorum or not self.manager:
            return Health.UNKNOWN
        return Health.CRITICAL if self.unfound or self.count("down") or self.count("incomplete") else Health.WARN

    def _amiss(self) -> Iterator[str]:
        for word in ("degraded", "backfilling", "recovering", "unknown"):
            if self.count(word):
                yield f"{self.count(word):,} {word}"
        if self.inactive:
            yield f"{self.inactive:,} inactive"
        if self.settling:
            yield "settling"

    def links(self) -> Iterable[Link]:
        """Its monitors' hosts."""
        return [depends("host", host) for host in self.mon_hosts]


def row_of(status: Status, version: str) -> Cluster:
    """The row, without what needs a memory."""
    pgmap, osdmap = status.pgmap, status.osdmap
    return Cluster(
        fsid=status.fsid,
        status=status.health.status,
        reasons=_reasons(status),
        version=version,
        mons=status.monmap.num_mons,
        quorum=tuple(status.quorum_names),
        manager=status.mgrmap.available,
        standbys=status.mgrmap.num_standbys,
        osds=osdmap.num_osds,
        up=osdmap.num_up_osds,
        is_in=osdmap.num_in_osds,
        pgs=pgmap.num_pgs,
        pg_states=tuple((state.state_name, state.count) for state in pgmap.pgs_by_state),
        objects=pgmap.num_objects,
        stored=pgmap.data_bytes,
        used=pgmap.bytes_used,
        size=pgmap.bytes_total,
        degraded=pgmap.degraded_ratio or 0.0,
        misplaced=pgmap.misplaced_ratio or 0.0,
        unfound=pgmap.unfound_objects,
        read=pgmap.read_bytes_sec,
        write=pgmap.write_bytes_sec,
        reads=pgmap.read_op_per_sec,
        writes=pgmap.write_op_per_sec,
        recovering=pgmap.recovering_bytes_per_sec,
    )


def _reasons(status: Status) -> tuple[str, ...]:
    raised = [check for check in status.health.checks.values() if not check.muted]
    raised.sort(key=lambda check: check.severity != "HEALTH_ERR")
    return tuple(check.summary.message for check in raised)


KIND = Kind(
    name="ceph.cluster",
    title="Ceph cluster",
    plural="Ceph clusters",
    aliases=("ceph",),
    resource=Cluster,
    columns=(
        Column("fsid", "FSID", lambda row: row.fsid, priority=0, width=36),
        Column("health", "HEALTH", lambda row: State(row.health(), row.word), Format.STATE, priority=1, width=24),
        Column("reasons", "REASONS", lambda row: row.reasons, Format.LIST, priority=2, width=80, track=False),
        Column("pgs", "PGS", lambda row: row.pg_word, Format.STATE, priority=5, width=48, track=False),
        Column("osds", "OSDS", lambda row: row.osds, Format.COUNT, priority=10, width=6),
        Column("up", "UP", lambda row: row.up, Format.COUNT, priority=11, width=6),
        Column("in", "IN", lambda row: row.is_in, Format.COUNT, priority=12, width=6),
        Column("fill", "FILL", lambda row: row.fill, Format.BAR, priority=15, width=16, track=False),
        Column("size", "SIZE", lambda row: row.size, Format.BYTES, priority=16, width=10),
        Column("mons", "MONS", lambda row: row.mons, Format.COUNT, priority=20, width=5),
        Column("quorum", "QUORUM", lambda row: row.quorum, Format.LIST, priority=21, width=24),
        Column("manager", "MGR", lambda row: "available" if row.manager else "none", priority=22, width=10),
        Column("degraded", "DEGRADED", lambda row: row.degraded, Format.PERCENT, priority=30, width=9, track=False),
        Column("misplaced", "MISPLACED", lambda row: row.misplaced, Format.PERCENT, priority=31, width=9, track=False),
        Column("recovering", "RECOVERING", lambda row: row.recovering, Format.RATE, priority=32, width=11, track=False),
        Column("eta", "ETA", lambda row: row.recovered_in, Format.DURATION, priority=33, width=8, track=False),
        Column("read", "READ", lambda row: row.read, Format.RATE, priority=34, width=11, track=False),
        Column("write", "WRITE", lambda row: row.write, Format.RATE, priority=35, width=11, track=False),
        Column("version", "VERSION", lambda row: row.version, priority=50, width=12),
        Column("stored", "STORED", lambda row: row.stored, Format.BYTES, priority=60, width=10, wide=True, track=False),
        Column(
            "objects",
            "OBJECTS",
            lambda row: row.objects,
            Format.COUNT,
            priority=61,
            width=12,
            wide=True,
            track=False,
        ),
        Column("reads", "READS/S", lambda row: row.reads, Format.COUNT, priority=62, width=9, wide=True, track=False),
        Column(
            "writes",
            "WRITES/S",
            lambda row: row.writes,
            Format.COUNT,
            priority=63,
            width=9,
            wide=True,
            track=False,
        ),
    ),
)
