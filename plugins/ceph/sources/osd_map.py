"""The OSD map: read again only when its epoch moved, and shared by the sources that need it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.crush import Spot, spots
from hsops.plugins.ceph.wire.osds import Dump, Rule, Tree
from hsops.plugins.ceph.wire.status import Status


@dataclass(frozen=True, slots=True)
class OsdMap:
    """One epoch of the map, with the CRUSH tree and rules."""

    fsid: str
    dump: Dump
    tree: Tree
    rules: Mapping[int, Rule]
    spots: Mapping[int, Spot]


@dataclass(slots=True)
class MapMemory:
    """The map last read."""

    known: OsdMap | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


async def osd_map(client: CephClient, status: Status) -> OsdMap:
    """The map of at least the epoch that `status` tells of."""
    memory = client.memory(MapMemory)
    async with memory.reading:
        known = memory.known
        if known is None or known.fsid != status.fsid or known.dump.epoch < status.osdmap.epoch:
            memory.known = known = await _read(client, status.fsid, known)
        return known


async def _read(client: CephClient, fsid: str, known: OsdMap | None) -> OsdMap:
    dump, tree = await asyncio.gather(
        client.ask(commands.OSD_DUMP, Dump), client.ask(commands.OSD_TREE, Tree)
    )  # fmt: skip
    if known is not None and known.fsid == fsid and known.dump.crush_version == dump.crush_version:
        rules = known.rules
    else:
        rules = {rule.rule_id: rule for rule in await client.ask(commands.CRUSH_RULES, list[Rule])}
    return OsdMap(fsid, dump, tree, rules, spots(tree))
