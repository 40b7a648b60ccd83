"""Let another manager serve before the one that does goes away."""

from __future__ import annotations

from hsops.api import Choice, Conflict, Json, Run
from hsops.plugins.ceph import calls
from hsops.plugins.ceph.wire.daemons import MgrDump
from hsops.plugins.ceph.workflows.basics import cluster
from hsops.plugins.ceph.workflows.daemons import until
from hsops.plugins.ceph.workflows.facts import HostFacts

FAIL_OVER, LEAVE = "fail-over", "leave"
TAKES = 60.0
"""Seconds in which a standby serves; 1.5 were measured."""


async def ask_manager(run: Run, facts: HostFacts) -> str:
    """How to treat the active manager of the host; empty when it is elsewhere."""
    active = facts.active_manager
    if active is None:
        return ""
    options = (FAIL_OVER,) if facts.cephadm else (FAIL_OVER, LEAVE)
    why = "the active manager is on this host; fail-over: a standby serves first; leave: one takes over when it is gone"
    choice = Choice(key=f"mgr.{active.id}", title=f"manager {active.id}", why=why, options=options)
    return (await run.choose([choice]))[choice.key]


async def fail_over(run: Run, facts: HostFacts) -> None:
    """``mgr fail`` and wait until another one serves."""
    active = facts.active_manager
    if active is None:
        return
    name = active.id

    async def do() -> Json:
        client = cluster(run)
        if (await _serving(run)).active_name == name:
            if not (await _serving(run)).standbys:
                raise Conflict("no manager stands by", system=client.system, hint="start one, or choose to leave it")
            await client.body(calls.mgr_fail(name))

        async def other() -> bool:
            now = await _serving(run)
            return now.available and now.active_name not in ("", name)

        if not await until(other, TAKES):
            raise Conflict("no other manager serves", system=client.system, hint="look at ceph mgr stat")
        client.forget_status()
        return f"mgr.{(await _serving(run)).active_name} serves"

    await run.step("fail over the manager", do=do, command=calls.mgr_fail(name).line(), text="a standby takes over")


async def _serving(run: Run) -> MgrDump:
    return await cluster(run).ask(calls.MGR_DUMP, MgrDump)
