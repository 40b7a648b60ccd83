"""Hypervisors: what nova says of them, what placement has promised of them, and who is leaving."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, same
from hsops.plugins.openstack.kinds.service import OURS, service_health

MIB, GIB = 1 << 20, 1 << 30


class HypervisorService(msgspec.Struct):
    """The compute service that drives it."""

    id: str = ""
    host: str = ""
    disabled_reason: str | None = None


class Amount(msgspec.Struct, frozen=True, gc=False):
    """One resource of a host as placement counts it."""

    used: int
    capacity: int
    """What may be promised: (total - reserved) x ratio."""
    total: int | None = None
    """What is there; None while the inventory is not known."""
    ratio: float | None = None

    @property
    def free(self) -> int:
        """What may still be promised; below zero when the ratio was lowered under the use."""
        return self.capacity - self.used


class Hypervisor(Resource):
    """Decoded from ``GET /os-hypervisors/detail``; the lower part comes from placement and from other lists."""

    KIND: ClassVar[str] = "openstack.hypervisor"

    id: str
    """Also the id of its resource provider in placement."""
    hypervisor_hostname: str
    state: str = ""
    status: str = ""
    hypervisor_type: str | None = None
    host_ip: str | None = None
    service: HypervisorService = msgspec.field(default_factory=HypervisorService)
    running_vms: int | None = None
    """As nova-compute counted last, up to a minute ago; absent from compute 2.88 on."""

    vms: int | None = None
    leaving: int = 0
    """Migrations under way from here."""
    arriving: int = 0
    zone: str | None = None
    aggregates: tuple[str, ...] = ()
    forced_down: bool = False
    vcpu: Amount | None = None
    memory: Amount | None = None
    """MiB"""
    disk: Amount | None = None
    """GiB"""

    @property
    def host(self) -> str:
        """Name of its compute service: what servers and aggregates call it."""
        return self.service.host or self.hypervisor_hostname

    @property
    def is_ours(self) -> bool:
        """Whether hsops disabled it."""
        return self.status == "disabled" and (self.service.disabled_reason or "").startswith(OURS)

    def key(self) -> str:
        return self.hypervisor_hostname

    def health(self) -> Health:
        return service_health(self.status, self.state)

    def links(self) -> Iterable[Link]:
        yield same("host", self.host)


def word(hypervisor: Hypervisor) -> str:
    """State in one or two words."""
    if hypervisor.forced_down:
        return "forced down"
    if hypervisor.status != "disabled":
        return hypervisor.state or "unknown"
    if hypervisor.leaving:
        return "draining"
    return "disabled" if hypervisor.state == "up" else f"disabled, {hypervisor.state or 'unknown'}"


def _text(amount: Amount | None, unit: int = 1) -> str | None:
    """``12/64`` vCPUs, ``3.5/128 GiB``: promised of what may be promised."""
    if amount is None:
        return None
    if unit == 1:
        return f"{amount.used}/{amount.capacity}"
    return f"{_gib(amount.used * unit)}/{_gib(amount.capacity * unit)} GiB"


def _gib(size: int) -> str:
    return f"{size / GIB:.1f}".removesuffix(".0") if size < 10 * GIB else f"{size / GIB:.0f}"


def _fraction(amount: Amount | None) -> float | None:
    return amount.used / amount.capacity if amount is not None and amount.capacity else None


def _ratio(amount: Amount | None) -> float | None:
    return None if amount is None else amount.ratio


def _total(amount: Amount | None, unit: int = 1) -> int | None:
    return None if amount is None or amount.total is None else amount.total * unit


HYPERVISOR = Kind(
    name=Hypervisor.KIND,
    title="hypervisor",
    plural="hypervisors",
    aliases=("hv", "hyp"),
    resource=Hypervisor,
    columns=(
        Column("name", "HYPERVISOR", lambda h: h.hypervisor_hostname, priority=0),
        Column("state", "STATE", lambda h: State(h.health(), word(h)), Format.STATE, priority=1),
        Column("vms", "VMS", lambda h: h.vms, Format.COUNT, priority=3),
        Column("leaving", "LEAVING", lambda h: h.leaving, Format.COUNT, priority=30),
        Column("vcpu", "VCPU", lambda h: _text(h.vcpu), priority=12),
        Column("vcpu-use", "VCPU %", lambda h: _fraction(h.vcpu), Format.BAR, priority=8),
        Column("memory", "MEMORY", lambda h: _text(h.memory, MIB), priority=14),
        Column("memory-use", "MEMORY %", lambda h: _fraction(h.memory), Format.BAR, priority=9),
        Column("disk", "DISK", lambda h: _text(h.disk, GIB), priority=45),
        Column("disk-use", "DISK %", lambda h: _fraction(h.disk), Format.BAR, priority=35),
        Column("zone", "ZONE", lambda h: h.zone, priority=20),
        Column("aggregates", "AGGREGATES", lambda h: h.aggregates, Format.LIST, priority=40),
        Column("reason", "DISABLED BECAUSE", lambda h: h.service.disabled_reason, priority=10, width=60),
        Column("host", "HOST", lambda h: h.host, wide=True, priority=50),
        Column("vcpu-ratio", "VCPU RATIO", lambda h: _ratio(h.vcpu), wide=True, priority=60),
        Column("memory-ratio", "MEM RATIO", lambda h: _ratio(h.memory), wide=True, priority=60),
        Column("disk-ratio", "DISK RATIO", lambda h: _ratio(h.disk), wide=True, priority=65),
        Column("vcpus", "VCPUS", lambda h: _total(h.vcpu), Format.COUNT, wide=True, priority=60),
        Column("memory-total", "RAM", lambda h: _total(h.memory, MIB), Format.BYTES, wide=True, priority=60),
        Column("arriving", "ARRIVING", lambda h: h.arriving, Format.COUNT, wide=True, priority=65),
        Column("type", "TYPE", lambda h: h.hypervisor_type, wide=True, priority=70),
        Column("ip", "HOST IP", lambda h: h.host_ip, wide=True, priority=70),
        Column("id", "ID", lambda h: h.id, wide=True, priority=80),
    ),
)
