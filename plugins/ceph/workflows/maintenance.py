"""A storage host out of service and back: through cephadm where it is, else by ``noout`` and stopped daemons.

Written against `Run`, so the same parts make ``ceph.maintenance.enter`` and ``.exit`` and Ceph's part in the workflows
that take a whole host out of service.
"""

from __future__ import annotations

from typing import Any

from hsops.api import CheckResult, Conflict, Json, Run, Sample
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph import orchestra
from hsops.plugins.ceph.inventory import inventory, on_host
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.workflows.basics import LOOK_EVERY, STUCK, cluster, verdict, verify_clean, wait_clean
from hsops.plugins.ceph.workflows.daemons import start_all, stop_all
from hsops.plugins.ceph.workflows.facts import HostFacts, host_facts, read_host
from hsops.plugins.ceph.workflows.hold import hold, is_held, release
from hsops.plugins.ceph.workflows.hostchecks import check_host
from hsops.plugins.ceph.workflows.manager import FAIL_OVER, ask_manager, fail_over

SETTLES = 300.0
"""Seconds in which the groups must have peered without the host."""
OPERATOR = 4 * 3600.0
"""Seconds that an operator has to stop or start daemons by hand."""
BOOTS = 1800.0
"""Seconds in which a host's daemons must be back."""


async def enter(run: Run) -> None:
    """``ceph.maintenance.enter``: the runbook."""
    facts = await _read(run, str(run.values["host"]))
    await check_host(run, facts)
    manager = await ask_manager(run, facts)
    await run.touches(**_touched(facts))
    await take_out(run, facts, manager, stop=run.values.get("daemons", "stop") == "stop")
    await prove_out(run, facts)
    if not run.planning:
        await run.note(f"{facts.host} is ready for work; then: hsops run ceph.maintenance.exit --host {facts.host}")


async def leave(run: Run) -> None:
    """``ceph.maintenance.exit``: the runbook."""
    facts = await _read(run, str(run.values["host"]))
    await run.touches(**_touched(facts))
    await bring_back(run, facts)


async def _read(run: Run, host: str) -> HostFacts:
    async def look() -> dict[str, Any]:
        return await read_host(cluster(run), host)

    return host_facts(await run.read("storage host", look))


def _touched(facts: HostFacts) -> dict[str, int | str]:
    return {"osds": len(facts.osds), "monitors": len(facts.of("mon"))}


async def take_out(run: Run, facts: HostFacts, manager: str, *, stop: bool) -> None:
    """The effects. Without `stop` only the host's OSDs are held, where no orchestrator stops daemons by itself."""
    if manager == FAIL_OVER:
        await fail_over(run, facts)
    if facts.cephadm:
        await _orch_enter(run, facts)
        return
    if facts.crush:
        await hold(run, facts)
    if stop:
        await stop_all(run, facts, OPERATOR)


async def _orch_enter(run: Run, facts: HostFacts) -> None:
    host = facts.host

    async def do() -> Json:
        if not await _in_maintenance(run, host):
            await cluster(run).body(orchestra.enter(host), BOOTS)
        if not await _in_maintenance(run, host):
            raise Conflict("cephadm said it is done, but the host is not in maintenance", thing=host)
        return "in maintenance"

    async def undo() -> Json:
        if not await _in_maintenance(run, host):
            return "not in maintenance"
        await cluster(run).body(orchestra.leave(host), BOOTS)
        return "out of maintenance"

    await run.step(
        "enter maintenance", do=do, undo=undo, command=orchestra.enter(host).line(),
        undo_command=orchestra.leave(host).line(), text="cephadm stops its daemons and holds its OSDs",
    )  # fmt: skip


async def _in_maintenance(run: Run, host: str) -> bool:
    return (await orchestra.hosts(cluster(run))).get(host, "") == orchestra.MAINTENANCE


async def prove_out(run: Run, facts: HostFacts, *, stopped: bool = True) -> None:
    """Every group answers clients, by states that are newer than the stop; what had to stop is down."""
    if stopped and facts.osds:
        await run.wait("groups settled", lambda: _settled(run, facts), timeout=SETTLES, every=LOOK_EVERY)
    await run.verify("host is out", lambda: _out(run, facts, stopped=stopped))


async def _settled(run: Run, facts: HostFacts) -> Sample:
    """No group counts on a stopped OSD any more, and none is inactive."""
    inactive, late = await _groups(run, facts)
    text = f"{inactive} groups inactive, {late} not reported yet" if inactive or late else "all groups active"
    return Sample(done=not inactive and not late, text=text, left=inactive + late)


async def _groups(run: Run, facts: HostFacts) -> tuple[int, int]:
    from hsops.plugins.ceph.sources.pgs import Dump as Groups  # noqa: PLC0415 - named like the OSD map's

    groups = (await cluster(run).ask(commands.PGS, Groups)).pg_stats or []
    dump = await cluster(run).ask(commands.OSD_DUMP, Dump)
    down = {osd.osd for osd in dump.osds if not osd.up}
    inactive = sum(1 for pg in groups if "active" not in pg.state.split("+") or "stale" in pg.state.split("+"))
    late = sum(1 for pg in groups if not down.isdisjoint(pg.acting))
    return inactive, late if groups else len(facts.osds)


