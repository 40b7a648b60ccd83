"""The parts of taking a hypervisor out of service: `hypervisor.drain` and the host workflows put them together.

None of them makes a silence: that belongs to the workflow that owns the whole maintenance.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hsops.api import HsopsError, Item, Json, Outcome, Progress, Run
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.kinds.service import OURS
from hsops.plugins.openstack.workflows import checks, guards, masakari
from hsops.plugins.openstack.workflows.facts import Guest, Host, find_host, guests, idle_ports
from hsops.plugins.openstack.workflows.journey import Trip, nothing
from hsops.plugins.openstack.workflows.move import move
from hsops.plugins.openstack.workflows.proof import Leftovers
from hsops.plugins.openstack.workflows.targets import Targets
from hsops.plugins.openstack.workflows.treatment import COLD, LEAVE, LIVE

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

LONGEST_REASON = 255
SETTLES = 300.0
"""Seconds after the last migration in which nova and placement must agree that the host is empty."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How servers are to leave. Seconds."""

    to: str = ""
    parallel: int = 1
    when_stuck: str = "abort"
    stuck_after: float = 300.0
    timeout: float = 1800.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Terms:
        """From the inputs of a workflow on servers."""
        return cls(
            to=str(values.get("to") or ""),
            parallel=int(values.get("parallel") or 1),
            when_stuck=str(values.get("stuck") or "abort"),
            stuck_after=float(values.get("patience") or 300),
            timeout=float(values.get("timeout") or 1800),
        )

    def trip(self, host: str, meanwhile: Callable[[], Awaitable[str]] = nothing, *, to: str = "") -> Trip:
        """For servers that leave this host. `to`: a target of this trip alone."""
        return Trip(
            host=host,
            to=to or self.to,
            when_stuck=self.when_stuck,
            stuck_after=self.stuck_after,
            timeout=self.timeout,
            meanwhile=meanwhile,
        )


def cloud_of(run: Run) -> OpenStack:
    """The run's cloud; only inside reads, checks and effects."""
    cloud: OpenStack = run.system("openstack")
    return cloud


def mark(run: Run) -> str:
    """What a reason of this run begins with."""
    return f"{OURS}{run.id}"


async def locate(run: Run, name: str) -> Host:
    """The hypervisor of that name. Raises NotFound."""
    return Host.of(await run.read("host", lambda: find_host(cloud_of(run), name)))


async def survey(run: Run, host: Host, name: str = "servers") -> Sequence[Guest]:
    """Every server on it now."""
    return [Guest.of(one) for one in await run.read(name, lambda: guests(cloud_of(run), host))]


@dataclass(frozen=True, slots=True)
class Known:
    """What the checks learnt that the effects need."""

    masakari: dict[str, Any]
    stale: frozenset[str]
    """Allocations that nobody answers for; empty unless it was forced to pass over them."""


async def check(run: Run, host: Host, found: Sequence[Guest], to: str = "") -> Known:
    """What must hold before anything leaves."""
    targets = Targets(lambda: cloud_of(run), host, to)
    await run.check("service.up", lambda: checks.service_up(cloud_of(run), host))
    await run.check("service.free", lambda: checks.service_free(cloud_of(run), host, mark(run)))
    await run.check("bastion.elsewhere", lambda: guards.bastion_elsewhere(cloud_of(run), host))
    await run.check("servers.settled", lambda: checks.servers_settled(found))
    await run.check("migrations.none", lambda: checks.migrations_none(cloud_of(run), host))
    stale = await run.read("stale allocations", lambda: guards.stale(cloud_of(run), host))
    known = await run.check("allocations.known", lambda: guards.allocations_known(stale))
    await run.check("hosts.spare", lambda: checks.hosts_spare(host, targets))
    await run.check("headroom", lambda: checks.headroom(host, targets, found))
    await run.check("headroom.spare", lambda: guards.headroom_spare(host, targets, found))
    await run.check("neutron.up", lambda: checks.neutron_up(cloud_of(run)))
    await run.check("login", lambda: checks.login_lasts(cloud_of(run)))
    protector = await masakari.look(run, host.host)
    await run.check("masakari", lambda: masakari.is_told(protector))
    return Known(protector, frozenset() if known else frozenset(stale))


async def _nothing_stands() -> str:
    return ""


