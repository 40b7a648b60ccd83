"""A logical switch: a network."""

from __future__ import annotations

from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Resource, State


class Switch(Resource):
    """A ``Logical_Switch`` with counts of its ports."""

    KIND: ClassVar[str] = "ovn.switch"
    uuid: str
    name: str
    label: str = ""
    """Neutron's name of the network."""
    ports: int = 0
    up: int = 0
    """Ports of machines that are up."""
    down: int = 0
    """Ports that are bound and not up."""
    physical: tuple[str, ...] = ()
    """Physical networks it reaches by its localnet ports."""

    def key(self) -> str:
        """Its UUID: names need not be unique."""
        return self.uuid

    def title(self) -> str:
        """The name a person knows."""
        return self.label or self.name or self.uuid

    def health(self) -> Health:
        """A warning while ports that are bound are not up."""
        return Health.WARN if self.down else Health.OK


KIND = Kind(
    name=Switch.KIND,
    title="logical switch",
    plural="logical switches",
    aliases=("ls", "lswitch"),
    resource=Switch,
    columns=(
        Column("name", "SWITCH", lambda row: row.title(), priority=0),
        Column(
            "state", "STATE", lambda row: State(row.health(), f"{row.down} down" if row.down else "up"),
            Format.STATE, priority=1,
        ),
        Column("ports", "PORTS", lambda row: row.ports, Format.COUNT, priority=10),
        Column("up", "UP", lambda row: row.up, Format.COUNT, priority=12, track=False),
        Column("physical", "PHYSICAL", lambda row: row.physical, Format.LIST, priority=20),
        Column("uuid", "UUID", lambda row: row.uuid, priority=80, wide=True),
    ),
)  # fmt: skip
