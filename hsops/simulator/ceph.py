"""The Ceph cluster's state: maps, flags, placement, and recovery that takes time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

from hsops.simulator.cephpools import place_group, resize
from hsops.simulator.cephservices import Services
from hsops.simulator.cephvalues import Monitor, Osd, Pg, Pool
from hsops.simulator.clock import Clock
from hsops.simulator.machines import Fleet, Size
from hsops.simulator.names import Names

TIB = 1024**4
PGS_PER_OSD = 100
REPORT_LAG = 3.0
"""Seconds until the manager's statistics know of a change of the map (3 to 5 were measured)."""
REPORT_EVERY = 2.0
"""Seconds between two reports of the manager."""
DOWN_OUT = 600.0
"""Seconds an OSD may be down until it is marked out (`mon_osd_down_out_interval`)."""
NEARFULL, BACKFILLFULL, FULL = 0.85, 0.90, 0.95


class Ceph:
    """OSDs, pools and placement groups.

    Ask `osds`, `pools`, `pgs`, `by_state()`, `pgs_of(osd)`, `fullness(osd)`, `quorum`; change by `mark_down`,
    `mark_up`, `mark_out`, `mark_in`, `crush_reweight`, `reweight`, `set_flag`, `unset_flag`. `epoch` is the osdmap's.
    The manager's view (`Pg.state`) lags the map by some seconds, as in life.
    """

    def __init__(self, fleet: Fleet, size: Size, names: Names, clock: Clock, rng: random.Random) -> None:
        self.clock, self.fleet = clock, fleet
        self.fsid = names.uuid()
        self.epoch = 120
        self.flags: set[str] = {"sortbitwise", "recovery_deletes", "purged_snapdirs", "pglog_hardlimit"}
        self.node_flags: dict[str, set[str]] = {}
        """CRUSH node or `osd.N` to its flags (`osd set-group noout HOST`)."""
        self.osds: dict[int, Osd] = {}
        self.hosts: dict[str, list[Osd]] = {}
        self.pools: dict[int, Pool] = {}
        self.monitors = [Monitor(m.name, rank, m.address) for rank, m in enumerate(fleet.of("control"))]
        self.pg_version = 1
        """Counts the reports of the manager."""
        self._reported = clock.now()
        self.upmaps: dict[str, list[tuple[int, int]]] = {}
        """Exceptions from CRUSH: group to pairs of from and to (`osd pg-upmap-items`)."""
        self.plans: dict[str, dict[str, list[tuple[int, int]]]] = {}
        """The balancer's plans."""
        self.balancing = True
        self.services = Services(self)
        self._rng = rng
        self._pgs: dict[str, Pg] = {}
        self._looked: dict[int, set[str]] = {}
        self._on: dict[int, set[str]] = {}
        self.unsettled: dict[str, Pg] = {}
        """Placement groups that are not active+clean or about to change."""
        self.dirty: set[str] = set()
        """Groups that changed since somebody cleared it, also those that have settled again."""
        self.recovered = 0.0
        """Bytes a second that recovery moved in the last tick."""
        for machine in fleet.of("storage"):
            self._add_host(machine.name, machine.rack, size.osds, names)
        self._add_pools()

    def _add_host(self, host: str, rack: str, count: int, names: Names) -> None:
        osds = []
        for _ in range(count):
            osd = Osd(id=len(self.osds), uuid=names.uuid(), host=host, rack=rack, size=4 * TIB)
            osd.crush_weight = osd.size / TIB
            osd.latency = 0.0006 + self._rng.random() * 0.002
            self.osds[osd.id] = osd
            osds.append(osd)
        self.hosts[host] = osds

    def _add_pools(self) -> None:
        room = sum(osd.size for osd in self.osds.values())
        copies = min(3, len(self.hosts))
        groups = max(4, len(self.osds) * PGS_PER_OSD // copies)
        shares = ((".mgr", "mgr", 0.0, 0.00001), ("volumes", "rbd", 0.5, 0.28), ("vms", "rbd", 0.25, 0.12),
                  ("images", "rbd", 0.25, 0.03))  # fmt: skip
        for number, (name, application, pg_share, fill) in enumerate(shares, 1):
            pg_num = 1 << max(0, int(groups * pg_share).bit_length() - 1) if pg_share else 1
            stored = int(room * fill / copies)
            self.pools[number] = Pool(
                id=number,
                name=name,
                pg_num=pg_num,
                size=copies,
                min_size=max(1, copies - 1),
                application=application,
                stored=stored,
                objects=max(2, stored // (4 * 1024**2)),
            )

    # -- placement groups ------------------------------------------------------------------------------------------
    @property
    def pgs(self) -> dict[str, Pg]:
        """All placement groups by id; computed at the first use (33,000 take a part of a second)."""
        if not self._pgs:
            self._place_all()
        return self._pgs

    def _place_all(self) -> None:
        for pool in self.pools.values():
            for number in range(pool.pg_num):
                placement = place_group(self, pool, number)
                pg = Pg(pool=pool.id, number=number, up=placement.osds, acting=placement.osds)
                pg.holders = set(placement.osds)
                pg.changed = self.clock.now() - 86400.0
                self._pgs[pg.id] = pg
                for osd in placement.considered:
                    self._looked.setdefault(osd, set()).add(pg.id)
                for osd in placement.osds:
                    self._on.setdefault(osd, set()).add(pg.id)
                    self.osds[osd].used += pool.pg_bytes
                    self.osds[osd].pgs += 1

    def pgs_of(self, osd: int) -> list[Pg]:
        """Placement groups that have the OSD in their up or acting set or keep a copy there."""
        pgs = self.pgs
        return [pgs[pgid] for pgid in self._on.get(osd, ())]

    def by_state(self) -> Counter[str]:
        """How many placement groups are in each state, as the manager reports it."""
        counts: Counter[str] = Counter(pg.state for pg in self.unsettled.values())
        counts["active+clean"] += len(self.pgs) - len(self.unsettled)
        return +counts

    # -- changes of the map ----------------------------------------------------------------------------------------
    def mark_down(self, osd_id: int) -> None:
        """The OSD stopped."""
        osd = self._placed(osd_id)
        if osd.up:
            osd.up, osd.changed = False, self.clock.now()
            self.bump()
            osd.down_at = self.epoch
            self._remap(osd_id)

    def mark_up(self, osd_id: int) -> None:
        """The OSD runs again; one that went out by itself comes in again."""
        osd = self._placed(osd_id)
        if not osd.up:
            osd.up, osd.changed = True, self.clock.now()
            osd.inside, osd.auto_out = osd.inside or osd.auto_out, False
            self.bump()
            osd.up_from = self.epoch
            self._remap(osd_id)

    def mark_out(self, osd_id: int, *, auto: bool = False) -> None:
        """`osd out`"""
        osd = self._placed(osd_id)
        if osd.inside:
            osd.inside, osd.auto_out = False, auto
            self.bump()
            self._remap(osd_id)

    def mark_in(self, osd_id: int) -> None:
        """`osd in`"""
        osd = self._placed(osd_id)
        if not osd.inside:
            osd.inside, osd.auto_out = True, False
            self.bump()
            self._remap(osd_id)

    def reweight(self, osd_id: int, weight: float) -> None:
        """`osd reweight`: the override weight, 0..1."""
        osd = self._placed(osd_id)
        osd.reweight = weight
        osd.inside = weight > 0
        self.bump()
        self._remap(osd_id)

    def crush_reweight(self, osd_id: int, weight: float) -> None:
        """`osd crush reweight`: the weight in the CRUSH map, in TiB."""
        self._placed(osd_id).crush_weight = weight
        self.bump()
        self._remap(osd_id)

    def set_flag(self, flag: str, nodes: Iterable[str] = ()) -> None:
        """Set a flag for the cluster (`osd set noout`) or for CRUSH nodes and OSDs (`osd set-group`)."""
        nodes = list(nodes)
        for node in nodes:
            self.node_flags.setdefault(node, set()).add(flag)
        if not nodes:
            self.flags.add(flag)
        self.bump()

    def unset_flag(self, flag: str, nodes: Iterable[str] = ()) -> None:
        """Take a flag away."""
        nodes = list(nodes)
        for node in nodes:
            self.node_flags.get(node, set()).discard(flag)
            if not self.node_flags.get(node, {""}):
                del self.node_flags[node]
        if not nodes:
            self.flags.discard(flag)
        self.bump()

    def flagged(self, osd: Osd, flag: str) -> bool:
        """Whether a flag holds for an OSD: on the cluster, its host or itself."""
        return flag in self.flags or any(flag in self.node_flags.get(node, ()) for node in (osd.host, osd.name))

    def _placed(self, osd_id: int) -> Osd:
        """The OSD, with all groups placed as they were before the change that is to come."""
        self.pgs  # noqa: B018 - places them
        return self.osds[osd_id]

    def bump(self) -> None:
        """Another map."""
        self.epoch += 1

    def set_upmap(self, pgid: str, pairs: list[tuple[int, int]]) -> None:
        """`osd pg-upmap-items`; without pairs `osd rm-pg-upmap-items`."""
        pg = self.pgs[pgid]
        if pairs:
            self.upmaps[pgid] = pairs
        else:
            self.upmaps.pop(pgid, None)
        self.bump()
        self.replace([pg.number], self.pools[pg.pool])

    def replace(self, numbers: Iterable[int], pool: Pool) -> None:
        """Place some groups of a pool again."""
        for number in numbers:
            self._place_again(self.pgs[f"{pool.id}.{number:x}"])

    def adopt(self, pg: Pg, up: tuple[int, ...], considered: Iterable[int]) -> None:
        """A new group, beside the one it was split from."""
        self._pgs[pg.id] = pg
        self.put_up(pg, up)
        for osd in considered:
            self._looked.setdefault(osd, set()).add(pg.id)
        for osd in pg.holders:
            self._on.setdefault(osd, set()).add(pg.id)
        if not pg.clean:
            self.unsettled[pg.id] = pg

    def forget(self, pgid: str) -> None:
        """A group that was merged into another one."""
        pg = self._pgs.pop(pgid)
        self.put_up(pg, ())
        self.unsettled.pop(pgid, None)
        self.upmaps.pop(pgid, None)
        for known in (*self._on.values(), *self._looked.values()):
            known.discard(pgid)

    def serves(self, osd_id: int) -> bool:
        """Whether a group maps to an OSD, or keeps a copy there."""
        return any(osd_id in (*pg.up, *pg.acting) or osd_id in pg.holders for pg in self.pgs_of(osd_id))

    def _remap(self, osd_id: int) -> None:
        """Place the groups that had looked at an OSD again; the manager hears of it some seconds later."""
        for pgid in list(self._looked.get(osd_id, set()) | self._on.get(osd_id, set())):
            self._place_again(self._pgs[pgid], osd_id)

    def _place_again(self, pg: Pg, changed: int | None = None) -> None:
        placement = place_group(self, self.pools[pg.pool], pg.number)
        for osd in placement.considered:
            self._looked.setdefault(osd, set()).add(pg.id)
        up = tuple(osd for osd in placement.osds if self.osds[osd].up)
        if up != pg.up or changed in pg.holders:
            self._remapped(pg, up, self.clock.now())

    def _remapped(self, pg: Pg, up: tuple[int, ...], now: float) -> None:
        self.put_up(pg, up)
        pg.stale |= {osd for osd in pg.holders if not self.osds[osd].up}
        if not pg.report_at:
            pg.report_at = now + REPORT_LAG + (pg.number % 8) / 4
        self.unsettled[pg.id] = pg

    def tick(self) -> None:
        """The next report of the manager; OSDs that are down for long go out."""
        now = self.clock.now()
        if now - self._reported >= REPORT_EVERY:
            self.pg_version, self._reported = self.pg_version + 1, now
        self.services.tick()
        resize(self)
        if "noout" not in self.flags:
            for osd in self.osds.values():
                if not osd.up and osd.inside and now - osd.changed > DOWN_OUT and not self.flagged(osd, "noout"):
                    self.mark_out(osd.id, auto=True)

    # -- bookkeeping for recovery ----------------------------------------------------------------------------------
    def hold(self, pg: Pg, osd_id: int) -> None:
        """The OSD has (or receives) a copy of the group."""
        if osd_id not in pg.holders:
            pg.holders.add(osd_id)
            self.osds[osd_id].used += self.pools[pg.pool].pg_bytes

    def drop(self, pg: Pg, osd_id: int) -> None:
        """The OSD's copy is removed."""
        if osd_id in pg.holders:
            pg.holders.discard(osd_id)
            pg.stale.discard(osd_id)
            self.osds[osd_id].used -= self.pools[pg.pool].pg_bytes
            self._on.get(osd_id, set()).discard(pg.id)

    def put_up(self, pg: Pg, up: Sequence[int]) -> None:
        """Set the up set and keep the counts of the OSDs."""
        for osd in pg.up:
            self.osds[osd].pgs -= 1
        pg.up = tuple(up)
        self.dirty.add(pg.id)
        for osd in pg.up:
            self.osds[osd].pgs += 1
            self._on.setdefault(osd, set()).add(pg.id)

    # -- health ----------------------------------------------------------------------------------------------------
    @property
    def quorum(self) -> list[Monitor]:
        """Monitors in quorum; empty when the majority is lost."""
        alive = [m for m in self.monitors if m.up and m.name not in self.fleet.down]
        return alive if len(alive) * 2 > len(self.monitors) else []

    def fullness(self, osd: Osd) -> str:
        """``full``, ``backfillfull``, ``nearfull`` or empty."""
        for word, limit in (("full", FULL), ("backfillfull", BACKFILLFULL), ("nearfull", NEARFULL)):
            if osd.utilisation >= limit:
                return word
        return ""