async def disable(
    run: Run, host: Host, why: str, *, kept: bool = False, unless: Callable[[], Awaitable[str]] = _nothing_stands
) -> None:
    """No new servers on it. Taken back only while the reason is still this run's, and `unless` something stands.

    `kept`: masakari had it in maintenance before; the return must leave that as it is, and learns it from the reason.
    """
    tail = f" {masakari.KEPT}" if kept else ""
    reason = f"{mark(run)} {why}"[: LONGEST_REASON - len(tail)] + tail

    async def disable() -> Json:
        service = await compute.service(cloud_of(run), host.host)
        if service.status != "disabled":
            await compute.disable(cloud_of(run), service, reason)
            service = await compute.service(cloud_of(run), host.host)
        return f"{service.status}: {service.disabled_reason}"

    async def enable() -> Json:
        service = await compute.service(cloud_of(run), host.host)
        if not checks.is_reason_of(service, mark(run)):
            return f"left as it is: {service.status}, {service.disabled_reason or 'no reason'}"
        stands = await unless()
        if stands:
            return f"left disabled: {stands}"
        await compute.enable(cloud_of(run), service)
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


async def move_away(
    run: Run, found: Sequence[Guest], ways: Mapping[str, str], trip: Trip, parallel: int
) -> Mapping[str, Outcome]:
    """Every server whose way is not to stay."""
    items = [_item(guest, ways[guest.id], trip) for guest in found if ways[guest.id] != LEAVE]
    items.sort(key=lambda item: item.data["way"] != LIVE)  # those that run first: they are why one drains

    async def leave(item: Item, progress: Progress) -> Outcome:
        return await move(cloud_of(run), item, trip, progress)

    if not items:
        await run.note("there is nothing to move")
        return {}
    return await run.each("move", items, leave, limit=parallel, text="to other hosts")


def _item(guest: Guest, way: str, trip: Trip) -> Item:
    if way == LIVE:
        command = commands.live_migrate(guest.id, trip.to)
    else:
        command = commands.cold_migrate(guest.id, trip.to) if way == COLD else commands.shelve_offload(guest.id)
    return Item(key=guest.id, title=guest.name or guest.id, command=command, data={"way": way, "was": guest.status})


@dataclass(frozen=True, slots=True)
class Left:
    """What became of the servers: those that stay by choice or by decision, and those that are elsewhere."""

    stay: frozenset[str] = frozenset()
    gone: tuple[str, ...] = ()
    stale: frozenset[str] = frozenset()
    """Allocations that nobody answers for, known before and accepted."""

    @classmethod
    def of(
        cls,
        found: Sequence[Guest],
        ways: Mapping[str, str],
        moved: Mapping[str, Outcome],
        stale: frozenset[str] = frozenset(),
    ) -> Left:
        """`moved` is empty in plan mode. What was skipped by decision stays, as what was left by choice."""
        stay = {guest.id for guest in found if ways[guest.id] == LEAVE}
        stay |= {key for key, outcome in moved.items() if outcome.status == "skipped"}
        gone = tuple(key for key, outcome in moved.items() if outcome.status == "done")
        return cls(frozenset(stay), gone, stale)


async def prove(run: Run, host: Host, left: Left) -> None:
    """Nothing is left but what is meant to stay, and those that moved are well."""
    leftovers = Leftovers(lambda: cloud_of(run), host, left.stay | left.stale)
    await run.wait("empty", leftovers.sample, timeout=SETTLES, every=2.0, stuck_after=SETTLES)
    await run.verify("no servers", leftovers.no_servers)
    await run.verify("no migrations", leftovers.no_migrations)
    await run.verify("no allocations", leftovers.no_allocations)
    await run.verify("servers well", lambda: leftovers.all_well(left.gone))
    await _tell_ports(run, left.gone)
    if left.stay:
        await run.note(f"left on {host.host}: {', '.join(sorted(left.stay))}")


async def _tell_ports(run: Run, gone: Sequence[str]) -> None:
    """A server can be ACTIVE while its port waits for the network agent of its new host."""

    async def count() -> str:
        try:
            idle = await idle_ports(cloud_of(run), gone)
        except HsopsError as error:
            return f"whether the ports of the servers moved are ACTIVE is not known: {error.what}"
        return (
            f"{idle} ports of the servers moved are not ACTIVE yet: the agents of their hosts take them" if idle else ""
        )

    told = await run.read("ports", count) if gone else ""
    if told:
        await run.note(told)
