"""Placement groups: the brief dump, counts, single groups in full, and the verdicts on stopping or destroying OSDs."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

from hsops.plugins.ceph.simulator.forms import Json, form, stamp
from hsops.plugins.ceph.simulator.result import Refused, Result, invalid, osd_number
from hsops.simulator.ceph import Ceph
from hsops.simulator.cephvalues import Pg
from hsops.simulator.world import World

PAGE = 200
"""Groups that ``pg ls`` gives in full at most (2.8 kB each)."""


class _Lines:
    """The brief dump's lines of one cluster, made again only for groups that are or were unsettled."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}
        self.unsettled: set[str] = set()

    def all(self, ceph: Ceph) -> Iterable[str]:
        """Every group's line."""
        if len(self.lines) != len(ceph.pgs):
            self.lines = {pgid: _brief(pg) for pgid, pg in ceph.pgs.items()}
        now = set(ceph.unsettled)
        for pgid in (now | self.unsettled | ceph.dirty) & ceph.pgs.keys():
            self.lines[pgid] = _brief(ceph.pgs[pgid])
        ceph.dirty.clear()
        self.unsettled = now
        return self.lines.values()


_lines: WeakKeyDictionary[Ceph, _Lines] = WeakKeyDictionary()


def _brief(pg: Pg) -> str:
    up, acting = (",".join(map(str, osds)) for osds in (pg.up, pg.acting))
    first_up, first = (osds[0] if osds else -1 for osds in (pg.up, pg.acting))
    return (
        f'{{"pgid":"{pg.id}","state":"{pg.state}","up":[{up}],"acting":[{acting}],'
        f'"up_primary":{first_up},"acting_primary":{first}}}'
    )


def dump(world: World, words: Sequence[str]) -> Result:
    """``pg dump pgs_brief`` and the head of ``pg dump sum``."""
    if list(words) == ["sum"]:
        world.ceph.pg_version += world.clock.speed == 0  # a world that stands still reports whenever it is asked
        return Result({"pg_ready": True, "pg_map": {"version": world.ceph.pg_version, "last_osdmap_epoch": 0}})
    if list(words) != ["pgs_brief"]:
        raise invalid("the simulated manager dumps pgs_brief and sum only")
    lines = _lines.setdefault(world.ceph, _Lines()).all(world.ceph)
    return Result(b'{"pg_ready":true,"pg_stats":[%s]}' % ",".join(lines).encode(), "dumped pgs_brief")


def stat(world: World, words: Sequence[str]) -> Result:
    """``pg stat``"""
    ceph = world.ceph
    total, used = (sum(getattr(osd, name) for osd in ceph.osds.values()) for name in ("size", "used"))
    return Result(
        {
            "pg_ready": True,
            "pg_summary": {
                "num_pg_by_state": [{"name": state, "num": count} for state, count in ceph.by_state().most_common()],
                "num_pgs": len(ceph.pgs),
                "num_bytes": sum(pool.stored for pool in ceph.pools.values()),
                "total_bytes": total,
                "total_avail_bytes": total - used,
                "total_used_bytes": used,
                "total_used_raw_bytes": used,
            },
        }
    )


def listing(world: World, words: Sequence[str]) -> Result:
    """``pg ls``: the first of them."""
    return _full(world, list(world.ceph.pgs.values())[:PAGE])


def by_primary(world: World, words: Sequence[str]) -> Result:
    """``pg ls-by-primary OSD``"""
    osd = _known(world, words)
    return _full(world, [pg for pg in world.ceph.pgs_of(osd) if pg.acting[:1] == (osd,)])


def by_osd(world: World, words: Sequence[str]) -> Result:
    """``pg ls-by-osd OSD``"""
    return _full(world, world.ceph.pgs_of(_known(world, words)))


def _known(world: World, words: Sequence[str]) -> int:
    number = osd_number(words[0] if words else "")
    if number not in world.ceph.osds:
        raise Refused(errno.ENOENT, f"osd {number} is not in the osdmap")
    return number


def _full(world: World, pgs: Iterable[Pg]) -> Result:
    return Result({"pg_ready": True, "pg_stats": [_entry(world, pg) for pg in pgs]})


def _entry(world: World, pg: Pg) -> Json:
    pool = world.ceph.pools[pg.pool]
    now, changed = stamp(world.clock.now()), stamp(pg.changed or world.started)
    entry = form(
        "pg", pgid=pg.id, state=pg.state, up=list(pg.up), acting=list(pg.acting), reported_epoch=pg.reported_epoch,
        up_primary=pg.up[0] if pg.up else -1, acting_primary=pg.acting[0] if pg.acting else -1, last_change=changed,
    )  # fmt: skip
    words = pg.state.split("+")
    fresh = {"last_fresh": True, "last_unstale": "stale" not in words, "last_clean": "clean" in words}
    fresh |= {"last_active": "active" in words, "last_peered": "peering" not in words}
    fresh |= {"last_undegraded": "degraded" not in words, "last_fullsized": "undersized" not in words}
    entry |= {name: now if good else changed for name, good in fresh.items()}
    entry["stat_sum"] |= {
        "num_bytes": pool.pg_bytes, "num_objects": pool.pg_objects, "num_object_copies": pool.pg_objects * pool.size,
        "num_objects_degraded": pg.degraded, "num_objects_misplaced": pg.misplaced,
    }  # fmt: skip
    return entry


def ok_to_stop(world: World, words: Sequence[str]) -> Result:
    """``osd ok-to-stop``: unknown ids are fine to it; empty lists are left out of the answer."""
    osds = {osd_number(word) for word in words}
    bad: list[str] = []
    degraded: list[str] = []
    for pg in _groups(world, osds):
        left = [osd for osd in pg.acting if osd not in osds and world.ceph.osds[osd].up]
        (bad if len(left) < world.ceph.pools[pg.pool].min_size else degraded).append(pg.id)
    answer: Json = {"ok_to_stop": not bad, "osds": sorted(osds)}
    answer |= {"num_ok_pgs": len(degraded), "num_not_ok_pgs": len(bad)}
    answer |= {"bad_become_inactive": bad} if bad else {}
    answer |= {"ok_become_degraded": degraded} if degraded else {}
    if bad:
        text = f"unsafe to stop osd(s) at this time ({len(bad)} PGs are or would become offline)"
        return Result(answer, text, errno.EBUSY)
    return Result(answer)


def _groups(world: World, osds: Iterable[int]) -> list[Pg]:
    found = {pg.id: pg for osd in osds if osd in world.ceph.osds for pg in world.ceph.pgs_of(osd)}
    return [pg for pg in found.values() if not set(osds).isdisjoint(pg.acting)]


def safe_to_destroy(world: World, words: Sequence[str]) -> Result:
    """``osd safe-to-destroy``: success also when it is not safe; the lists tell. Unknown ids are safe to it."""
    answer: Json = {"safe_to_destroy": [], "active": [], "missing_stats": [], "stored_pgs": []}
    for osd in sorted(osd_number(word) for word in words):
        used = osd in world.ceph.osds and any(osd in (*pg.acting, *pg.up) for pg in world.ceph.pgs_of(osd))
        answer["active" if used else "safe_to_destroy"].append(osd)
    return Result(answer)
