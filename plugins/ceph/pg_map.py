"""The PG map as plain data: per pool a row of cells, each a group of placement groups with their worst state.

A screen draws it and reads the values by attribute; nothing here draws.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hsops.api import Health, Lookup
from hsops.plugins.ceph import words
from hsops.plugins.ceph.rows.cluster import Cluster
from hsops.plugins.ceph.rows.osd import Osd
from hsops.plugins.ceph.rows.pg import Pg, health_of
from hsops.plugins.ceph.rows.pool import Pool

CELLS = 48
"""Cells of the longest row: fits 80 columns beside a name and a number."""
NAMED_DOWN = 3
"""Down OSDs that get a line of their own in the note."""
SHOWN = ("degraded", "undersized", "backfilling", "stale")
"""Words of states that the title counts, beside clean and inactive."""
NOT_YET = "not reported since the OSD went down"


@dataclass(frozen=True, slots=True)
class PgCell:
    """A group of placement groups that follow each other."""

    health: Health
    state: str
    """The worst state of the group, in Ceph's words."""
    pgids: tuple[str, ...]
    osd: str = ""
    """Who leads the worst group: an id of ``ceph.osd``; empty when nobody does."""
    host: str = ""
    rack: str = ""

    def place(self, by: str) -> str:
        """For colours: by ``osd``, ``host`` or ``rack``."""
        return {"osd": self.osd, "host": self.host, "rack": self.rack}[by]


