"""A gateway port: a router's port to the outside, held by one chassis of several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, depends


class Candidate(msgspec.Struct, frozen=True):
    """A chassis that may hold the port: the highest priority that is alive does."""

    chassis: str
    """Its system id."""
    hostname: str
    priority: int
    drained: bool = False
    """hsops has lowered its priority for a maintenance."""


class Gateway(Resource):
    """A ``Logical_Router_Port`` with gateway chassis, and where its ``chassisredirect`` binding is."""

    KIND: ClassVar[str] = "ovn.gateway"
    name: str
    router: str = ""
    networks: tuple[str, ...] = ()
    group: str = ""
    """HA_Chassis_Group, when it is one that decides; else the port's own Gateway_Chassis."""
    candidates: tuple[Candidate, ...] = ()
    """Highest priority first."""
    active: str = ""
    """Host name of the chassis that holds it; empty when none does."""

    def key(self) -> str:
        """Name of the router port."""
        return self.name

    @property
    def word(self) -> str:
        """Its state in a word."""
        if not self.active:
            return "nowhere"
        if self.candidates and self.active != self.candidates[0].hostname:
            return "moving" if self.candidates[0].priority == self._priority(self.active) else "failed over"
        return "alone" if len(self.candidates) < 2 else "active"

    def _priority(self, hostname: str) -> int | None:
        return next((one.priority for one in self.candidates if one.hostname == hostname), None)

    def health(self) -> Health:
        """Nowhere is an outage; failed over or without another candidate is a warning."""
        return {"active": Health.OK, "moving": Health.OK, "nowhere": Health.CRITICAL}.get(self.word, Health.WARN)

    def links(self) -> Iterable[Link]:
        """It suffers with the chassis that holds it."""
        return (depends("host", self.active),) if self.active else ()


KIND = Kind(
    name=Gateway.KIND,
    title="gateway port",
    plural="gateway ports",
    aliases=("gw", "gateway"),
    resource=Gateway,
    columns=(
        Column("name", "GATEWAY PORT", lambda row: row.name, priority=0),
        Column("state", "STATE", lambda row: State(row.health(), row.word), Format.STATE, priority=1),
        Column("active", "ACTIVE ON", lambda row: row.active, priority=2),
        Column("router", "ROUTER", lambda row: row.router, priority=10),
        Column(
            "candidates", "CANDIDATES", lambda row: tuple(f"{one.hostname}:{one.priority}" for one in row.candidates),
            Format.LIST, priority=8,
        ),
        Column("networks", "NETWORKS", lambda row: row.networks, Format.LIST, priority=20),
        Column("group", "HA GROUP", lambda row: row.group, priority=60, wide=True),
    ),
)  # fmt: skip
