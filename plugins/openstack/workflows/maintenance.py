"""Nova's part in taking a host out of service, for the workflows that span layers: `HostMaintenance`.

The same parts as `hypervisor.drain` and `hypervisor.return`. The silence is made by the workflow that owns the whole.
Of that workflow's inputs, `reason`, `stuck` and `patience` are heeded when it has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hsops.api import NotFound, Run, Sample
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.workflows import checks, enabling, evacuated, leaving, masakari
from hsops.plugins.openstack.workflows.facts import Guest, Host, find_host
from hsops.plugins.openstack.workflows.leaving import SETTLES, Known, Left, Terms, cloud_of
from hsops.plugins.openstack.workflows.questions import ask, unasked

_REMEMBERED = 4096
"""Hosts of runs, the oldest forgotten first: the parts of one host follow each other."""


@dataclass
class _Memory:
    """What one run has learnt of one host. A replay runs every part again, so it learns the same."""

    ways: Mapping[str, str]
    known: Known
    left: Left = field(default_factory=Left)


class HypervisorMaintenance:
    """Out: masakari told, service disabled, servers moved. Back: service up, enabled, masakari told."""

    def __init__(self) -> None:
        self._memories: dict[tuple[str, str, str], _Memory] = {}

    async def role(self, run: Run, host: str) -> str:
        """``hypervisor with 19 servers``; empty when nova has no such host."""

        async def look() -> str:
            try:
                found = Host.of(await find_host(cloud_of(run), host))
            except NotFound:
                return ""
            count = len(await compute.servers_on(cloud_of(run), found.host))
            return f"hypervisor with {count} server{'' if count == 1 else 's'}"

        return await run.read("role in nova", look)

    async def checks(self, run: Run, host: str) -> None:
        """The drain's checks and choices."""
        place = await leaving.locate(run, host)
        found = await leaving.survey(run, place)
        known = await leaving.check(run, place, found)
        self._remember(run, host, _Memory(await ask(run, found), known))
        await run.touches(servers=len(found), projects=len({guest.project for guest in found}))

    async def enter(self, run: Run, host: str) -> None:
        """Masakari told, disabled, emptied. Looks anew for servers: other hosts may have been emptied onto this one."""
        place = await leaving.locate(run, host)
        memory = self._recall(run, host)
        kept = await masakari.hold(run, place.host, memory.known.masakari)
        await leaving.disable(run, place, str(run.values.get("reason") or "maintenance"), kept=kept)
        found = await leaving.survey(run, place)
        ways = _ways(found, memory.ways)
        terms = _terms(run.values)
        moved = await leaving.move_away(run, found, ways, terms.trip(place.host), terms.parallel)
        memory.left = Left.of(found, ways, moved, memory.known.stale)

    async def verify(self, run: Run, host: str) -> None:
        """Nova and placement agree that nothing runs there, but for what was left by choice or decision."""
        place = await leaving.locate(run, host)
        await leaving.prove(run, place, self._recall(run, host).left)

    async def leave(self, run: Run, host: str) -> None:
        """Wait for nova-compute, enable it if hsops disabled it, let masakari watch it again."""
        place = await leaving.locate(run, host)
        now = await enabling.standing(run, place)
        if now.forced_down:
            await run.check("domains.stale", lambda: evacuated.cleaned_up(cloud_of(run), place))
            await enabling.unforce(run, place)
        else:
            await enabling.reports(run, place)
        if not (now.is_enabled or now.drain or run.planning):
            await run.note(f"{place.host} stays disabled: somebody else did it: {now.reason}")
            return
        await enabling.enable(run, place, now, forced=False)
        await run.verify("serves", lambda: enabling.serves(cloud_of(run), place))
        await run.wait("network agents", lambda: _agents(run, place), timeout=SETTLES, every=5.0, stuck_after=SETTLES)
        await masakari.release(run, place.host, now.reason)

    def _remember(self, run: Run, host: str, memory: _Memory) -> None:
        self._memories.pop((run.site, run.id, host), None)
        self._memories[run.site, run.id, host] = memory
        while len(self._memories) > _REMEMBERED:
            self._memories.pop(next(iter(self._memories)))

    def _recall(self, run: Run, host: str) -> _Memory:
        """What `checks` learnt; without it nothing was asked, and nothing may be left behind."""
        return self._memories.setdefault((run.site, run.id, host), _Memory({}, Known({}, frozenset())))


async def _agents(run: Run, host: Host) -> Sample:
    result = await checks.agents_alive(cloud_of(run), host)
    return Sample(done=result.ok, text=result.text)


def _terms(values: Mapping[str, Any]) -> Terms:
    return Terms.of({name: values[name] for name in ("stuck", "patience") if name in values})


def _ways(found: Sequence[Guest], asked: Mapping[str, str]) -> Mapping[str, str]:
    """As it was chosen; servers that came since were not asked about."""
    return {guest.id: asked.get(guest.id) or unasked(guest) for guest in found}


MAINTENANCE = HypervisorMaintenance()
