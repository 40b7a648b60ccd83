"""``hypervisor.drain``: disable, move everything away, prove that nothing is left.

The proof takes two witnesses that do not know each other: nova's servers of that host in every state, and placement's
allocations of its provider. An empty answer of one alone ends nothing.

Backing out enables the service again, if the reason is still ours, and ends the silence. Servers that have moved stay
where they are: moving them back would be as much of a risk as the drain was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hsops.api import HsopsError, Item, Json, Outcome, Progress, Run
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.kinds.service import OURS
from hsops.plugins.openstack.workflows import checks
from hsops.plugins.openstack.workflows.facts import Guest, Host, find_host, guests, idle_ports
from hsops.plugins.openstack.workflows.journey import Trip
from hsops.plugins.openstack.workflows.move import move
from hsops.plugins.openstack.workflows.proof import Leftovers
from hsops.plugins.openstack.workflows.questions import ask
from hsops.plugins.openstack.workflows.silence import Silence, mute, tell_alerts
from hsops.plugins.openstack.workflows.targets import Targets
from hsops.plugins.openstack.workflows.treatment import COLD, LEAVE, LIVE

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

LONGEST_REASON = 255
SETTLES = 300.0
"""Seconds after the last migration in which nova and placement must agree that the host is empty."""


async def drain(run: Run) -> None:
    """The runbook."""
    host = Host.of(await run.read("host", lambda: find_host(_cloud(run), str(run.values["host"]))))
    found = [Guest.of(one) for one in await run.read("servers", lambda: guests(_cloud(run), host))]
    await _check(run, host, found)
    ways = await ask(run, found)
    await run.touches(servers=len(found), projects=len({guest.project for guest in found}))
    silence = Silence(run, host.host, float(run.values.get("silence") or 0))
    await tell_alerts(run, host.host)
    is_silent = await mute(run, silence)
    await _disable(run, host)
    moved = await _move(run, host, found, ways, silence)
    await _prove(run, host, found, ways, moved)
    if is_silent:
        await silence.keep()
    if not run.planning:
        await run.note(f"{host.host} is ready for work; then: hsops run hypervisor.return --host {host.node}")


def _cloud(run: Run) -> OpenStack:
    cloud: OpenStack = run.system("openstack")
    return cloud


def _mark(run: Run) -> str:
    """What a reason of this run begins with."""
    return f"{OURS}{run.id}"


async def _check(run: Run, host: Host, found: Sequence[Guest]) -> None:
    targets = Targets(lambda: _cloud(run), host, str(run.values.get("to") or ""))
    await run.check("service.up", lambda: checks.service_up(_cloud(run), host))
    await run.check("service.free", lambda: checks.service_free(_cloud(run), host, _mark(run)))
    await run.check("servers.settled", lambda: checks.servers_settled(found))
    await run.check("migrations.none", lambda: checks.migrations_none(_cloud(run), host))
    await run.check("hosts.spare", lambda: checks.hosts_spare(host, targets))
    await run.check("headroom", lambda: checks.headroom(host, targets, found))
    await run.check("neutron.up", lambda: checks.neutron_up(_cloud(run)))
    await run.check("login", lambda: checks.login_lasts(_cloud(run)))
    await run.check("masakari", lambda: checks.masakari(_cloud(run)))


async def _disable(run: Run, host: Host) -> None:
    reason = f"{_mark(run)} {run.values.get('reason') or 'drain'}"[:LONGEST_REASON]

    async def disable() -> Json:
        service = await compute.service(_cloud(run), host.host)
        if service.status != "disabled":
            await compute.disable(_cloud(run), service, reason)
            service = await compute.service(_cloud(run), host.host)
        return f"{service.status}: {service.disabled_reason}"

    async def enable() -> Json:
        service = await compute.service(_cloud(run), host.host)
        if not checks.is_reason_of(service, _mark(run)):
            return f"left as it is: {service.status}, {service.disabled_reason or 'no reason'}"
        await compute.enable(_cloud(run), service)
        return "enabled"

    await run.step(
        "disable",
        do=disable,
        undo=enable,
        command=commands.disable(host.host, reason),
        undo_command=commands.enable(host.host),
        text="no new servers here",
        planned="",
    )


async def _move(
    run: Run, host: Host, found: Sequence[Guest], ways: Mapping[str, str], silence: Silence
) -> Mapping[str, Outcome]:
    trip = _trip(run, host, silence)
    items = [_item(guest, ways[guest.id], trip) for guest in found if ways[guest.id] != LEAVE]
    items.sort(key=lambda item: item.data["way"] != LIVE)  # those that run first: they are why one drains

    async def leave(item: Item, progress: Progress) -> Outcome:
        return await move(_cloud(run), item, trip, progress)

    if not items:
        await run.note("there is nothing to move")
        return {}
    return await run.each("move", items, leave, limit=int(run.values.get("parallel") or 1), text="to other hosts")


def _trip(run: Run, host: Host, silence: Silence) -> Trip:
    values = run.values
    return Trip(
        host=host.host,
        to=str(values.get("to") or ""),
        when_stuck=str(values.get("stuck") or "abort"),
        stuck_after=float(values.get("patience") or 300),
        timeout=float(values.get("timeout") or 1800),
        meanwhile=silence.renew,
    )


def _item(guest: Guest, way: str, trip: Trip) -> Item:
    if way == LIVE:
        command = commands.live_migrate(guest.id, trip.to)
    else:
        command = commands.cold_migrate(guest.id) if way == COLD else commands.shelve_offload(guest.id)
    return Item(key=guest.id, title=guest.name or guest.id, command=command, data={"way": way, "was": guest.status})


async def _prove(
    run: Run, host: Host, found: Sequence[Guest], ways: Mapping[str, str], moved: Mapping[str, Outcome]
) -> None:
    """`moved` is empty in plan mode. What was skipped by decision stays, as what was left by choice."""
    stay = {guest.id for guest in found if ways[guest.id] == LEAVE}
    stay |= {key for key, outcome in moved.items() if outcome.status == "skipped"}
    left = Leftovers(lambda: _cloud(run), host, frozenset(stay))
    await run.wait("empty", left.sample, timeout=SETTLES, every=2.0, stuck_after=SETTLES)
    await run.verify("no servers", left.no_servers)
    await run.verify("no migrations", left.no_migrations)
    await run.verify("no allocations", left.no_allocations)
    gone = [key for key, outcome in moved.items() if outcome.status == "done"]
    await run.verify("servers well", lambda: left.all_well(gone))
    await _tell_ports(run, gone)
    if stay:
        await run.note(f"left on {host.host}: {', '.join(sorted(stay))}")


async def _tell_ports(run: Run, gone: Sequence[str]) -> None:
    """A server can be ACTIVE while its port waits for the network agent of its new host."""

    async def count() -> str:
        try:
            idle = await idle_ports(_cloud(run), gone)
        except HsopsError as error:
            return f"whether the ports of the servers moved are ACTIVE is not known: {error.what}"
        return (
            f"{idle} ports of the servers moved are not ACTIVE yet: the agents of their hosts take them" if idle else ""
        )

    told = await run.read("ports", count) if gone else ""
    if told:
        await run.note(told)
