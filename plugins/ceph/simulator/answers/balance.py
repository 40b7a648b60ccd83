"""The balancer, exceptions from CRUSH, settings and pools that are resized."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Sequence
from statistics import pstdev

import msgspec

from hsops.plugins.ceph.simulator.forms import Json
from hsops.plugins.ceph.simulator.result import Refused, Result, invalid, osd_number
from hsops.simulator.ceph import Ceph
from hsops.simulator.cephvalues import Pool
from hsops.simulator.world import World

DEFAULTS = {
    "mgr/balancer/upmap_max_deviation": "5", "target_max_misplaced_ratio": "0.050000", "mon_max_pg_per_osd": "250",
}  # fmt: skip
MOST = 10
"""Moves in a plan."""
PERFECT = "Unable to find further optimization, or pool(s) pg_num is decreasing, or distribution is already perfect"


def status(world: World, words: Sequence[str]) -> Result:
    """``balancer status``"""
    return Result({
        "active": world.ceph.balancing, "last_optimize_duration": "0:00:00.000528", "mode": "upmap",
        "last_optimize_started": "Sat Nov 21 05:36:37 2026", "no_optimization_needed": True, "optimize_result": "",
        "plans": list(world.ceph.plans),
    })  # fmt: skip


def switch_on(world: World, words: Sequence[str]) -> Result:
    """``balancer on``"""
    world.ceph.balancing = True
    return Result()


def switch_off(world: World, words: Sequence[str]) -> Result:
    """``balancer off``"""
    world.ceph.balancing = False
    return Result()


def score(world: World, words: Sequence[str]) -> Result:
    """``balancer eval``"""
    counts = list(_counts(world.ceph).values())
    mean = sum(counts) / max(1, len(counts))
    value = pstdev(counts) / mean if mean else 0.0
    return Result(f"current cluster score {value:.6f} (lower is better)\n".encode())


def _counts(ceph: Ceph) -> Counter[int]:
    usable = (osd for osd in ceph.osds.values() if osd.up and osd.inside and osd.crush_weight > 0)
    return Counter({osd.id: osd.pgs for osd in usable})


def optimize(world: World, words: Sequence[str]) -> Result:
    """``balancer optimize PLAN``: moves from the OSD with most groups to the one with fewest."""
    ceph = world.ceph
    if ceph.balancing:
        raise invalid("Balancer enabled, disable to optimize manually")
    plan = _plan(ceph, float(_setting(ceph, "mgr/balancer/upmap_max_deviation")))
    if not plan:
        raise Refused(errno.EALREADY, PERFECT)
    ceph.plans[words[0]] = plan
    return Result()


def _plan(ceph: Ceph, deviation: float) -> dict[str, list[tuple[int, int]]]:
    counts = _counts(ceph)
    mean = sum(counts.values()) / max(1, len(counts))
    plan: dict[str, list[tuple[int, int]]] = {}
    for full in [osd for osd, _ in counts.most_common()]:
        for pg in sorted(ceph.pgs_of(full), key=lambda pg: (pg.pool, pg.number)):
            if len(plan) >= MOST or counts[full] - mean <= deviation:
                break
            target = _target(ceph, counts, pg.up, full) if full in pg.up and pg.id not in ceph.upmaps | plan else None
            if target is not None and counts[target] < mean:
                plan[pg.id] = [(full, target)]
                counts[full] -= 1
                counts[target] += 1
    return plan


def _target(ceph: Ceph, counts: Counter[int], up: Sequence[int], full: int) -> int | None:
    hosts = {ceph.osds[osd].host for osd in up if osd != full}
    fitting = [osd for osd in counts if osd not in up and ceph.osds[osd].host not in hosts]
    return min(fitting, key=lambda osd: (counts[osd], osd), default=None)


def dump(world: World, words: Sequence[str]) -> Result:
    """``balancer dump PLAN``: the change of the map that it is."""
    plan = _named(world, words)
    items = [
        {"pgid": pgid, "mappings": [{"from": source, "to": target} for source, target in pairs]}
        for pgid, pairs in plan.items()
    ]
    answer: Json = {"epoch": world.ceph.epoch + 1, "new_pg_upmap_items": items, "old_pg_upmap_items": []}
    return Result(msgspec.json.format(msgspec.json.encode(answer), indent=4))


def _named(world: World, words: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    name = words[0] if words else ""
    if name not in world.ceph.plans:
        raise Refused(errno.ENOENT, f"plan {name} not found")
    return world.ceph.plans[name]


def drop(world: World, words: Sequence[str]) -> Result:
    """``balancer rm PLAN``"""
    _named(world, words)
    del world.ceph.plans[words[0]]
    return Result()


def upmap(world: World, words: Sequence[str]) -> Result:
    """``osd pg-upmap-items PGID FROM TO …``"""
    pgid, numbers = _group(world, words), [osd_number(word) for word in words[1:]]
    if any(number not in world.ceph.osds for number in numbers) or not numbers or len(numbers) % 2:
        raise Refused(errno.ENOENT, "osd does not exist")
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    world.ceph.set_upmap(pgid, pairs)
    told = ",".join(f"{source}->{target}" for source, target in pairs)
    return Result(None, f"set {pgid} pg_upmap_items mapping to [{told}]")


def upmap_drop(world: World, words: Sequence[str]) -> Result:
    """``osd rm-pg-upmap-items PGID``"""
    pgid = _group(world, words)
    world.ceph.set_upmap(pgid, [])
    return Result(None, f"clear {pgid} pg_upmap_items mapping")


def _group(world: World, words: Sequence[str]) -> str:
    pgid = words[0] if words else ""
    if pgid not in world.ceph.pgs:
        raise Refused(errno.ENOENT, f"pgid '{pgid}' does not exist")
    return pgid


# -- settings


def config_get(world: World, words: Sequence[str]) -> Result:
    """``config get WHO KEY``"""
    return Result(f"{_setting(world.ceph, words[1] if len(words) > 1 else '')}\n".encode())


def _setting(ceph: Ceph, key: str) -> str:
    if key not in DEFAULTS:
        raise Refused(errno.ENOENT, f"unrecognized key '{key}'")
    return next((value for (_, name), value in ceph.services.config.items() if name == key), DEFAULTS[key])


def config_set(world: World, words: Sequence[str]) -> Result:
    """``config set WHO KEY VALUE``"""
    who, key, value = words
    _setting(world.ceph, key)
    world.ceph.services.config[who, key] = value
    return Result()


# -- pools


def autoscale(world: World, words: Sequence[str]) -> Result:
    """``osd pool get noautoscale``"""
    return Result(f"noautoscale is {'on' if world.ceph.services.noautoscale else 'off'}\n".encode())


def autoscale_off(world: World, words: Sequence[str]) -> Result:
    """``osd pool set noautoscale``"""
    world.ceph.services.noautoscale = True
    return Result(b"noautoscale is set, all pools now have autoscale off")


def autoscale_on(world: World, words: Sequence[str]) -> Result:
    """``osd pool unset noautoscale``"""
    world.ceph.services.noautoscale = False
    return Result(b"noautoscale is unset, all pools now back to its previous mode")


def pool_set(world: World, words: Sequence[str]) -> Result:
    """``osd pool set POOL pg_num|pg_autoscale_mode VALUE``"""
    name, variable, value = (*words, "", "", "")[:3]
    pool = next((pool for pool in world.ceph.pools.values() if pool.name == name), None)
    if pool is None:
        raise Refused(errno.ENOENT, f"unrecognized pool '{name}'")
    if variable == "pg_autoscale_mode" and value in ("on", "off", "warn"):
        pool.autoscale = value
    elif variable == "pg_num" and value.isdigit() and int(value) > 0:
        _resize(world.ceph, pool, int(value))
    else:
        raise invalid(f"invalid value '{value}' for {variable}")
    world.ceph.bump()
    return Result(None, f"set pool {pool.id} {variable} to {value}")


def _resize(ceph: Ceph, pool: Pool, target: int) -> None:
    most = int(_setting(ceph, "mon_max_pg_per_osd"))
    copies = sum((target if one is pool else one.pg_num) * one.size for one in ceph.pools.values())
    inside = sum(osd.inside for osd in ceph.osds.values())
    if target > pool.pg_num and copies > most * inside:
        text = f"pg_num {target} size {pool.size} would mean {copies} total pgs, which exceeds max {most * inside}"
        raise Refused(errno.ERANGE, f"{text} (mon_max_pg_per_osd {most} * num_in_osds {inside})")
    pool.target = target
