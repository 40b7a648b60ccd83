"""Where OSDs stand: host, rack and root of each, from the CRUSH tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hsops.plugins.ceph.wire.osds import Node, Tree


class Spot(NamedTuple):
    """Where a device stands. `chain`: the names of all buckets above it, nearest first."""

    host: str = ""
    rack: str = ""
    root: str = ""
    chain: tuple[str, ...] = ()


NOWHERE = Spot()


def spots(tree: Tree) -> Mapping[int, Spot]:
    """The spot of every device."""
    nodes = {node.id: node for node in tree.nodes}
    parents = {child: node.id for node in reversed(tree.nodes) for child in node.children}
    of_parent: dict[int, Spot] = {}
    found = {}
    for node in tree.nodes:
        parent = parents.get(node.id)
        if node.id < 0 or parent is None:
            continue
        if parent not in of_parent:
            of_parent[parent] = _spot(list(_up(parent, nodes, parents)))
        found[node.id] = of_parent[parent]
    return found


def _up(start: int, nodes: Mapping[int, Node], parents: Mapping[int, int]) -> Iterator[Node]:
    """A bucket and all above it. A tree that bites its tail ends."""
    here: int | None = start
    seen: set[int] = set()
    while here is not None and here in nodes and here not in seen:
        seen.add(here)
        yield nodes[here]
        here = parents.get(here)


def _spot(above: list[Node]) -> Spot:
    def named(kind: str) -> str:
        return next((node.name for node in above if node.type == kind), "")

    return Spot(named("host"), named("rack"), named("root"), tuple(node.name for node in above))


def hosts_below(tree: Tree, buckets: Iterable[str]) -> tuple[str, ...]:
    """Names of the hosts in these buckets, in order."""
    nodes = {node.id: node for node in tree.nodes}
    wanted = set(buckets)
    found: dict[str, None] = {}
    queue = [node for node in tree.nodes if node.name in wanted]
    seen: set[int] = set()
    while queue:
        node = queue.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.type == "host":
            found[node.name] = None
        queue += [nodes[child] for child in node.children if child in nodes]
    return tuple(sorted(found))
