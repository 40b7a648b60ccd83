"""Which hosts stand in which rack, by the CRUSH tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.crush import hosts_below
from hsops.plugins.ceph.wire.osds import Tree


async def racks(client: CephClient) -> Mapping[str, Sequence[str]]:
    """Rack name to its hosts, in order; empty when the tree has no racks."""
    tree = await client.ask(commands.OSD_TREE, Tree)
    names = sorted({node.name for node in tree.nodes if node.type == "rack"})
    return {name: hosts_below(tree, [name]) for name in names}
