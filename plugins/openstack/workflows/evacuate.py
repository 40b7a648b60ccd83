"""``hypervisor.evacuate``: the servers of a dead host are rebuilt elsewhere. A host that lives is drained instead.

Backing out gives the host back only while nothing was evacuated from it. After that it stays forced down and disabled
until nova-compute has deleted the stale guests: `hypervisor.return` looks at that. Evacuated servers stay where they
are; nothing on the dead host could take them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hsops.api import CheckResult, Item, Json, Outcome, Progress, Run
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.fanout import each
from hsops.plugins.openstack.placement import providers_of
from hsops.plugins.openstack.workflows import checks, dead, leaving, masakari, rescue
from hsops.plugins.openstack.workflows.evacuated import evacuations
from hsops.plugins.openstack.workflows.facts import Guest, Host, guests
from hsops.plugins.openstack.workflows.journey import Trip, Watch
from hsops.plugins.openstack.workflows.leaving import Left, Terms, cloud_of
from hsops.plugins.openstack.workflows.proof import Leftovers
from hsops.plugins.openstack.workflows.questions import ask
from hsops.plugins.openstack.workflows.silence import Silence, mute, tell_alerts
from hsops.plugins.openstack.workflows.targets import Targets
from hsops.plugins.openstack.workflows.treatment import LEAVE


async def evacuate(run: Run) -> None:
    """The runbook."""
    terms = Terms.of(run.values)
    host = await leaving.locate(run, str(run.values["host"]))
    found = [Guest.of(one) for one in await run.read("servers", lambda: _stranded(run, host))]
    protector = await _check(run, host, found, terms.to)
    ways = await ask(run, found)
    await run.touches(servers=len(found), projects=len({guest.project for guest in found}))
    silence = Silence(run, host.host, float(run.values.get("silence") or 0))
    await tell_alerts(run, host.host)
    is_silent = await mute(run, silence)
    kept = await masakari.hold(run, host.host, protector)
    reason = str(run.values.get("reason") or "evacuated")
    await leaving.disable(run, host, reason, kept=kept, unless=lambda: _stands(run, host))
    await _force_down(run, host)
    moved = await _rescue(run, found, ways, terms.trip(host.host, silence.renew), terms.parallel)
    await _prove(run, host, Left.of(found, ways, moved))
    if is_silent:
        await silence.keep()


async def _stranded(run: Run, host: Host) -> list[dict[str, Json]]:
    return await guests(cloud_of(run), host, rescue.treatment)


async def _check(run: Run, host: Host, found: Sequence[Guest], to: str) -> dict[str, Json]:
    targets = Targets(lambda: cloud_of(run), host, to)
    await run.check("service.dead", lambda: dead.service_dead(cloud_of(run), host))
    await run.check("host.silent", lambda: dead.host_silent(cloud_of(run), host))
    await run.check("fenced", lambda: dead.fenced(host, str(run.values.get("fenced") or "")))
    count = await run.read("boot from an image", lambda: dead.from_images(cloud_of(run), host))
    await run.check("storage", lambda: dead.storage(count, str(run.values.get("storage") or "")))
    await run.check("service.free", lambda: checks.service_free(cloud_of(run), host, leaving.mark(run)))
    await run.check("hosts.spare", lambda: checks.hosts_spare(host, targets))
    await run.check("headroom", lambda: checks.headroom(host, targets, found))
    await run.check("neutron.up", lambda: checks.neutron_up(cloud_of(run)))
    protector = await masakari.look(run, host.host)
    await run.check("masakari", lambda: masakari.is_told(protector))
    return protector


async def _stands(run: Run, host: Host) -> str:
    """Why the host must stay out of service; empty when nothing was evacuated from it."""
    rows = await evacuations(cloud_of(run), host.host)
    return f"{len(rows)} servers were evacuated from it: `hypervisor.return` when it is repaired" if rows else ""


async def _force_down(run: Run, host: Host) -> None:
    before = await run.read("forced down before", lambda: _is_forced(run, host))

    async def force() -> Json:
        service = await compute.service(cloud_of(run), host.host)
        if service.forced_down:
            return "forced down already"
        await compute.force_down(cloud_of(run), service, down=True)
        return "forced down"

    async def undo() -> Json:
        stands = "it was forced down before" if before else await _stands(run, host)
        if stands:
            return f"left forced down: {stands}"
        service = await compute.service(cloud_of(run), host.host)
        if service.forced_down:
            await compute.force_down(cloud_of(run), service, down=False)
        return "not forced down any more"

    await run.step(
        "force down",
        do=force,
        undo=undo,
        command=commands.force_down(host.host, down=True),
        undo_command=() if before else commands.force_down(host.host, down=False),
        text="nova may evacuate its servers, whatever reports of it still come",
        planned="",
    )


async def _is_forced(run: Run, host: Host) -> bool:
    return (await compute.service(cloud_of(run), host.host)).forced_down


async def _rescue(
    run: Run, found: Sequence[Guest], ways: Mapping[str, str], trip: Trip, parallel: int
) -> Mapping[str, Outcome]:
    items = [
        Item(key=guest.id, title=guest.name or guest.id, command=commands.evacuate(guest.id, trip.to))
        for guest in found
        if ways[guest.id] != LEAVE
    ]

    async def act(item: Item, progress: Progress) -> Outcome:
        return await rescue.evacuate(Watch(cloud_of(run), item.key, trip, progress))

    if not items:
        await run.note("there is nothing to evacuate")
        return {}
    return await run.each("evacuate", items, act, limit=parallel, text="rebuilt on other hosts")


async def _prove(run: Run, host: Host, left: Left) -> None:
    """Nova and placement have each server elsewhere. What the dead host still holds goes when it comes back."""
    leftovers = Leftovers(lambda: cloud_of(run), host, left.stay)
    await run.verify("no servers", leftovers.no_servers)
    await run.verify("servers well", lambda: leftovers.all_well(left.gone))
    await run.verify("room claimed", lambda: _claimed(run, host, left.gone))
    if left.stay:
        await run.note(f"could not be evacuated from {host.host}: {', '.join(sorted(left.stay))}")
    if not run.planning:
        await run.note(
            f"keep {host.host} off the network until it is repaired; start nova-compute, which deletes the stale "
            f"guests and their claims; then: hsops run hypervisor.return --host {host.node}"
        )


async def _claimed(run: Run, host: Host, servers: Sequence[str]) -> CheckResult:
    held = await each(servers, lambda id_: providers_of(cloud_of(run), id_))
    homeless = [id_ for id_, providers in held.items() if not set(providers) - {host.provider}]
    text = f"placement has no claim elsewhere of {', '.join(homeless[:5])}" if homeless else ""
    return checks.verdict("room claimed", text, f"placement has the claims of {len(held)} servers on other hosts")
