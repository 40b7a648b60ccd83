"""Pools of the simulated Ceph that change their number of placement groups, and groups with exceptions (upmap)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.simulator.cephvalues import Pg, Pool
from hsops.simulator.crush import Placement, place

if TYPE_CHECKING:
    from hsops.simulator.ceph import Ceph

STEPS = 8
"""In how many portions the groups of a resized pool move; the manager holds the rest back."""


def parent(number: int, groups: int) -> int:
    """Where a group's data come from: ``ceph_stable_mod`` of its number."""
    mask = (1 << max(0, (groups - 1).bit_length())) - 1
    return number & mask if number & mask < groups else number & mask >> 1


def place_group(ceph: Ceph, pool: Pool, number: int) -> Placement:
    """Where a group belongs now: by its number, or its parent's while it is not placed for itself, with exceptions."""
    seed = parent(number, pool.placed)
    found = place(pool.id, seed, pool.size, list(ceph.hosts.values()))
    osds, looked = list(found.osds), list(found.considered)
    for source, target in ceph.upmaps.get(f"{pool.id}.{number:x}", ()):
        looked.append(target)
        hosts = {ceph.osds[osd].host for osd in osds if osd != source}
        new = ceph.osds[target]
        if source in osds and target not in osds and new.weight > 0 and new.crush_weight > 0 and new.host not in hosts:
            osds[osds.index(source)] = target
    return Placement(tuple(osds), tuple(looked))


def resize(ceph: Ceph) -> None:
    """Move every pool that is not as it should be one portion on. Splits come at once, moves and merges bit by bit."""
    for pool in ceph.pools.values():
        target = pool.target or pool.pg_num
        if pool.pg_num == target == pool.placed:
            continue
        if target > pool.pg_num:
            _split(ceph, pool, target)
        elif any(pg.pool == pool.id for pg in ceph.unsettled.values()):
            continue
        elif pool.placed != target:
            _move(ceph, pool, target)
        else:
            _merge(ceph, pool, max(target, pool.pg_num - max(1, pool.pg_num // STEPS)))


def _split(ceph: Ceph, pool: Pool, target: int) -> None:
    ceph.pgs  # noqa: B018 - places them
    before, pool.pgp_num = pool.pg_num, pool.placed
    _weigh(ceph, pool, -1)
    for number in range(before, target):
        origin = ceph.pgs[f"{pool.id}.{parent(number, before):x}"]
        pg = Pg(pool=pool.id, number=number, up=(), acting=origin.acting, state=origin.state)
        pg.holders, pg.stale, pg.changed = set(origin.holders), set(origin.stale), ceph.clock.now()
        ceph.adopt(pg, origin.up, place_group(ceph, pool, number).considered)
    pool.pg_num = target
    _weigh(ceph, pool, +1)
    ceph.bump()


def _move(ceph: Ceph, pool: Pool, target: int) -> None:
    step = max(1, abs(target - pool.placed) // STEPS + 1)
    before = pool.placed
    pool.pgp_num = min(target, before + step) if target > before else max(target, before - step)
    ceph.bump()
    ceph.replace(range(min(before, pool.pgp_num), pool.pg_num), pool)


def _merge(ceph: Ceph, pool: Pool, target: int) -> None:
    _weigh(ceph, pool, -1)
    for number in range(target, pool.pg_num):
        ceph.forget(f"{pool.id}.{number:x}")
    pool.pg_num = target
    _weigh(ceph, pool, +1)
    ceph.bump()


def _weigh(ceph: Ceph, pool: Pool, sign: int) -> None:
    """Take the pool's bytes off its OSDs, or put them on: a group's share changes with their number."""
    for pg in ceph.pgs.values():
        if pg.pool == pool.id:
            for osd in pg.holders:
                ceph.osds[osd].used += sign * pool.pg_bytes