@dataclass(frozen=True, slots=True)
class PgPool:
    """One pool's row."""

    name: str
    pg_num: int
    text: str
    """``replicated 3  62 %``"""
    cells: tuple[PgCell, ...]

    @property
    def health(self) -> Health:
        """The worst cell's."""
        return max((cell.health for cell in self.cells), default=Health.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PgMap:
    """The whole panel."""

    title: str
    """``33,024: 32,410 clean · 590 degraded · 24 backfilling · 0 inactive``"""
    progress: str
    """``misplaced 0.4 %  ~11 min``; empty when all copies are in place."""
    pools: tuple[PgPool, ...]
    note: str
    """What down OSDs mean for the groups, a line each; empty when none is down."""
    per_cell: int
    """Most placement groups in a cell."""


def pg_map(rows: Lookup, cells: int = CELLS) -> PgMap:
    """The map of one cluster, at most `cells` cells a row. About 15 ms of work for 33,000 groups."""
    pgs, pools = rows("ceph.pg"), rows("ceph.pool")
    osds = {osd.id: osd for osd in rows("ceph.osd")}
    cluster = next(iter(rows("ceph.cluster")), None)
    by_pool: dict[int, list[Pg]] = {}
    for pg in pgs:
        by_pool.setdefault(pg.pool, []).append(pg)
    largest = max((len(group) for group in by_pool.values()), default=1)
    per_cell = max(1, -(-largest // cells))
    known = {pool.id: pool for pool in pools}
    draw = _Drawing(per_cell, osds, frozenset(id_ for id_, osd in osds.items() if not osd.up))
    made = tuple(draw.pool(known.get(number), number, group) for number, group in sorted(by_pool.items()))
    return PgMap(_title(pgs, draw.unreported(pgs)), _progress(cluster), made, _note(pgs, known, osds), per_cell)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What every cell needs to know."""

    per_cell: int
    osds: Mapping[int, Osd]
    down: frozenset[int]

    def pool(self, pool: Pool | None, number: int, pgs: list[Pg]) -> PgPool:
        pgs.sort(key=lambda pg: pg.number)
        cells = tuple(
            self._cell(pgs[start : start + self.per_cell]) for start in range(0, len(pgs), self.per_cell)
        )  # fmt: skip
        if pool is None:
            return PgPool(f"pool {number}", len(pgs), "", cells)
        fill = "" if pool.fill is None else f"  {words.percent(pool.fill)}"
        return PgPool(pool.name, pool.pg_num, f"{pool.type}{fill}", cells)

    def _cell(self, group: Sequence[Pg]) -> PgCell:
        worst, health, state = group[0], Health.OK, group[0].state
        for pg in group:
            found, word = self._judge(pg)
            if found > health:
                worst, health, state = pg, found, word
        leader = self.osds.get(worst.acting_primary)
        return PgCell(
            health, state, tuple(pg.pgid for pg in group),
            str(leader.id) if leader else "", leader.host if leader else "", leader.rack if leader else "",
        )  # fmt: skip

    def unreported(self, pgs: Sequence[Pg]) -> int:
        """Groups that claim to be clean on a down OSD."""
        return sum(1 for pg in pgs if self._judge(pg)[0] is Health.UNKNOWN and pg.clean) if self.down else 0

    def _judge(self, pg: Pg) -> tuple[Health, str]:
        """Statistics lag the OSD map: a group that claims to be clean on a down OSD has not reported yet."""
        health = health_of(pg.state)
        if self.down and health is Health.OK and not self.down.isdisjoint(pg.acting):
            return Health.UNKNOWN, f"{pg.state}: {NOT_YET}"
        return health, pg.state


def _title(pgs: Sequence[Pg], unreported: int) -> str:
    states = Counter(pg.state for pg in pgs)
    counts: Counter[str] = Counter()
    clean = inactive = 0
    for state, count in states.items():
        parts = set(state.split("+"))
        counts.update(dict.fromkeys(parts, count))
        clean += count if {"active", "clean"} <= parts and "stale" not in parts else 0
        inactive += 0 if "active" in parts else count
    phrases = [f"{clean - unreported:,} clean"]
    phrases += [f"{counts[word]:,} {word}" for word in SHOWN if counts[word]]
    phrases.append(f"{inactive:,} inactive")
    phrases += [f"{unreported:,} not reported yet"] if unreported else []
    return f"{len(pgs):,}: " + " · ".join(phrases)


def _progress(cluster: Cluster | None) -> str:
    if cluster is None:
        return ""
    parts = [
        f"{name} {words.percent(ratio)}"
        for name, ratio in (("degraded", cluster.degraded), ("misplaced", cluster.misplaced))
        if ratio
    ]
    if parts and cluster.recovered_in is not None:
        parts.append(f"~{words.duration(cluster.recovered_in)}")
    return "  ".join(parts)


def _note(pgs: Sequence[Pg], pools: Mapping[int, Pool], osds: Mapping[int, Osd]) -> str:
    down = [osd for osd in osds.values() if not osd.up and "destroyed" not in osd.states]
    if not down:
        return ""
    down.sort(key=lambda osd: (-(osd.down_since or 0.0), osd.id))
    lines = [_sentence(osd, pgs, pools) for osd in down[:NAMED_DOWN]]
    if len(down) > NAMED_DOWN:
        lines.append(f"and {len(down) - NAMED_DOWN} more OSDs are down")
    short = _below(pgs, pools)
    lines[-1] += f" · in all {short} below min_size" if len(down) > 1 else ""
    return "\n".join(lines)


def _sentence(osd: Osd, pgs: Sequence[Pg], pools: Mapping[int, Pool]) -> str:
    """``on osd.117 (down 4 min, host/sto-09 rack/r07): 196 pgs, 0 below min_size``."""
    since = "" if osd.down_since is None else f" {words.duration(time.time() - osd.down_since)}"
    place = " ".join(f"{kind}/{name}" for kind, name in (("host", osd.host), ("rack", osd.rack)) if name)
    mine = [pg for pg in pgs if osd.id in pg.missing or osd.id in pg.acting]
    where = f"on {osd.name} (down{since}{', ' + place if place else ''})"
    if mine:
        return f"{where}: {len(mine)} pgs, {_below(mine, pools)} below min_size"
    if any(not pg.clean for pg in pgs):
        return f"{where}: which pgs it had is not known, it went down before hsops looked"
    return f"{where}: no pgs any more"


def _below(pgs: Sequence[Pg], pools: Mapping[int, Pool]) -> int:
    """Groups with fewer copies than their pool needs to answer clients."""
    return sum(1 for pg in _unclean(pgs) if pg.pool in pools and pg.copies < pools[pg.pool].min_size)


def _unclean(pgs: Sequence[Pg]) -> Iterator[Pg]:
    return (pg for pg in pgs if not pg.clean)
