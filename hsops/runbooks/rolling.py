"""``hosts.upgrade``: hosts get their packages and a new kernel, rack by rack, without anybody noticing.

For each host: every system's drain, packages, reboot with proof, every system's return, then a gate. What a host has
behind it is not taken back when the run is backed out: only what is out of service at that moment is brought back.
A failure pauses the roll (the stop rule), and so does a red gate; hosts that have not had their turn stay untouched.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hsops.api import HostSystem, Outcome, Run, Sample
from hsops.runbooks.bastion import elsewhere, still_elsewhere
from hsops.runbooks.onhost import Totals
from hsops.runbooks.schedule import Batch, batches, chosen
from hsops.runbooks.team import Team, gather
from hsops.runbooks.tolerance import Tolerance

_LOOK_EVERY = 2.0
_LONGEST_LIST = 12


async def upgrade(run: Run) -> None:
    """The runbook."""
    await run.read("host system", partial(_can, run))
    racks = await _order(run)
    teams = await _prepare(run, [host for _, hosts in racks for host in hosts])
    order = _turns(run, racks, teams)
    off_this_machine = await elsewhere(run, list(teams))
    for team in teams.values():
        await team.checks()
    roll = _Roll(run, teams, verify_bastion=off_this_machine)
    for number, batch in enumerate(order):
        if number:
            await run.gate("between hosts")
            await roll.check_again(batch)
        await roll.turn(batch)
        if batch.canary and len(order) > 1:
            await _soak(run)
    await roll.report()


async def _can(run: Run) -> bool:
    """Raises Unsupported when nobody can upgrade and reboot."""
    run.host_system()
    return True


async def _order(run: Run) -> list[tuple[str, list[str]]]:
    """Racks and their hosts, as they were asked for."""
    racks = await run.racks()

    async def look() -> list[Any]:
        found = chosen(racks, run.values)
        batches(found, str(run.values.get("canary") or ""), 1)  # a canary that is none of them is refused now
        return [[rack, hosts] for rack, hosts in found]

    return [(rack, hosts) for rack, hosts in await run.read("order", look)]


def _turns(run: Run, racks: Sequence[tuple[str, Sequence[str]]], teams: Mapping[str, Team]) -> list[Batch]:
    """Batches of the hosts that have something to do."""
    left = [(rack, [host for host in hosts if host in teams]) for rack, hosts in racks]
    canary = str(run.values.get("canary") or "")
    size = int(run.values.get("batch") or 1)
    return batches(left, canary if canary in teams else "", size) if teams else []


async def _prepare(run: Run, hosts: Sequence[str]) -> dict[str, Team]:
    """What each host is to the systems, and what it would get."""
    totals, system = Totals(run), run.host_system()
    teams: dict[str, Team] = {}
    for host in hosts:
        view = totals.view(host)
        updates = await system.updates(run, host)
        pending = (await system.identity(run, host)).get("pending", "")
        if run.values.get("which") == "pending" and not updates and not pending:
            await run.note(f"{host} is left out: no updates, and it waits for no reboot")
            continue
        teams[host] = await gather(view, host)
        await run.note(f"{host}: {_phrase(updates, pending)}")
        await view.touches(hosts=1, packages=len(updates))
    return teams


def _phrase(updates: Sequence[str], pending: str) -> str:
    shown = ", ".join(updates[:_LONGEST_LIST])
    more = f" and {len(updates) - _LONGEST_LIST} more" if len(updates) > _LONGEST_LIST else ""
    text = f"{len(updates)} updates: {shown}{more}" if updates else "no updates"
    return f"{text}; waits for a reboot: {pending}" if pending else text


async def _soak(run: Run) -> None:
    """The canary serves for a while before the others follow; the gate after it says whether it was well."""
    seconds = float(run.values.get("soak") or 0)
    if not seconds:
        return

    async def clock() -> float:
        return time.time()

    began = await run.read("soak began", clock)

    async def look() -> Sample:
        left = max(0.0, began + seconds - time.time())
        return Sample(done=left == 0, text=f"the canary is watched for another {left:.0f} s", left=left)

    await run.wait("soak", look, timeout=seconds * 2 + 60, every=min(_LOOK_EVERY, seconds), stuck_after=seconds + 60)


class _Roll:
    """The hosts' turns."""

    def __init__(self, run: Run, teams: Mapping[str, Team], *, verify_bastion: bool) -> None:
        self._run = run
        self._teams = teams
        self._verify_bastion = verify_bastion
        self._rule = Tolerance(int(run.values.get("failures") or 1))

    async def check_again(self, batch: Batch) -> None:
        """The site is another one after every host: what held for the plan has to hold at the host's turn."""
        for host in [] if self._run.planning else batch.hosts:
            await self._teams[host].checks()

    async def turn(self, batch: Batch) -> None:
        """Drain, packages, reboot, return. Hosts that failed and are set aside stay out of service."""
        hosts = batch.hosts
        await self._run.note(f"{batch.title}: their turn")
        for host in hosts:
            await self._teams[host].leave_service()
        for host in hosts:
            await self._teams[host].prove_empty()
            if self._verify_bastion:
                await still_elsewhere(self._run, host)
        ready = await self._renew(hosts, self._run.host_system())
        for host in reversed(ready):
            await self._teams[host].come_back()
        for host in [host for host in hosts if host not in ready]:
            await self._run.note(f"{host} failed and stays out of service; mend it, then: host.return --host {host}")
        await self._run.commit()

    async def _renew(self, hosts: Sequence[str], system: HostSystem) -> list[str]:
        """Packages and reboot; the hosts that are well."""
        view = self._rule.view(self._run)
        installed = self._going_on(hosts, await system.upgrade(view, hosts))
        for host in installed:
            await self._teams[host].silence.keep("packages are in, it reboots")
        if not installed:
            return []
        kernel = str(self._run.values.get("kernel") or "")
        return self._going_on(installed, await system.reboot(view, installed, kernel=kernel))

    def _going_on(self, hosts: Sequence[str], outcomes: Mapping[str, Outcome]) -> list[str]:
        """Nothing is known of effects in a plan: then all of them."""
        return list(hosts) if self._run.planning else [host for host in hosts if host in self._rule.note(outcomes)]

    async def report(self) -> None:
        """What is not as it should be."""
        if self._rule.failed:
            await self._run.note(f"still out of service: {', '.join(self._rule.failed)}")
