"""The named checks of drain and return. Each can be forced on its own, with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from hsops.api import CheckResult
from hsops.plugins.openstack import compute, condition
from hsops.plugins.openstack.kinds.service import OURS, Service
from hsops.plugins.openstack.workflows.facts import Guest, Host
from hsops.plugins.openstack.workflows.headroom import fit
from hsops.plugins.openstack.workflows.targets import Targets

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

SHORT_LOGIN = 1800.0
"""Seconds: a token that lives shorter than this may end within one migration."""


def verdict(name: str, trouble: str, well: str, hint: str = "") -> CheckResult:
    """A failed check when there is trouble."""
    return CheckResult(name=name, ok=not trouble, text=trouble or well, hint=hint if trouble else "")


async def service_up(cloud: OpenStack, host: Host) -> CheckResult:
    """Nova-compute must live to move anything."""
    service = await compute.service(cloud, host.host)
    down = service.state != "up" or service.forced_down
    word = "forced down" if service.forced_down else service.state
    return verdict(
        "service.up",
        f"nova-compute on {host.host} is {word}" if down else "",
        f"nova-compute on {host.host} is up",
        "a dead host is fenced and evacuated, not drained: `hypervisor.evacuate`",
    )


async def service_free(cloud: OpenStack, host: Host, ours: str) -> CheckResult:
    """Whoever disabled it has plans with it."""
    service = await compute.service(cloud, host.host)
    reason = service.disabled_reason or "no reason given"
    taken = service.status == "disabled" and not is_reason_of(service, ours)
    by_hsops = reason.startswith(OURS)
    hint = "`hypervisor.return` first, or force" if by_hsops else "ask who disabled it; forced, its reason stays"
    return verdict("service.free", f"disabled already: {reason}" if taken else "", "not disabled by anybody else", hint)


def is_reason_of(service: Service, ours: str) -> bool:
    """Whether the service is disabled by this run: `ours` is ``hsops:<run id>``."""
    return service.status == "disabled" and (service.disabled_reason or "").partition(" ")[0] == ours


async def servers_settled(guests: Sequence[Guest]) -> CheckResult:
    """Nothing may be happening to a server that is to be moved."""
    restless = [f"{guest.title} is {guest.status}{' ' + guest.task if guest.task else ''}" for guest in guests]
    restless = [text for text, guest in zip(restless, guests, strict=True) if not guest.is_settled]
    return verdict(
        "servers.settled",
        "; ".join(restless[:5]) + (f" and {len(restless) - 5} more" if len(restless) > 5 else ""),
        f"{len(guests)} servers, none in ERROR or in the middle of something",
        "wait, or mend them; forced, those that cannot move stay and must be let be by choice",
    )


async def migrations_none(cloud: OpenStack, host: Host) -> CheckResult:
    """Somebody else's migrations from or to the host."""
    rows = await compute.migrations_at(cloud, host.host)
    texts = [f"{row.migration_type or 'migration'} of {row.server} is {row.status}" for row in rows]
    hint = "let them end; one that is `finished` waits to be confirmed or reverted by its owner"
    return verdict("migrations.none", "; ".join(texts[:5]), "no migration from or to it", hint)


async def neutron_up(cloud: OpenStack) -> CheckResult:
    """A live migration that is tried while neutron is down leaves the server in ERROR."""
    trouble = await condition.trouble(cloud, "network")
    text = f"neutron does not answer: {trouble.what}" if trouble is not None else ""
    return verdict("neutron.up", text, "neutron answers", "a migration tried now would leave its server in ERROR")


async def login_lasts(cloud: OpenStack) -> CheckResult:
    """Nova works on with the token of the request that began a migration. Only ever a warning."""
    expires = await cloud.token_expires()
    left = None if expires is None else (expires - datetime.now(UTC)).total_seconds()
    if left is None or left >= SHORT_LOGIN:
        return CheckResult(name="login", ok=True, text="the token outlives a migration")
    return CheckResult(
        name="login",
        ok=True,
        warning=True,
        text=f"the token ends in {left / 60:.0f} min: nova needs it until a migration is over",
        hint="make sure that nova has a service user token (send_service_user_token)",
    )


async def hosts_spare(host: Host, targets: Targets) -> CheckResult:
    """Not the last host, nor the last of its zone or of one of its aggregates."""
    others = await targets.get()
    if not others:
        text = f"{targets.to} is not enabled and up" if targets.to else "no other host is enabled and up"
        return verdict("hosts.spare", text, "", "enable another host first")
    alone = [] if any(other.zone == host.zone for other in others) else [f"zone {host.zone}"]
    names = {other.name for other in others}
    alone += [f"aggregate {name}" for name in host.aggregates if not names & await targets.members(name)]
    return verdict(
        "hosts.spare",
        f"it is the last host enabled of {', '.join(alone)}" if alone else "",
        f"{len(others)} other hosts are enabled and up",
        "its servers may have nowhere to go, and new ones nowhere to come",
    )


async def headroom(host: Host, targets: Targets, guests: Sequence[Guest]) -> CheckResult:
    """Room for all that will move, by what placement may still promise, within the zone."""
    moving = [guest for guest in guests if guest.default != "leave"]
    result = fit(moving, await targets.get(), host.zone)
    homeless = ", ".join(result.homeless[:5])
    return verdict(
        "headroom",
        f"no room for {len(result.homeless)} of {len(moving)} servers: {homeless}" if homeless else "",
        f"{len(moving)} servers fit" + (f"; the fullest host would be {result.fullest}" if result.fullest else ""),
        "free some room, or leave servers by choice",
    )


class Agent(msgspec.Struct):
    """An agent of neutron."""

    agent_type: str = ""
    host: str = ""
    alive: bool = False


class _Agents(msgspec.Struct):
    agents: list[Agent]


async def agents_of(cloud: OpenStack, host: Host) -> Sequence[Agent]:
    """The network's agents on the host."""
    answer = await cloud.fetch("network", "/agents", _Agents, (("host", host.host),))
    return [agent for agent in answer.agents if agent.host == host.host]


async def agents_alive(cloud: OpenStack, host: Host) -> CheckResult:
    """The network's agents on the host; none at all is only a warning: an empty list is no proof of anything."""
    mine = await agents_of(cloud, host)
    dead = [agent.agent_type for agent in mine if not agent.alive]
    if not mine:
        return CheckResult(name="agents.alive", ok=True, warning=True, text="neutron knows no agent on this host")
    text = f"not alive: {', '.join(dead)}" if dead else ""
    return verdict("agents.alive", text, f"{len(mine)} network agents are alive", "servers there would have no network")
