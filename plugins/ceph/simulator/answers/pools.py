"""``osd pool ls detail``, ``osd pool stats``, ``df`` and CRUSH rules."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.plugins.ceph.simulator.forms import Json, form
from hsops.plugins.ceph.simulator.result import Result
from hsops.simulator.ceph import FULL, Ceph
from hsops.simulator.cephvalues import Pool
from hsops.simulator.world import World


def pool_entry(pool: Pool, id_field: str) -> Json:
    """A pool as it is configured; ``osd dump`` calls its id ``pool``, ``osd pool ls`` calls it ``pool_id``."""
    filled = form(
        "pool",
        pool_name=pool.name,
        size=pool.size,
        min_size=pool.min_size,
        crush_rule=pool.rule,
        pg_num=pool.pg_num,
        pg_num_pending=pool.pg_num,
        pg_num_target=pool.target or pool.pg_num,
        pg_placement_num=pool.placed,
        pg_placement_num_target=pool.target or pool.placed,
        pg_autoscale_mode=pool.autoscale,
        application_metadata={pool.application: {}},
    )
    filled.pop("pool")
    return {id_field: pool.id, **filled}


def listing(world: World, words: Sequence[str]) -> Result:
    """``osd pool ls [detail]``"""
    pools = world.ceph.pools.values()
    if "detail" in words:
        return Result([pool_entry(pool, "pool_id") for pool in pools])
    return Result([pool.name for pool in pools])


def stats(world: World, words: Sequence[str]) -> Result:
    """``osd pool stats``"""
    from hsops.plugins.ceph.simulator.answers import cluster  # noqa: PLC0415 - the cluster's page needs the OSDs' page

    total = sum(pool.stored for pool in world.ceph.pools.values()) or 1
    found = []
    for pool in world.ceph.pools.values():
        recovery = cluster.amiss(world, pool.id)
        found.append(
            {
                "pool_name": pool.name,
                "pool_id": pool.id,
                "recovery": recovery,
                "recovery_rate": cluster.recovering(world) if recovery else {},
                "client_io_rate": cluster.client_io(world, pool.stored / total),
            }
        )
    return Result(found)


def df(world: World, words: Sequence[str]) -> Result:
    """``df`` and ``df detail``"""
    ceph = world.ceph
    total = sum(osd.size for osd in ceph.osds.values())
    used = sum(osd.used for osd in ceph.osds.values())
    sums = {
        "total_bytes": total, "total_avail_bytes": total - used, "total_used_bytes": used,
        "total_used_raw_bytes": used, "total_used_raw_ratio": used / total if total else 0.0,
    }  # fmt: skip
    answer = form("df", pools=[_usage(ceph, pool) for pool in ceph.pools.values()])
    answer["stats"] |= {**sums, "num_osds": len(ceph.osds), "num_per_pool_osds": len(ceph.osds)}
    answer["stats"]["num_per_pool_omap_osds"] = len(ceph.osds)
    classes = {osd.device_class for osd in ceph.osds.values()}
    answer["stats_by_class"] = {name: dict(sums) for name in sorted(classes)}
    return Result(answer)


def _usage(ceph: Ceph, pool: Pool) -> Json:
    """Ceph's estimate of what still fits: until the fullest OSD is full."""
    fullest = max((osd.utilisation for osd in ceph.osds.values()), default=0.0)
    raw = pool.stored * pool.size
    room = sum(osd.size for osd in ceph.osds.values() if osd.inside)
    free = int(max(0.0, FULL - fullest) * room / pool.size)
    entry = form("df_pool", name=pool.name, id=pool.id)
    entry["stats"] |= {
        "stored": pool.stored, "stored_data": pool.stored, "objects": pool.objects, "kb_used": raw >> 10,
        "bytes_used": raw, "data_bytes_used": raw, "max_avail": free, "avail_raw": free * pool.size,
        "percent_used": raw / (raw + free * pool.size) if raw else 0.0, "stored_raw": raw,
    }  # fmt: skip
    return entry


def rules(world: World, words: Sequence[str]) -> Result:
    """``osd crush rule dump``"""
    return Result([form("crush_rule")])
