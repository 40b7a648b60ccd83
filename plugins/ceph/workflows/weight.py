"""An OSD's weight in the CRUSH map, as an effect with its undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.api import BadAnswer, Json, NotFound, Run
from hsops.plugins.ceph import calls
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.wire.osds import Node, Tree
from hsops.plugins.ceph.workflows.basics import cluster
from hsops.plugins.ceph.workflows.osdfacts import OsdFacts

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

SAME = 0.0002
"""TiB: the map keeps weights as 16.16 fixed point numbers and prints them rounded."""


async def set_weight(run: Run, name: str, facts: OsdFacts, weight: float, *, back: float | None, text: str) -> None:
    """Set it and read it back. `back`: the weight that backing out restores while the OSD is up; None: no undo."""

    async def do() -> Json:
        return await _set(cluster(run), facts.id, weight)

    async def undo() -> Json:
        if back is None:
            return "left as it is"
        node = await _node(cluster(run), facts.id)
        if node.status != "up":
            return f"left at {node.crush_weight:g}: {facts.name} is {node.status}, its groups would miss a copy"
        return await _set(cluster(run), facts.id, back)

    await run.step(
        name, do=do, undo=None if back is None else undo, command=calls.crush_weight(facts.id, weight).line(),
        undo_command=() if back is None else calls.crush_weight(facts.id, back).line(), text=text,
    )  # fmt: skip


async def _set(client: CephClient, osd: int, weight: float) -> str:
    if abs((await _node(client, osd)).crush_weight - weight) > SAME:
        await client.body(calls.crush_weight(osd, weight))
        client.forget_status()
    now = (await _node(client, osd)).crush_weight
    if abs(now - weight) > SAME:
        raise BadAnswer(f"its weight is {now:g} and not {weight:g}", system=client.system, thing=f"osd.{osd}")
    return f"weight {now:g}"


async def _node(client: CephClient, osd: int) -> Node:
    tree = await client.ask(commands.OSD_TREE, Tree)
    for node in tree.nodes:
        if node.id == osd:
            return node
    raise NotFound("it is not in the CRUSH tree (any more)", system=client.system, thing=f"osd.{osd}")
