"""Checks that look beyond the host's own servers: the bastion, stale claims on it, room for one more loss."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hsops.api import CheckResult, NotFound
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.pages import Hypervisors
from hsops.plugins.openstack.placement import claims
from hsops.plugins.openstack.workflows.checks import verdict
from hsops.plugins.openstack.workflows.facts import Guest, Host
from hsops.plugins.openstack.workflows.headroom import fit
from hsops.plugins.openstack.workflows.targets import Targets

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack


async def bastion_elsewhere(cloud: OpenStack, host: Host) -> CheckResult:
    """A run must not take away the machine that it runs on."""
    pages = await cloud.pages("compute", "/os-hypervisors/detail", Hypervisors)
    addresses = {row.host_ip for _, page in pages for row in page.rows if row.host == host.host and row.host_ip}
    here = socket.gethostname()
    same = is_same_name(here, host.host) or is_same_name(here, host.node)
    mine = [one for one in sorted(addresses) if await asyncio.to_thread(is_own_address, one)]
    why = f"its name is {here}" if same else f"its address {mine[0]} is this machine's" if mine else ""
    return verdict(
        "bastion.elsewhere",
        f"hsops itself runs on {host.host}: {why}" if why else "",
        f"hsops runs elsewhere, on {here}",
        "start it from another machine: the reboot would end the run",
    )


def is_same_name(one: str, other: str) -> bool:
    """Whether two host names can mean one machine: equal, or equal up to the domain that one of them lacks."""
    left, right = one.lower().rstrip("."), other.lower().rstrip(".")
    if "." in left and "." in right:
        return left == right
    return left.partition(".")[0] == right.partition(".")[0]


def is_own_address(address: str) -> bool:
    """Whether an address is one of this machine's: only those can be bound to. Loopback is everybody's."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if parsed.is_loopback or parsed.is_unspecified:
        return False
    family = socket.AF_INET if parsed.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


async def stale(cloud: OpenStack, host: Host) -> dict[str, str]:
    """Consumers of the host in placement that are not there, and what nova says of each.

    They come from migrations and evacuations that broke off; they take room away, and would spoil the proof.
    """
    held = await _held(cloud, host)
    here = {row.id for row in await compute.servers_on(cloud, host.host)}
    moving = await compute.migrations_at(cloud, host.host)
    busy = {row.uuid for row in moving} | {row.server for row in moving}
    found = {}
    for consumer in sorted(held - here - busy):
        try:
            server = await compute.server(cloud, consumer)
        except NotFound:
            found[consumer] = "nova has no such server or migration"
            continue
        if server.host != host.host:
            found[consumer] = f"{server.title()} is on {server.host or 'no host'}"
    return found


async def _held(cloud: OpenStack, host: Host) -> set[str]:
    try:
        return set(await claims(cloud, host.provider))
    except NotFound:
        return set()  # the proof says that placement does not know the host


async def allocations_known(found: Mapping[str, str]) -> CheckResult:
    """Placement counts nobody on the host who is not there."""
    texts = [f"{consumer}: {why}" for consumer, why in found.items()]
    more = f" and {len(texts) - 5} more" if len(texts) > 5 else ""
    return verdict(
        "allocations.known",
        f"placement counts {len(texts)} on it that are not there: {'; '.join(texts[:5])}{more}" if texts else "",
        "placement counts only what is there",
        "`nova-manage placement audit --verbose` shows and `--delete` removes them; forced, the proof passes over them",
    )


async def headroom_spare(host: Host, targets: Targets, guests: Sequence[Guest]) -> CheckResult:
    """Whether one more host may fail while this one is away. Only ever a warning."""
    moving = [guest for guest in guests if guest.default != "leave"]
    others = [one for one in await targets.get() if one.zone == host.zone]
    short = fit(moving, others, host.zone).short
    if not short:
        return CheckResult(name="headroom.spare", ok=True, text="one more host may fail meanwhile")
    return CheckResult(
        name="headroom.spare",
        ok=True,
        warning=True,
        text=f"no room for one more failure meanwhile: {short}",
        hint="do it when less runs, or free some room",
    )
