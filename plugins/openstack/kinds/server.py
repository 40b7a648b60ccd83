"""Servers: the virtual machines of all projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, about, depends
from hsops.plugins.openstack.times import moment

_AT_REST = frozenset({"SHUTOFF", "PAUSED", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED", "SOFT_DELETED"})
_NEEDS_A_PERSON = frozenset({"VERIFY_RESIZE", "RESCUE"})
POWER = {0: "no state", 1: "running", 3: "paused", 4: "shut down", 6: "crashed", 7: "suspended"}
RUNNING = 1


class Address(msgspec.Struct, gc=False):
    """One address of a port."""

    addr: str = ""
    kind: str = msgspec.field(name="OS-EXT-IPS:type", default="fixed")


class EmbeddedFlavor(msgspec.Struct):
    """The flavor as it was when the server was made: compute 2.47 and later put it into the server."""

    original_name: str = ""
    vcpus: int | None = None
    ram: int | None = None
    """MiB"""
    disk: int | None = None
    """GiB"""
    ephemeral: int = 0
    extra_specs: dict[str, str] = {}


class Fault(msgspec.Struct, gc=False):
    """Why a server is in ERROR."""

    message: str | None = None


class AttachedVolume(msgspec.Struct, gc=False):
    """A volume of the server."""

    id: str


class Server(Resource):
    """Decoded from ``GET /servers/detail``. A server of a cell that does not answer has an id and little more."""

    KIND: ClassVar[str] = "openstack.server"

    id: str
    name: str = ""
    status: str = "UNKNOWN"
    tenant_id: str = ""
    flavor: EmbeddedFlavor = msgspec.field(default_factory=EmbeddedFlavor)
    addresses: dict[str, list[Address]] = msgspec.field(default_factory=dict)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    created: str = ""
    updated: str = ""
    fault: Fault | None = None
    locked: bool = False
    zone: str | None = msgspec.field(name="OS-EXT-AZ:availability_zone", default=None)
    host: str | None = msgspec.field(name="OS-EXT-SRV-ATTR:host", default=None)
    node: str | None = msgspec.field(name="OS-EXT-SRV-ATTR:hypervisor_hostname", default=None)
    task: str | None = msgspec.field(name="OS-EXT-STS:task_state", default=None)
    vm_state: str | None = msgspec.field(name="OS-EXT-STS:vm_state", default=None)
    power: int | None = msgspec.field(name="OS-EXT-STS:power_state", default=None)
    volumes: list[AttachedVolume] = msgspec.field(name="os-extended-volumes:volumes_attached", default_factory=list)
    project: str = ""
    """Name of the project; from keystone, not from the server's answer."""

    @property
    def is_deleted(self) -> bool:
        """Nova still answers deleted servers to ``changes-since``."""
        return self.status == "DELETED" or self.vm_state == "deleted"

    @property
    def is_stub(self) -> bool:
        """Its cell does not answer: nothing but id, project and creation is known."""
        return not self.name and self.status == "UNKNOWN"

    @property
    def texts(self) -> tuple[str, ...]:
        """Addresses, floating ones last."""
        found = [address for addresses in self.addresses.values() for address in addresses]
        return tuple(address.addr for address in sorted(found, key=lambda address: address.kind != "fixed"))

    def key(self) -> str:
        return self.id

    def title(self) -> str:
        return self.name or self.id

    def health(self) -> Health:
        if self.status == "ERROR":
            return Health.CRITICAL
        if self.status == "UNKNOWN":
            return Health.UNKNOWN
        if self.status in _AT_REST:
            return Health.MAINTENANCE
        if self.status in _NEEDS_A_PERSON:
            return Health.WARN
        if self.status == "ACTIVE" and not self.task and self.power not in (None, RUNNING):
            return Health.WARN  # nova believes in it, the hypervisor does not
        return Health.OK

    def links(self) -> Iterable[Link]:
        if self.node or self.host:
            yield depends("openstack.hypervisor", self.node or self.host or "")
        if self.tenant_id:
            yield about("project", self.tenant_id)
        for volume in self.volumes:
            if volume.id:
                yield depends("volume", volume.id)
        for text in self.texts:
            if text:
                yield about("ip", text)

    def labels(self) -> Mapping[str, str]:
        return self.metadata


def _power(server: Server) -> str | None:
    return None if server.power is None else POWER.get(server.power, str(server.power))


def _bytes(amount: int | None, unit: int) -> int | None:
    return None if amount is None else amount * unit


SERVER = Kind(
    name=Server.KIND,
    title="server",
    plural="servers",
    aliases=("vm", "sv", "instance"),
    resource=Server,
    columns=(
        Column("name", "NAME", lambda s: s.title(), priority=0),
        Column("status", "STATUS", lambda s: State(s.health(), s.status), Format.STATE, priority=1),
        Column("task", "TASK", lambda s: s.task, priority=30),
        Column("power", "POWER", _power, priority=50),
        Column("host", "HOST", lambda s: s.host, priority=5),
        Column("project", "PROJECT", lambda s: s.project or s.tenant_id, priority=10),
        Column("flavor", "FLAVOR", lambda s: s.flavor.original_name or None, priority=20),
        Column("addresses", "ADDRESSES", lambda s: s.texts, Format.LIST, priority=25),
        Column("age", "AGE", lambda s: moment(s.created), Format.AGE, priority=15, track=False),
        Column("fault", "FAULT", lambda s: s.fault.message if s.fault else None, priority=40, width=60),
        Column("vcpus", "VCPUS", lambda s: s.flavor.vcpus, Format.COUNT, wide=True, priority=60),
        Column("ram", "RAM", lambda s: _bytes(s.flavor.ram, 1 << 20), Format.BYTES, wide=True, priority=60),
        Column("disk", "DISK", lambda s: _bytes(s.flavor.disk, 1 << 30), Format.BYTES, wide=True, priority=60),
        Column("zone", "ZONE", lambda s: s.zone, wide=True, priority=60),
        Column("locked", "LOCKED", lambda s: s.locked, wide=True, priority=70),
        Column("updated", "UPDATED", lambda s: moment(s.updated), Format.AGE, wide=True, priority=70, track=False),
        Column("id", "ID", lambda s: s.id, wide=True, priority=80),
        Column("project-id", "PROJECT ID", lambda s: s.tenant_id, wide=True, priority=90),
    ),
)
