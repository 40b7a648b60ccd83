"""Pools: configuration from the OSD map, usage from ``df``, I/O and recovery from ``osd pool stats``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from hsops.api import Batch, HsopsError
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.crush import hosts_below
from hsops.plugins.ceph.rows.pool import Pool
from hsops.plugins.ceph.sources.missing import MANAGER_TIMEOUT, NO_MANAGER, no_quorum
from hsops.plugins.ceph.sources.osd_map import OsdMap, osd_map
from hsops.plugins.ceph.wire.pools import ERASURE, PoolInfo, PoolStats, Stored, Usage
from hsops.plugins.ceph.wire.status import Status

NO_STATS = "I/O and recovery"


async def poll(client: CephClient, cursor: Any) -> Batch:
    """All pools."""
    status = await client.status(max_age=1.0)
    if cursor is not None and not status.quorum_names:
        return Batch(cursor=cursor, missing=no_quorum(status))
    known, usage = await asyncio.gather(osd_map(client, status), client.ask(commands.DF, Usage))
    stats, missing = await _stats(client, status)
    return Batch(upserts=pools_of(known, usage, stats), full=True, cursor=True, missing=missing)


async def _stats(client: CephClient, status: Status) -> tuple[list[PoolStats], tuple[str, ...]]:
    """The manager's part, or why there is none."""
    if not status.mgrmap.available:
        return [], (f"{NO_STATS}: {NO_MANAGER}",)
    try:
        limit = min(client.timeout, MANAGER_TIMEOUT)
        return await client.ask(commands.POOL_STATS, list[PoolStats], limit), ()
    except HsopsError as error:
        return [], (f"{NO_STATS}: {error.what}",)


def pools_of(known: OsdMap, usage: Usage, stats: list[PoolStats]) -> list[Pool]:
    """The rows."""
    stored = {pool.id: pool.stats for pool in usage.pools}
    rates = {pool.pool_id: pool for pool in stats}
    hosts = {number: hosts_below(known.tree, rule.roots()) for number, rule in known.rules.items()}
    return [
        _with_stats(_pool(info, known, hosts.get(info.crush_rule, ())), stored.get(info.pool), rates.get(info.pool))
        for info in known.dump.pools
    ]


def _pool(info: PoolInfo, known: OsdMap, hosts: tuple[str, ...]) -> Pool:
    rule = known.rules.get(info.crush_rule)
    return Pool(
        id=info.pool,
        name=info.pool_name,
        type=_type(info, known.dump.erasure_code_profiles),
        size=info.size,
        min_size=info.min_size,
        pg_num=info.pg_num,
        pg_num_target=info.pg_num_target,
        autoscale=info.pg_autoscale_mode,
        rule=rule.rule_name if rule else str(info.crush_rule),
        flags=tuple(flag for flag in info.flags_names.split(",") if flag),
        applications=tuple(info.application_metadata),
        quota=info.quota_max_bytes,
        hosts=hosts,
        cluster=known.fsid,
    )


def _type(info: PoolInfo, profiles: Mapping[str, Mapping[str, str]]) -> str:
    if info.type != ERASURE:
        return f"replicated {info.size}"
    profile = profiles.get(info.erasure_code_profile, {})
    return f"ec {profile['k']}+{profile['m']}" if "k" in profile and "m" in profile else f"ec of {info.size}"


def _with_stats(pool: Pool, stored: Stored | None, rates: PoolStats | None) -> Pool:
    if stored is not None:
        pool = msgspec.structs.replace(
            pool,
            stored=stored.stored,
            objects=stored.objects,
            used=stored.bytes_used,
            available=None if stored.max_avail is None else int(stored.max_avail),
            fill=stored.percent_used,
        )
    if rates is None:
        return pool
    return msgspec.structs.replace(
        pool,
        degraded=rates.recovery.degraded_ratio or 0.0,
        misplaced=rates.recovery.misplaced_ratio or 0.0,
        unfound=rates.recovery.unfound_objects,
        recovering=rates.recovery_rate.recovering_bytes_per_sec,
        read=rates.client_io_rate.read_bytes_sec,
        write=rates.client_io_rate.write_bytes_sec,
        reads=rates.client_io_rate.read_op_per_sec,
        writes=rates.client_io_rate.write_op_per_sec,
    )
