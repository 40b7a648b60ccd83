"""What a rebalancing needs to know of the cloud."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from hsops.api import Forbidden, NotFound
from hsops.plugins.openstack.address import path
from hsops.plugins.openstack.fanout import each
from hsops.plugins.openstack.groups import Group, groups_of_servers
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.pages import Hypervisors, Servers
from hsops.plugins.openstack.workflows.balance import Balance, Load, Place, Spread, balance, spread
from hsops.plugins.openstack.workflows.facts import devices_at
from hsops.plugins.openstack.workflows.targets import properties_of
from hsops.plugins.openstack.workflows.treatment import LIVE, treatment

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

_TRAIT, _AGGREGATE = "trait:", "aggregate_instance_extra_specs:"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which hosts are evened out, how far, and with how many moves."""

    aggregate: str = ""
    zone: str = ""
    only: str = ""
    """The one host that is to be relieved."""
    threshold: float = 0.1
    most: int = 10


async def places(cloud: OpenStack, scope: Scope, *, with_traits: bool = False) -> Sequence[Place]:
    """Hosts of the scope that are enabled and up. Raises NotFound for an aggregate that is none."""
    pages = await cloud.pages("compute", "/os-hypervisors/detail", Hypervisors)
    rows = [row for _, page in pages for row in page.rows if (row.status, row.state) == ("enabled", "up")]
    aggregates = await cloud.directory.aggregates.get(0.0)
    if scope.aggregate:
        members = {host for one in aggregates if one.name == scope.aggregate for host in one.hosts}
        if not any(one.name == scope.aggregate for one in aggregates):
            raise NotFound("no such aggregate", system=cloud.system, thing=scope.aggregate)
        rows = [row for row in rows if row.host in members]
    services = await cloud.directory.services.get(0.0)
    zones = {service.host: service.zone or "" for service in services if service.is_compute}
    rooms = await cloud.directory.capacity.rooms([row.id for row in rows], budget=0, fresh=True)
    traits = await _traits_of(cloud, rows) if with_traits else {}
    return [
        Place(
            row.host,
            zones.get(row.host, ""),
            {kind: amount.used for kind, amount in rooms[row.id].items()},
            {kind: amount.capacity for kind, amount in rooms[row.id].items()},
            properties_of(aggregates, row.host),
            traits.get(row.id, frozenset()),
        )
        for row in rows
        if row.id in rooms and (not scope.zone or zones.get(row.host) == scope.zone)
    ]


class _Traits(msgspec.Struct):
    traits: list[str]


async def _traits_of(cloud: OpenStack, rows: Sequence[Hypervisor]) -> Mapping[str, frozenset[str]]:
    """Traits by provider."""

    def of(provider: str) -> Awaitable[_Traits]:
        return cloud.fetch("placement", path("resource_providers", provider, "traits"), _Traits)

    return {id_: frozenset(one.traits) for id_, one in (await each([row.id for row in rows], of)).items()}


async def weigh(cloud: OpenStack, scope: Scope) -> Balance:
    """The plan. What is tied to its host by a device stays; ports are asked about for the hosts in question only."""
    groups = await _groups(cloud)
    pages = await cloud.pages("compute", "/servers/detail", Servers, (("all_tenants", "1"),))
    rows = [row for _, page in pages for row in page.rows if not row.is_deleted]
    crowd = _crowd(rows, groups)
    loads = [_load(row, groups.get(row.id)) for row in rows if _may_move(row, groups.get(row.id))]
    found = await places(cloud, scope, with_traits=any(load.traits for load in loads))
    names = {place.name for place in found}
    loads = [load for load in loads if load.host in names]
    asked: set[str] = set()
    while True:
        plan = balance(found, loads, crowd, threshold=scope.threshold, most=scope.most, only=scope.only)
        sources = {move.source for move in plan.moves} - asked
        if not sources:
            return plan
        tied = await each(sources, _devices(cloud))
        asked |= sources
        loads = [load for load in loads if all(load.id not in devices for devices in tied.values())]


def _devices(cloud: OpenStack) -> Callable[[str], Awaitable[Mapping[str, object]]]:
    return lambda host: devices_at(cloud, host)


async def spread_now(cloud: OpenStack, scope: Scope) -> Spread:
    """How uneven it is now."""
    found = await places(cloud, scope)
    return spread(found) if found else Spread()


async def _groups(cloud: OpenStack) -> Mapping[str, Group]:
    try:
        return await groups_of_servers(cloud)
    except Forbidden:
        return {}  # then the scheduler refuses what a group forbids


def _may_move(row: Server, group: Group | None) -> bool:
    """Running, at rest, and movable without a question; not what its owner has locked or its group keeps together."""
    if row.status != "ACTIVE" or row.task or row.locked or (group is not None and group.is_together):
        return False
    return treatment(row, None, None).options == (LIVE,)


def _load(row: Server, group: Group | None) -> Load:
    specs = row.flavor.extra_specs
    apart = group if group is not None and group.is_apart else None
    return Load(
        id=row.id,
        name=row.name,
        host=row.host or "",
        needs={"VCPU": row.flavor.vcpus or 0, "MEMORY_MB": row.flavor.ram or 0, "DISK_GB": row.flavor.disk or 0},
        wants={name.removeprefix(_AGGREGATE): v for name, v in specs.items() if name.startswith(_AGGREGATE)},
        traits=frozenset(
            name.removeprefix(_TRAIT) for name, v in specs.items() if name.startswith(_TRAIT) and v == "required"
        ),
        group="" if apart is None else apart.id,
        per_host=1 if apart is None else apart.per_host,
    )


def _crowd(rows: Sequence[Server], groups: Mapping[str, Group]) -> dict[str, dict[str, int]]:
    crowd: dict[str, dict[str, int]] = {}
    for row in rows:
        group = groups.get(row.id)
        if group is not None and group.is_apart and row.host:
            hosts = crowd.setdefault(group.id, {})
            hosts[row.host] = hosts.get(row.host, 0) + 1
    return crowd
