"""The flag that keeps a host's OSDs in while they are down: ``osd set-group noout HOST``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.api import Json, Run
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.workflows.basics import cluster
from hsops.plugins.ceph.workflows.facts import NOOUT, HostFacts

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient


async def is_held(client: CephClient, host: str) -> bool:
    """By the OSD map."""
    return NOOUT in (await client.ask(commands.OSD_DUMP, Dump)).crush_node_flags.get(host, ())


async def hold(run: Run, facts: HostFacts) -> None:
    """Set it; undo takes it away unless somebody else had set it before."""

    async def do() -> Json:
        if not await is_held(cluster(run), facts.host):
            await cluster(run).body(commands.group_set(NOOUT, facts.host))
        return f"noout: {await is_held(cluster(run), facts.host)}"

    async def undo() -> Json:
        if facts.held:
            return "left set: it was before"
        return await _take_away(run, facts.host)

    await run.step(
        "hold", do=do, undo=undo, command=commands.group_set(NOOUT, facts.host).line(),
        undo_command=commands.group_unset(NOOUT, facts.host).line(), text="its OSDs stay in when they go down",
    )  # fmt: skip


async def release(run: Run, facts: HostFacts) -> None:
    """Take it away. Undo sets it again, for as long as OSDs of the host are down."""

    async def do() -> Json:
        return await _take_away(run, facts.host)

    async def undo() -> Json:
        dump = await cluster(run).ask(commands.OSD_DUMP, Dump)
        if all(osd.up for osd in dump.osds if osd.osd in facts.osds):
            return "left away: all its OSDs run"
        await cluster(run).body(commands.group_set(NOOUT, facts.host))
        return "set again"

    await run.step(
        "release", do=do, undo=undo, command=commands.group_unset(NOOUT, facts.host).line(),
        undo_command=commands.group_set(NOOUT, facts.host).line(), text="its OSDs go out as usual when they stay down",
    )  # fmt: skip


async def _take_away(run: Run, host: str) -> str:
    if await is_held(cluster(run), host):
        await cluster(run).body(commands.group_unset(NOOUT, host))
    return "noout is not set" if not await is_held(cluster(run), host) else "noout is still set"
