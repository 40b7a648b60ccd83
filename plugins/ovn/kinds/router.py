"""A logical router."""

from __future__ import annotations

from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Resource, State


class Router(Resource):
    """A ``Logical_Router``; counts are of what it refers to."""

    KIND: ClassVar[str] = "ovn.router"
    uuid: str
    name: str
    label: str = ""
    """Neutron's name of it."""
    enabled: bool = True
    ports: int = 0
    nats: int = 0
    routes: int = 0
    gateways: tuple[str, ...] = ()
    """Names of its gateway ports."""
    stranded: int = 0
    """Gateway ports that no chassis holds."""

    def key(self) -> str:
        """Its UUID: names need not be unique."""
        return self.uuid

    def title(self) -> str:
        """The name a person knows."""
        return self.label or self.name or self.uuid

    @property
    def word(self) -> str:
        """Its state in a word."""
        if not self.enabled:
            return "disabled"
        return "cut off" if self.stranded else "up"

    def health(self) -> Health:
        """Cut off: a gateway port of it is nowhere."""
        return {"disabled": Health.MAINTENANCE, "cut off": Health.CRITICAL}.get(self.word, Health.OK)


KIND = Kind(
    name=Router.KIND,
    title="logical router",
    plural="logical routers",
    aliases=("lr",),
    resource=Router,
    columns=(
        Column("name", "ROUTER", lambda row: row.title(), priority=0),
        Column("state", "STATE", lambda row: State(row.health(), row.word), Format.STATE, priority=1),
        Column("ports", "PORTS", lambda row: row.ports, Format.COUNT, priority=10),
        Column("gateways", "GATEWAY PORTS", lambda row: row.gateways, Format.LIST, priority=8),
        Column("nats", "NAT", lambda row: row.nats, Format.COUNT, priority=15),
        Column("routes", "ROUTES", lambda row: row.routes, Format.COUNT, priority=20),
        Column("uuid", "UUID", lambda row: row.uuid, priority=80, wide=True),
    ),
)
