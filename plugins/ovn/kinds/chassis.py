"""A chassis: a hypervisor or gateway where ovn-controller runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, same

LATE = 1
"""Generations of the configuration that a chassis may be behind: Neutron, too, calls an agent dead beyond one."""


class Chassis(Resource):
    """A row of the southbound ``Chassis``, with what ``Chassis_Private`` and the bindings say of it."""

    KIND: ClassVar[str] = "ovn.chassis"
    name: str
    hostname: str = ""
    is_gateway: bool = False
    """``enable-chassis-as-gw`` is among its CMS options."""
    encaps: tuple[str, ...] = ()
    """``geneve 192.0.2.1``"""
    ports: int = 0
    gateways: int = 0
    """Gateway ports that it holds now."""
    behind: int | None = None
    """Generations of the configuration that it has not confirmed; None when it never told."""
    heard: datetime | None = None
    """When it confirmed the last one."""
    version: str = ""

    def key(self) -> str:
        """Its system id."""
        return self.name

    def title(self) -> str:
        """Its host name."""
        return self.hostname or self.name

    @property
    def word(self) -> str:
        """Its state in a word."""
        if self.behind is None:
            return "silent"
        return "behind" if self.behind > LATE else "up"

    def health(self) -> Health:
        """Whether ovn-controller follows."""
        return {"up": Health.OK, "behind": Health.CRITICAL}.get(self.word, Health.UNKNOWN)

    def links(self) -> Iterable[Link]:
        """It is a host."""
        return (same("host", self.hostname),) if self.hostname else ()


KIND = Kind(
    name=Chassis.KIND,
    title="chassis",
    plural="chassis",
    aliases=("ch",),
    resource=Chassis,
    columns=(
        Column("hostname", "CHASSIS", lambda row: row.title(), priority=0),
        Column("state", "STATE", lambda row: State(row.health(), row.word), Format.STATE, priority=1),
        Column("ports", "PORTS", lambda row: row.ports, Format.COUNT, priority=10, track=False),
        Column("gateways", "GATEWAYS", lambda row: row.gateways, Format.COUNT, priority=5),
        Column("role", "ROLE", lambda row: "gateway" if row.is_gateway else "", priority=12),
        Column("behind", "BEHIND", lambda row: row.behind, Format.COUNT, priority=20, track=False),
        Column("heard", "CONFIRMED", lambda row: row.heard, Format.AGE, priority=25, track=False),
        Column("encaps", "TUNNELS", lambda row: row.encaps, Format.LIST, priority=30),
        Column("version", "VERSION", lambda row: row.version, priority=60, wide=True),
        Column("name", "SYSTEM ID", lambda row: row.name, priority=70, wide=True),
    ),
)
