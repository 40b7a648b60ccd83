"""What happens to placement groups after the map changed: report, peering, recovery or backfill, clean."""

from __future__ import annotations

from hsops.simulator.ceph import Ceph
from hsops.simulator.cephvalues import Pg

PEERING = 1.0
BACKFILLS_PER_OSD = 1
"""Groups that move at a time, for each OSD of the cluster (`osd_max_backfills`)."""
RATE_PER_OSD = 400 * 1024**2
"""Bytes a second that one OSD can recover."""
LOG_SHARE = 0.01
"""Part of a group's bytes that is written again when a copy only missed some writes."""


def progress(ceph: Ceph, dt: float) -> None:
    """Move every unsettled group on by `dt` seconds."""
    ceph.recovered = 0.0
    if not ceph.unsettled:
        return
    now = ceph.clock.now()
    slots = float(max(1, len(ceph.osds) * BACKFILLS_PER_OSD))
    budget = RATE_PER_OSD * dt
    moved = 0.0
    for pg in list(ceph.unsettled.values()):
        if pg.report_at:
            if now < pg.report_at:
                continue
            _report(ceph, pg, now)
        if now < pg.peering_until or pg.state.startswith("stale"):
            continue
        if pg.state == "peering":
            _peered(ceph, pg, now)
        if pg.left > 0 and _may_move(ceph, pg):
            if slots > 0:
                step = min(pg.left, budget)
                slots -= step / budget if budget else 1  # who has little to move leaves its place to the next
                pg.left -= step
                moved += step
                _word(ceph, pg, moving=True)
            else:
                _word(ceph, pg, moving=False)
        if pg.left <= 0 and not pg.report_at:
            _arrived(ceph, pg, now)
    ceph.recovered = moved / dt if dt > 0 else 0.0


def _report(ceph: Ceph, pg: Pg, now: float) -> None:
    pg.report_at = 0.0
    pg.reported_epoch = ceph.epoch
    pg.changed = now
    if any(ceph.osds[osd].up for osd in pg.holders | set(pg.up)):
        pg.state, pg.peering_until = "peering", now + PEERING
        pg.acting = _acting(ceph, pg)
    else:
        pg.state = "stale+" + pg.state.removeprefix("stale+")


def _acting(ceph: Ceph, pg: Pg) -> tuple[int, ...]:
    """Who serves it: the up set when all of it has the data, else the living holders, the wanted ones first."""
    living = [osd for osd in pg.holders if ceph.osds[osd].up]
    if all(osd in pg.holders for osd in pg.up):
        return pg.up
    wanted = [osd for osd in pg.up if osd in living]
    others = sorted(osd for osd in living if osd not in pg.up)
    return tuple((wanted + others)[: ceph.pools[pg.pool].size])


def _peered(ceph: Ceph, pg: Pg, now: float) -> None:
    pool = ceph.pools[pg.pool]
    pg.acting = _acting(ceph, pg)
    pg.peering_until = 0.0
    pg.changed = now
    backfill = [osd for osd in pg.up if osd not in pg.holders]
    behind = [osd for osd in pg.acting if osd in pg.stale]
    pg.left = float(pool.pg_bytes * len(backfill)) + pool.pg_bytes * LOG_SHARE * len(behind)
    _word(ceph, pg, moving=False)


def _may_move(ceph: Ceph, pg: Pg) -> bool:
    """Recovery needs an active group and no flag against it."""
    if len(pg.acting) < ceph.pools[pg.pool].min_size:
        return False
    backfill = any(osd not in pg.holders for osd in pg.up)
    stopped = {"nobackfill", "norebalance"} if backfill else {"norecover"}
    return not (stopped | {"pause"}) & ceph.flags


def _word(ceph: Ceph, pg: Pg, *, moving: bool) -> None:
    """The state in words, and the counts of degraded and misplaced copies."""
    pool = ceph.pools[pg.pool]
    missing = pool.size - len(pg.acting)
    behind = sum(1 for osd in pg.acting if osd in pg.stale)
    backfill = [osd for osd in pg.up if osd not in pg.holders]
    total = pool.pg_bytes * len(backfill) + pool.pg_bytes * LOG_SHARE * behind
    share = pg.left / total if total else 0.0
    pg.degraded = int(pool.pg_objects * (missing if not backfill else missing * share))
    pg.degraded += int(pool.pg_objects * LOG_SHARE * behind * share)
    pg.misplaced = int(pool.pg_objects * max(0, len(backfill) - missing) * share)
    words = ["active" if len(pg.acting) >= pool.min_size else "peered"]
    if missing:
        words.append("undersized")
    if missing or behind:
        words.append("degraded")
    if pg.acting != pg.up:
        words.append("remapped")
    if backfill and pg.left > 0:
        words.append("backfilling" if moving else "backfill_wait")
    elif behind and pg.left > 0:
        words.append("recovering" if moving else "recovery_wait")
    if words == ["active"]:
        words.append("clean")
    state = _ordered(words)
    if state != pg.state:
        pg.state, pg.reported_epoch = state, ceph.epoch


_ORDER = ("active", "clean", "recovery_wait", "recovering", "undersized", "degraded", "remapped", "backfill_wait",
          "backfilling", "peered")  # fmt: skip


def _ordered(words: list[str]) -> str:
    return "+".join(sorted(words, key=_ORDER.index))


def _arrived(ceph: Ceph, pg: Pg, now: float) -> None:
    """Nothing left to copy: who is up has it all; copies elsewhere are removed once the group is whole."""
    if not pg.up:
        return
    for osd in pg.up:
        ceph.hold(pg, osd)
        pg.stale.discard(osd)
    pg.acting = pg.up
    whole = len(pg.up) == ceph.pools[pg.pool].size
    if whole:
        for osd in pg.holders - set(pg.up):
            ceph.drop(pg, osd)
    _word(ceph, pg, moving=False)
    pg.degraded = 0 if whole else pg.degraded
    if pg.clean:
        pg.changed = now
        ceph.dirty.add(pg.id)
        ceph.unsettled.pop(pg.id, None)
