"""``ceph status`` and, when something is amiss, ``ceph health detail``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hsops.api import Batch
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.rows.check import Check, check_of
from hsops.plugins.ceph.rows.cluster import Cluster, row_of
from hsops.plugins.ceph.sources.missing import NO_MANAGER, no_quorum
from hsops.plugins.ceph.sources.recovery import Trend
from hsops.plugins.ceph.wire import status as wire
from hsops.plugins.ceph.wire.status import Health, Nodes, Status

SETTLE = 6.0
"""Seconds by which the placement groups' states may lag the OSD map (3 to 5 seen)."""
DETAIL_FOR, NODES_FOR = 30.0, 300.0
"""Seconds for which reasons of unchanged checks, and the monitors' hosts, are taken for known."""


@dataclass(slots=True)
class ClusterMemory:
    """What was seen at the last poll."""

    trend: Trend = field(default_factory=Trend)
    osds: tuple[int, int, int] | None = None
    moved_at: float = -SETTLE
    raised: Mapping[str, str] = field(default_factory=dict)
    detail: Mapping[str, wire.Check] = field(default_factory=dict)
    detail_at: float = 0.0
    mon_hosts: tuple[str, ...] = ()
    mons: tuple[int, int] = (-1, -1)
    nodes_at: float = 0.0

    def settling(self, status: Status, now: float) -> bool:
        """Whether OSDs came or went so lately that the placement groups' states may be older."""
        osds = (status.osdmap.num_osds, status.osdmap.num_up_osds, status.osdmap.num_in_osds)
        if self.osds is not None and osds != self.osds:
            self.moved_at = now
        self.osds = osds
        return now - self.moved_at < SETTLE


async def poll(client: CephClient, cursor: Any) -> Batch:
    """The cluster and its checks. Without a quorum the last known state is kept and called what it is."""
    status = await client.status(max_age=0.0 if cursor is None else 0.5)
    memory, now = client.memory(ClusterMemory), time.monotonic()
    checks: Mapping[str, wire.Check] = status.health.checks
    version = ""
    if status.quorum_names:
        checks = await _detail(client, memory, status, now)
        await _nodes(client, memory, status, now)
        version = await client.version()
    row = msgspec.structs.replace(
        row_of(status, version),
        settling=memory.settling(status, now),
        recovered_in=memory.trend.eta(status.pgmap, now),
        mon_hosts=memory.mon_hosts,
    )
    rows: list[Cluster | Check] = [row, *(check_of(code, check) for code, check in checks.items())]
    return Batch(upserts=rows, full=True, cursor=True, missing=_missing(status))


def _missing(status: Status) -> tuple[str, ...]:
    if status.quorum_names and not status.mgrmap.available:
        return (f"{NO_MANAGER}: states of placement groups, usage and I/O are of before that",)
    return no_quorum(status)


async def _detail(client: CephClient, memory: ClusterMemory, status: Status, now: float) -> Mapping[str, wire.Check]:
    """The checks with their reasons, asked again when a check's message changed or after a while."""
    raised = {code: check.summary.message for code, check in status.health.checks.items()}
    if raised and (raised != memory.raised or now - memory.detail_at >= DETAIL_FOR):
        memory.detail = (await client.ask(commands.HEALTH, Health)).checks
        memory.detail_at = now
    memory.raised = raised
    return memory.detail if raised else {}


async def _nodes(client: CephClient, memory: ClusterMemory, status: Status, now: float) -> None:
    mons = (status.monmap.epoch, len(status.quorum_names))
    if mons != memory.mons or now - memory.nodes_at >= NODES_FOR:
        memory.mon_hosts = tuple(sorted((await client.ask(commands.NODES, Nodes)).mon))
        memory.mons, memory.nodes_at = mons, now
