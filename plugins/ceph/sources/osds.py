"""OSDs and their hosts.

A poll asks ``status`` (1 kB) and reads the rest only when there is something new: the map when its epoch moved, fill
and latency when they are some seconds old. So a dead OSD shows at the next poll, and a quiet cluster costs nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hsops.api import Batch, HsopsError
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.crush import NOWHERE, Spot
from hsops.plugins.ceph.rows.host import Host, host_of
from hsops.plugins.ceph.rows.osd import Osd
from hsops.plugins.ceph.sources.missing import MANAGER_TIMEOUT, NO_MANAGER, no_quorum
from hsops.plugins.ceph.sources.osd_map import OsdMap, osd_map
from hsops.plugins.ceph.wire.osds import Df, Dump, Node, OsdState, Perf, PerfStats, Usage
from hsops.plugins.ceph.wire.status import Status

STATS_FOR, STATS_FOR_AFTER_CHANGE, STATS_PAUSE = 10.0, 4.0, 20.0
"""Seconds for which fill and latency are taken for known: quietly, after a change of the map, after a failure."""
NO_STATS = "fill, latency and number of placement groups"


@dataclass(slots=True)
class OsdMemory:
    """The manager's numbers last read, and the epoch that the rows show."""

    epoch: int = -1
    usage: Mapping[int, Usage] = field(default_factory=dict)
    perf: Mapping[int, PerfStats] = field(default_factory=dict)
    read_at: float = 0.0
    due: float = 0.0
    missing: tuple[str, ...] = ()


async def poll(client: CephClient, cursor: Any) -> Batch:
    """All hosts and OSDs, or nothing when nothing is new."""
    status = await client.status(max_age=0.0 if cursor is None else 1.0)
    memory = client.memory(OsdMemory)
    if cursor is not None and not status.quorum_names:
        return Batch(cursor=cursor, missing=no_quorum(status))
    known = await osd_map(client, status)
    moved = cursor is None or known.dump.epoch != memory.epoch
    fresh = await _stats(client, memory, status, moved)
    if not moved and not fresh:
        return Batch(cursor=known.dump.epoch, missing=memory.missing)
    memory.epoch = known.dump.epoch
    osds = list(osds_of(known, memory.usage, memory.perf))
    return Batch(upserts=[*hosts_of(known, osds), *osds], full=True, cursor=memory.epoch, missing=memory.missing)


async def _stats(client: CephClient, memory: OsdMemory, status: Status, moved: bool) -> bool:
    """Read the manager's numbers when it is time; whether anything about them is new."""
    now = time.monotonic()
    if moved and not memory.missing:
        memory.due = min(memory.due, memory.read_at + STATS_FOR_AFTER_CHANGE)
    if now < memory.due:
        return False
    memory.read_at, memory.due = now, now + STATS_FOR
    try:
        await _read_stats(client, memory, status)
    except HsopsError as error:
        memory.usage, memory.perf = {}, {}
        memory.missing = (f"{NO_STATS}: {error.what}",)
        memory.due = time.monotonic() + STATS_PAUSE
    return True


async def _read_stats(client: CephClient, memory: OsdMemory, status: Status) -> None:
    if not status.mgrmap.available:
        memory.usage, memory.perf, memory.missing = {}, {}, (f"{NO_STATS}: {NO_MANAGER}",)
        return
    limit = min(client.timeout, MANAGER_TIMEOUT)
    df, perf = await asyncio.gather(
        client.ask(commands.OSD_DF, Df, limit), client.ask(commands.OSD_PERF, Perf, limit)
    )  # fmt: skip
    memory.usage = {usage.id: usage for usage in df.nodes}
    memory.perf = {info.id: info.perf_stats for info in perf.osdstats.osd_perf_infos}
    memory.missing = ()


def osds_of(known: OsdMap, usage: Mapping[int, Usage], perf: Mapping[int, PerfStats]) -> Iterator[Osd]:
    """The rows of one map and the manager's numbers."""
    states = {state.osd: state for state in known.dump.osds}
    down_since = {extra.osd: extra.down_stamp for extra in known.dump.osd_xinfo}
    for node in (*known.tree.nodes, *known.tree.stray):
        if node.id < 0:
            continue
        state = states.get(node.id) or OsdState(node.id, int(node.status == "up"), int(node.reweight > 0))
        spot = known.spots.get(node.id, NOWHERE)
        osd = _osd(node, state, spot, usage.get(node.id), perf.get(node.id))
        osd.noout = "noout" in _flags(known.dump, node, spot, state)
        if not osd.up:
            osd.down_since = _epoch(down_since.get(node.id, ""))
        yield osd


def _osd(node: Node, state: OsdState, spot: Spot, usage: Usage | None, perf: PerfStats | None) -> Osd:
    return Osd(
        id=node.id,
        name=node.name,
        host=spot.host,
        rack=spot.rack,
        root=spot.root,
        device_class=node.device_class,
        up=bool(state.up),
        is_in=bool(state.in_),
        states=tuple(word for word in state.state if word not in ("exists", "up")),
        weight=node.crush_weight,
        reweight=node.reweight,
        size=usage.kb * 1024 if usage and usage.kb else None,
        used=usage.kb_used * 1024 if usage and usage.kb else None,
        pgs=usage.pgs if usage else None,
        commit=perf.commit_latency_ms / 1000 if perf else None,
        apply=perf.apply_latency_ms / 1000 if perf else None,
    )


def _flags(dump: Dump, node: Node, spot: Spot, state: OsdState) -> set[str]:
    """All flags that hold for an OSD: its own and those of everything it stands in."""
    flags = {*dump.flags_set, *state.state, *dump.device_class_flags.get(node.device_class, ())}
    return flags.union(*(dump.crush_node_flags.get(name, ()) for name in spot.chain))


def _epoch(stamp: str) -> float | None:
    """``2026-11-21T13:54:52.827727+0000`` as epoch seconds; None for ``0.000000``, which means never."""
    if "T" not in stamp:
        return None
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return None


def hosts_of(known: OsdMap, osds: list[Osd]) -> Iterator[Host]:
    """The hosts that the OSDs stand in, and the empty ones."""
    groups: dict[str, list[Osd]] = {node.name: [] for node in known.tree.nodes if node.type == "host"}
    for osd in osds:
        if osd.host:
            groups[osd.host].append(osd)
    for name, members in groups.items():
        chain = known.spots[members[0].id].chain if members else (name,)
        flags = [flag for bucket in chain for flag in known.dump.crush_node_flags.get(bucket, ())]
        yield host_of(name, members, list(dict.fromkeys(flags)))
