"""Placement groups from ``pg dump pgs_brief`` (103 bytes a group; the full dump has 2.8 kB and is never read)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from hsops.api import Batch, Ref
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.rows.pg import NOBODY, Pg
from hsops.plugins.ceph.sources.missing import NO_MANAGER, no_quorum
from hsops.plugins.ceph.wire.decode import decode
from hsops.plugins.ceph.wire.status import Status

ACTIVE_CLEAN = "active+clean"


class Dump(msgspec.Struct):
    """``pg dump pgs_brief``. Not ready for some seconds after a manager has started: then nothing is known."""

    pg_ready: bool = True
    pg_stats: list[Pg] | None = None


@dataclass(slots=True)
class PgMemory:
    """The rows last seen and what they were made of."""

    digest: int = 0
    quiet_at: int = -1
    """Epoch of the OSD map at which every group was active+clean, by the rows and by the status; -1: they were not."""
    rows: dict[str, Pg] = field(default_factory=dict)


async def poll(client: CephClient, cursor: Any) -> Batch:
    """All groups the first time, then those that changed. A quiet cluster is asked for its status only."""
    memory = client.memory(PgMemory)
    status = await client.status(max_age=2.0)
    if not status.mgrmap.available:
        return Batch(cursor=cursor, missing=(f"states are of before: {NO_MANAGER}",))
    missing = no_quorum(status)
    if cursor is not None and _quiet(status) and status.osdmap.epoch == memory.quiet_at:
        return Batch(cursor=cursor, missing=missing)
    body = await client.body(commands.PGS)
    digest = hash(body)
    if cursor is not None and digest == memory.digest:
        return Batch(cursor=cursor, missing=missing)
    dump = decode(commands.PGS, body, Dump)
    if not dump.pg_ready or dump.pg_stats is None:
        return Batch(cursor=cursor, missing=("placement groups: the manager has just started and does not know yet",))
    changed, gone = _merge(memory, dump.pg_stats)
    memory.digest = digest
    quiet = _quiet(status) and all(pg.state == ACTIVE_CLEAN for pg in memory.rows.values())
    memory.quiet_at = status.osdmap.epoch if quiet else -1
    if cursor is None:
        return Batch(upserts=list(memory.rows.values()), full=True, cursor=True, missing=missing)
    removes = [Ref(Pg.KIND, pgid) for pgid in gone]
    return Batch(upserts=changed, removes=removes, cursor=True, missing=missing)


def _quiet(status: Status) -> bool:
    """Nothing but active+clean, not even a scrub: without a new map nothing about any group can have changed."""
    return [state.state_name for state in status.pgmap.pgs_by_state] == [ACTIVE_CLEAN]


def _merge(memory: PgMemory, new: list[Pg]) -> tuple[list[Pg], list[str]]:
    """Take over what changed; the changed rows and the ids of those that went (their pool was removed)."""
    changed = []
    rows: dict[str, Pg] = {}
    old = memory.rows
    for pg in new:
        before = old.get(pg.pgid)
        if before is not None:
            pg.missing = _missing(before, pg)
            if pg == before:
                rows[pg.pgid] = before
                continue
        rows[pg.pgid] = pg
        changed.append(pg)
    memory.rows = rows
    return changed, [pgid for pgid in old if pgid not in rows]


def _missing(before: Pg, now: Pg) -> tuple[int, ...]:
    """The OSDs that served the group when it was last seen clean and do not now. Ceph itself forgets them."""
    if now.clean:
        return ()
    served = before.acting if before.clean else dict.fromkeys((*before.acting, *before.missing))
    return tuple(osd for osd in served if osd not in now.acting and osd != NOBODY)
