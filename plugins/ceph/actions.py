"""One call on one row. Ceph says "done" also for names that do not exist: each call looks first and reads back after.

The functions are called by the session as ``async (client, resource, values) -> str``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hsops.api import BadAnswer, NotFound
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.rows.cluster import Cluster
from hsops.plugins.ceph.rows.host import Host
from hsops.plugins.ceph.rows.osd import Osd
from hsops.plugins.ceph.wire.osds import Dump, OsdState, Tree

NOOUT = "noout"


async def take_out(client: CephClient, osd: Osd, values: Mapping[str, Any]) -> str:
    """``ceph osd out``: its data move to others."""
    await _osd_exists(client, osd)
    await _do(client, commands.osd_out(osd.id), lambda dump: not _state(dump, osd).in_)
    return f"{osd.name} is out: its placement groups move to other OSDs"


async def take_in(client: CephClient, osd: Osd, values: Mapping[str, Any]) -> str:
    """``ceph osd in``: data move to it."""
    await _osd_exists(client, osd)
    await _do(client, commands.osd_in(osd.id), lambda dump: bool(_state(dump, osd).in_))
    return f"{osd.name} is in: placement groups move to it"


async def hold_host(client: CephClient, host: Host, values: Mapping[str, Any]) -> str:
    """``ceph osd set-group noout HOST``: its OSDs stay in when they go down."""
    await _host_exists(client, host)
    await _do(client, commands.group_set(NOOUT, host.name), lambda dump: NOOUT in _host_flags(dump, host))
    return f"OSDs of {host.name} stay in when they go down"


async def release_host(client: CephClient, host: Host, values: Mapping[str, Any]) -> str:
    """``ceph osd unset-group noout HOST``."""
    await _host_exists(client, host)
    await _do(client, commands.group_unset(NOOUT, host.name), lambda dump: NOOUT not in _host_flags(dump, host))
    return f"OSDs of {host.name} go out as usual when they stay down"


async def hold_cluster(client: CephClient, cluster: Cluster, values: Mapping[str, Any]) -> str:
    """``ceph osd set noout``."""
    await _do(client, commands.flag_set(NOOUT), lambda dump: NOOUT in dump.flags_set)
    return "noout is set: no OSD goes out when it goes down, nothing is healed by itself"


async def release_cluster(client: CephClient, cluster: Cluster, values: Mapping[str, Any]) -> str:
    """``ceph osd unset noout``."""
    await _do(client, commands.flag_unset(NOOUT), lambda dump: NOOUT not in dump.flags_set)
    return "noout is unset: OSDs that stay down go out and are healed"


async def _do(client: CephClient, command: Command, proof: Callable[[Dump], bool]) -> None:
    """Send it and read the map back. Raises BadAnswer when the map does not show it."""
    await client.body(command)
    if not proof(await client.ask(commands.OSD_DUMP, Dump)):
        raise BadAnswer(
            "the cluster said it is done, but the OSD map does not show it", system=client.system, thing=str(command),
            hint="look at ceph osd dump; somebody may have undone it",
        )  # fmt: skip


async def _osd_exists(client: CephClient, osd: Osd) -> None:
    tree = await client.ask(commands.OSD_TREE, Tree)
    if all(node.id != osd.id for node in (*tree.nodes, *tree.stray)):
        raise NotFound("there is no such OSD (any more)", system=client.system, thing=osd.name)


async def _host_exists(client: CephClient, host: Host) -> None:
    tree = await client.ask(commands.OSD_TREE, Tree)
    if all(node.type != "host" or node.name != host.name for node in tree.nodes):
        raise NotFound("there is no such host in the CRUSH tree", system=client.system, thing=host.name)


def _state(dump: Dump, osd: Osd) -> OsdState:
    for state in dump.osds:
        if state.osd == osd.id:
            return state
    raise NotFound("the OSD went away meanwhile", thing=osd.name)


def _host_flags(dump: Dump, host: Host) -> list[str]:
    return dump.crush_node_flags.get(host.name, [])