async def _out(run: Run, facts: HostFacts, *, stopped: bool) -> CheckResult:
    client = cluster(run)
    troubles = []
    if facts.cephadm and not await _in_maintenance(run, facts.host):
        troubles.append("cephadm does not have it in maintenance")
    if facts.crush and not await is_held(client, facts.host):
        troubles.append("noout is not set for it")
    if stopped:
        running = [one.name for one in on_host(await inventory(client), facts.host) if one.up]
        troubles += [f"still up: {', '.join(running)}"] if running else []
        inactive, _ = await _groups(run, facts)
        troubles += [f"{inactive} groups are inactive"] if inactive else []
    well = f"{facts.host} is held, " + ("its daemons are down, every group is active" if stopped else "its daemons run")
    return verdict("host is out", "; ".join(troubles), well, "look at ceph osd tree and ceph health detail")


async def bring_back(run: Run, facts: HostFacts) -> None:
    """Start what does not run, wait until its OSDs are up and in, take ``noout`` away, wait until clean."""
    if facts.cephadm:
        await _orch_exit(run, facts)
    else:
        await start_all(run, facts, OPERATOR)
    if facts.osds:
        await run.wait("OSDs up", lambda: _up(run, facts), timeout=BOOTS, every=LOOK_EVERY, stuck_after=STUCK)
    if facts.crush:
        await release(run, facts)
    await wait_clean(run)
    await run.verify("host is back", lambda: _back(run, facts))
    await verify_clean(run)


async def _orch_exit(run: Run, facts: HostFacts) -> None:
    async def do() -> Json:
        if await _in_maintenance(run, facts.host):
            await cluster(run).body(orchestra.leave(facts.host), BOOTS)
        if await _in_maintenance(run, facts.host):
            raise Conflict("it is still in maintenance", thing=facts.host, hint="can cephadm reach it by ssh?")
        return "out of maintenance"

    await run.step(
        "exit maintenance", do=do, command=orchestra.leave(facts.host).line(), text="cephadm starts its daemons"
    )


async def _up(run: Run, facts: HostFacts) -> Sample:
    dump = await cluster(run).ask(commands.OSD_DUMP, Dump)
    missing = [osd.osd for osd in dump.osds if osd.osd in facts.osds and not osd.up and "destroyed" not in osd.state]
    text = f"down: {', '.join(f'osd.{osd}' for osd in missing)}" if missing else f"{len(facts.osds)} OSDs up"
    return Sample(done=not missing, text=text, left=len(missing))


async def _back(run: Run, facts: HostFacts) -> CheckResult:
    client = cluster(run)
    now = on_host(await inventory(client), facts.host)
    known = {(part.type, part.id) for part in facts.parts}
    missing = [one.name for one in now if not one.up and (one.type, one.id) in known]
    troubles = [f"down: {', '.join(missing)}"] if missing else []
    dump = await client.ask(commands.OSD_DUMP, Dump)
    out = [f"osd.{osd.osd}" for osd in dump.osds if osd.osd in facts.osds and not osd.in_]
    troubles += [f"out: {', '.join(out)}"] if out else []
    troubles += ["noout is still set for it"] if await is_held(client, facts.host) else []
    return verdict("host is back", "; ".join(troubles), f"{facts.text or 'nothing'} on {facts.host}, all up and in")


class CephMaintenance:
    """Ceph's part in taking a host out of service. See `hsops.runbook.HostMaintenance`."""

    async def role(self, run: Run, host: str) -> str:
        """``storage host with 2 OSDs, 1 mon``."""
        facts = await self._facts(run, host)
        return f"storage host with {facts.text}" if facts.text else ""

    async def checks(self, run: Run, host: str) -> None:
        """The checks and the question about the manager."""
        facts = await self._facts(run, host)
        await check_host(run, facts)
        await ask_manager(run, facts)
        await run.touches(**_touched(facts))

    async def enter(self, run: Run, host: str) -> None:
        """Hold it; stop its daemons when cephadm or a command of the site can: else the host's own shutdown does."""
        facts = await self._facts(run, host)
        await take_out(run, facts, await ask_manager(run, facts), stop=facts.can_stop)

    async def verify(self, run: Run, host: str) -> None:
        """Held, and every group active; down when something stopped them."""
        facts = await self._facts(run, host)
        await prove_out(run, facts, stopped=facts.cephadm or facts.can_stop)

    async def leave(self, run: Run, host: str) -> None:
        """Back, and clean again."""
        await bring_back(run, await self._facts(run, host))

    async def _facts(self, run: Run, host: str) -> HostFacts:
        async def look() -> dict[str, Any]:
            return await read_host(cluster(run), host, must=False)

        return host_facts(await run.read(f"ceph on {host}", look))


MAINTENANCE = CephMaintenance()
