"""A logical switch port, and the chassis it is bound on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, about, depends


class Port(Resource):
    """A ``Logical_Switch_Port`` with its southbound ``Port_Binding``."""

    KIND: ClassVar[str] = "ovn.port"
    name: str
    type: str = ""
    """Empty: a virtual machine's or container's interface."""
    switch: str = ""
    addresses: tuple[str, ...] = ()
    up: bool | None = None
    enabled: bool = True
    chassis: str = ""
    """Host name; empty when it is bound nowhere."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    def key(self) -> str:
        """Its name, unique in the northbound database."""
        return self.name

    def title(self) -> str:
        """Neutron's name of it, if any."""
        return self.tags.get("neutron:port_name") or self.name

    @property
    def word(self) -> str:
        """Its state in a word."""
        if not self.enabled:
            return "disabled"
        if self.type not in ("", "virtual", "external"):
            return self.type
        if self.up:
            return "up"
        return "down" if self.chassis else "unbound"

    def health(self) -> Health:
        """Bound and not up is a fault; bound nowhere is a machine that is off."""
        return _HEALTH.get(self.word, Health.OK)

    def labels(self) -> Mapping[str, str]:
        """What the CMS wrote on it."""
        return self.tags

    def links(self) -> Iterable[Link]:
        """It suffers with its chassis and tells of its project."""
        if self.chassis:
            yield depends("host", self.chassis)
        if self.tags.get("neutron:project_id"):
            yield about("project", self.tags["neutron:project_id"])


_HEALTH = {"disabled": Health.MAINTENANCE, "down": Health.WARN, "unbound": Health.UNKNOWN}

KIND = Kind(
    name=Port.KIND,
    title="logical port",
    plural="logical ports",
    aliases=("lsp", "lport"),
    resource=Port,
    quiet=True,
    columns=(
        Column("name", "PORT", lambda row: row.title(), priority=0),
        Column("state", "STATE", lambda row: State(row.health(), row.word), Format.STATE, priority=1),
        Column("chassis", "CHASSIS", lambda row: row.chassis, priority=5),
        Column("switch", "SWITCH", lambda row: row.switch, priority=10),
        Column("addresses", "ADDRESSES", lambda row: row.addresses, Format.LIST, priority=15),
        Column("id", "ID", lambda row: row.name, priority=80, wide=True),
    ),
)
