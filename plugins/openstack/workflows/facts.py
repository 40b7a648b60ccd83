"""What a drain needs to know before it plans, as JSON values that go into the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import Forbidden, HsopsError, NotFound
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.fanout import each
from hsops.plugins.openstack.groups import Group, groups_of_servers
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.pages import Hypervisors
from hsops.plugins.openstack.placement import CLASSES, Claim, claims
from hsops.plugins.openstack.workflows.treatment import Device, Treatment, treatment

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack


@dataclass(frozen=True, slots=True)
class Host:
    """The hypervisor in question."""

    host: str
    """Name of its compute service."""
    node: str
    provider: str
    zone: str
    aggregates: tuple[str, ...]

    @classmethod
    def of(cls, journalled: Mapping[str, Any]) -> Host:
        """From the journal."""
        return cls(**{**journalled, "aggregates": tuple(journalled["aggregates"])})


@dataclass(frozen=True, slots=True)
class Guest:
    """A server on it, and what can be done with it."""

    id: str
    name: str
    status: str
    task: str
    project: str
    needs: Mapping[str, int]
    """What it holds of the host, by placement's resource class."""
    wants: Mapping[str, str]
    """Properties that the aggregates of its next host must have."""
    options: tuple[str, ...]
    default: str
    why: str
    group: str = ""
    """The server group that keeps its members apart."""
    per_host: int = 1
    """How many members of it one host may have."""
    beside: Mapping[str, int] = field(default_factory=dict)
    """How many members each other host has."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing is happening to it."""
        return not self.task and self.status not in (
            "ERROR",
            "MIGRATING",
            "BUILD",
            "RESIZE",
            "VERIFY_RESIZE",
            "UNKNOWN",
        )

    @property
    def title(self) -> str:
        """Name and id."""
        return f"{self.name} ({self.id})" if self.name else self.id

    @classmethod
    def of(cls, journalled: Mapping[str, Any]) -> Guest:
        """From the journal."""
        return cls(**{**journalled, "options": tuple(journalled["options"])})


async def find_host(cloud: OpenStack, name: str) -> dict[str, Any]:
    """A hypervisor by its own name or that of its service. Raises NotFound."""
    pages = await cloud.pages("compute", "/os-hypervisors/detail", Hypervisors)
    rows = [row for _, page in pages for row in page.rows]
    found = [row for row in rows if name in (row.hypervisor_hostname, row.host)]
    if not found:
        raise NotFound(
            "no such hypervisor", system=cloud.system, thing=name, hint="`hsops get hypervisor` lists them by name"
        )
    return journal(await _located(cloud, found[0]))


async def _located(cloud: OpenStack, row: Hypervisor) -> Host:
    service = await compute.service(cloud, row.host)
    aggregates = await cloud.directory.aggregates.get(0.0)
    member = tuple(sorted(one.name for one in aggregates if row.host in one.hosts and not one.availability_zone))
    return Host(row.host, row.hypervisor_hostname, row.id, service.zone or "", member)


Judge = Callable[[Server, "tuple[str, int] | None", "Device | None"], Treatment]
"""How a server can leave, from the policy and size of its group and its device."""


async def guests(cloud: OpenStack, host: Host, judge: Judge = treatment) -> list[dict[str, Any]]:
    """Every server on the host, of any project and status, with what can be done with it."""
    rows = await compute.servers_on(cloud, host.host)
    held = await claims(cloud, host.provider)
    groups = await _groups(cloud)
    devices = await devices_at(cloud, host.host)
    names = await _names(cloud, rows)
    spread = await members_by_host(cloud, [groups[row.id] for row in rows if row.id in groups], host.host)
    found = []
    for row in sorted(rows, key=lambda row: (row.name, row.id)):
        group = groups.get(row.id)
        how = judge(row, None if group is None else (group.policy, len(group.members)), devices.get(row.id))
        guest = _guest(row, held.get(row.id), how, names)
        if group is not None and group.is_apart:
            guest = replace(guest, group=group.id, per_host=group.per_host, beside=spread[group.id])
        found.append(journal(guest))
    return found


async def members_by_host(cloud: OpenStack, wanted: Sequence[Group], without: str = "") -> Mapping[str, dict[str, int]]:
    """How many members of each group that keeps apart are on each host, but for the host `without`."""
    apart = {group.id: group for group in wanted if group.is_apart}
    servers = await each({member for group in apart.values() for member in group.members}, _server_of(cloud))
    hosts = {
        id_: Counter(servers[one].host or "" for one in group.members if one in servers) for id_, group in apart.items()
    }
    return {id_: {host: n for host, n in counts.items() if host not in ("", without)} for id_, counts in hosts.items()}


def _server_of(cloud: OpenStack) -> Callable[[str], Awaitable[Server]]:
    return lambda id_: compute.server(cloud, id_)


def _guest(row: Server, claim: Claim | None, how: Treatment, names: Mapping[str, str]) -> Guest:
    flavor: dict[str, int | None] = {"VCPU": row.flavor.vcpus, "MEMORY_MB": row.flavor.ram, "DISK_GB": row.flavor.disk}
    needs = claim.resources if claim is not None else {name: amount or 0 for name, amount in flavor.items()}
    prefix = "aggregate_instance_extra_specs:"
    wants = {name.removeprefix(prefix): v for name, v in row.flavor.extra_specs.items() if name.startswith(prefix)}
    project = names.get(row.tenant_id) or row.tenant_id
    known = {name: needs[name] for name in CLASSES if needs.get(name)}
    return Guest(row.id, row.name, row.status, row.task or "", project, known, wants, how.options, how.default, how.why)


async def _groups(cloud: OpenStack) -> Mapping[str, Group]:
    try:
        return await groups_of_servers(cloud)
    except Forbidden:
        return {}  # then the scheduler says it, for each server that cannot move


async def _names(cloud: OpenStack, rows: Sequence[Server]) -> Mapping[str, str]:
    try:
        return await cloud.directory.project_names({row.tenant_id for row in rows})
    except Forbidden:
        return {}


class _Port(msgspec.Struct):
    device_id: str = ""
    status: str = ""
    vnic: str = msgspec.field(name="binding:vnic_type", default="normal")
    host: str = msgspec.field(name="binding:host_id", default="")


class _Ports(msgspec.Struct):
    ports: list[_Port]


async def devices_at(cloud: OpenStack, host: str) -> Mapping[str, Device]:
    """Servers whose ports are pieces of this host's hardware. Empty when neutron does not answer: its check tells."""
    try:
        answer = await cloud.fetch("network", "/ports", _Ports, (("binding:host_id", host),))
    except HsopsError:
        return {}
    passed = ("direct", "direct-physical", "macvtap", "vdpa", "accelerator-direct")
    return {port.device_id: Device(port.vnic) for port in answer.ports if port.vnic in passed and port.host == host}


async def idle_ports(cloud: OpenStack, servers: Sequence[str]) -> int:
    """How many ports of these servers are not ACTIVE."""
    idle = 0
    for start in range(0, len(servers), 50):
        query = tuple(("device_id", server) for server in servers[start : start + 50])
        answer = await cloud.fetch("network", "/ports", _Ports, query)
        idle += sum(port.status != "ACTIVE" for port in answer.ports)
    return idle


def journal(value: Any) -> dict[str, Any]:
    """A dataclass as JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(asdict(value))
    return plain
