"""``osd.replace``: empty an OSD, destroy it, and wait for a new disk under the same id.

With cephadm: ``orch osd rm ID --replace`` drains, destroys and keeps the id. Without: weight 0, stop, ``osd destroy``,
a new OSD by the site's command or by the operator, weight again. What is destroyed cannot be taken back: before it
every step has its undo, after it the way is forwards only.
"""

from __future__ import annotations

from hsops.api import CheckResult, Conflict, Item, Json, Outcome, Progress, Run, Sample
from hsops.plugins.ceph import calls, orchestra
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.wire.osds import Dump, OsdState
from hsops.plugins.ceph.workflows.basics import LOOK_EVERY, RECOVERY, STUCK, cluster, verdict
from hsops.plugins.ceph.workflows.daemons import BY_COMMAND, until
from hsops.plugins.ceph.workflows.drain import empty, fill, read
from hsops.plugins.ceph.workflows.emptiness import Leaving, why_not
from hsops.plugins.ceph.workflows.osdchecks import check_osd, unmanaged
from hsops.plugins.ceph.workflows.osdfacts import OsdFacts


async def replace(run: Run) -> None:
    """The runbook."""
    facts = await read(run)
    if not facts.destroyed:
        await check_osd(run, facts)
        if facts.cephadm:
            await run.check("ceph.spec.unmanaged", lambda: unmanaged(cluster(run)))
    await run.touches(osds=1, groups=facts.groups)
    weight = facts.weight or facts.own_weight
    if not facts.destroyed:
        await (_by_orchestrator if facts.cephadm else _by_hand)(run, facts)
    await run.verify("destroyed", lambda: _is_destroyed(run, facts))
    await _new_disk(run, facts)
    await run.wait(
        "new OSD up", lambda: _is_up(run, facts), timeout=float(run.values.get("patience") or 86400), every=LOOK_EVERY,
        stuck_after=float("inf"),
    )  # fmt: skip
    await fill(run, facts, weight, back=None)


async def _by_orchestrator(run: Run, facts: OsdFacts) -> None:
    zap = bool(run.values.get("zap"))

    async def do() -> Json:
        client = cluster(run)
        if _is_gone(await _state(run, facts), facts):
            return "destroyed already"
        if facts.id not in await orchestra.removals(client):
            await client.body(orchestra.remove(facts.id, zap=zap))
        return "draining"

    async def undo() -> Json:
        client = cluster(run)
        if facts.id not in await orchestra.removals(client):
            return "no removal under way"
        await client.body(orchestra.remove_stop(facts.id))
        return "stopped: it comes in again"

    await run.step(
        "remove", do=do, undo=undo, command=orchestra.remove(facts.id, zap=zap).line(),
        undo_command=orchestra.remove_stop(facts.id).line(), text="cephadm drains it and keeps its id",
    )  # fmt: skip
    leaving = Leaving(facts.id)

    async def look() -> Sample:
        under_way = facts.id in await orchestra.removals(cluster(run))  # first: it ends by destroying
        if _is_gone(await _state(run, facts), facts):
            return Sample(done=True, text="destroyed", left=0.0)
        if not under_way:
            raise Conflict("cephadm does not remove it any more", thing=facts.name, hint="who ran orch osd rm stop?")
        found = await leaving.look(cluster(run))
        return Sample(done=False, text=found.text, left=(found.left or 0.0) + 1.0)

    await run.wait("cephadm drains it", look, timeout=RECOVERY, every=LOOK_EVERY, stuck_after=STUCK)


async def _by_hand(run: Run, facts: OsdFacts) -> None:
    await empty(run, facts)
    await _stop(run, facts)
    await _destroy(run, facts)


async def _stop(run: Run, facts: OsdFacts) -> None:
    async def stop(item: Item, progress: Progress) -> Outcome:
        async def down() -> bool:
            state = await _state(run, facts)
            return state is None or not state.up

        if await down():
            return Outcome(status="done", text="down already")
        if facts.can_stop:
            progress(await cluster(run).hands.do("stop", facts.daemon))
        else:
            progress(f"waits for you: {' '.join(item.command)} on {facts.host}")
        if await until(down, BY_COMMAND if facts.can_stop else float(run.values.get("patience") or 86400)):
            return Outcome(status="done", text="down")
        return Outcome(status="failed", text=f"it is still up; look at it on {facts.host}")

    async def start(item: Item) -> Json:
        state = await _state(run, facts)
        if _is_gone(state, facts):
            return "destroyed: there is nothing to start"
        if not cluster(run).hands.can("start"):
            return f"start it by hand: {' '.join(facts.start)}"
        await cluster(run).hands.do("start", facts.daemon)

        async def up() -> bool:
            state = await _state(run, facts)
            return state is not None and bool(state.up)

        return "up" if await until(up, BY_COMMAND) else f"not up after {BY_COMMAND:.0f} s"

    item = Item(key=facts.name, title=f"stop {facts.name}", command=facts.stop, undo_command=facts.start)
    await run.each("stop", [item], stop, text="it is empty", undo=start)


async def _destroy(run: Run, facts: OsdFacts) -> None:
    async def do() -> Json:
        client = cluster(run)
        if _is_gone(await _state(run, facts), facts):
            return "destroyed already"
        against = await _against(run, facts)
        if against:
            raise Conflict(against, system=client.system, thing=facts.name, hint="nothing was destroyed")
        await client.body(calls.destroy(facts.id))
        return "destroyed"

    await run.step("destroy", do=do, command=calls.destroy(facts.id).line(), text="for good: its id is kept")


async def _against(run: Run, facts: OsdFacts) -> str:
    """What speaks against destroying it now that it is stopped; asked right before, whatever was proved earlier."""
    state = await _state(run, facts)
    if state is None:
        return "it is not in the OSD map any more"
    if state.up:
        return "it is up again"
    return await why_not(cluster(run), facts.id)


async def _new_disk(run: Run, facts: OsdFacts) -> None:
    """By the site's command, or by a person: then the wait that follows is for them."""
    if facts.cephadm:
        await run.note(f"change the disk of {facts.name} in {facts.host}: cephadm takes it by its specification")
        return
    if not facts.can_create:
        await run.note(f"change the disk of {facts.name} in {facts.host}, then there: {' '.join(facts.create)}")
        return

    async def do() -> Json:
        state = await _state(run, facts)
        if state is not None and state.up and "destroyed" not in state.state and state.uuid != facts.uuid:
            return "up already"
        return await cluster(run).hands.do("create", facts.daemon)

    await run.step("new OSD", do=do, command=facts.create, text="under the same id")


def _is_gone(state: OsdState | None, facts: OsdFacts) -> bool:
    """Destroyed, or on a new disk already."""
    return state is None or "destroyed" in state.state or state.uuid != facts.uuid


async def _state(run: Run, facts: OsdFacts) -> OsdState | None:
    dump = await cluster(run).ask(commands.OSD_DUMP, Dump)
    return next((one for one in dump.osds if one.osd == facts.id), None)


async def _is_destroyed(run: Run, facts: OsdFacts) -> CheckResult:
    done = facts.destroyed or _is_gone(await _state(run, facts), facts)
    return verdict("destroyed", "" if done else "the OSD map does not show it as destroyed", "its id is kept")


async def _is_up(run: Run, facts: OsdFacts) -> Sample:
    state = await _state(run, facts)
    if state is None:
        return Sample(done=False, text="it is not in the OSD map")
    up = bool(state.up and state.in_ and "destroyed" not in state.state and state.uuid != facts.uuid)
    return Sample(done=up, text="up and in" if up else f"waits for the new disk in {facts.host}")
