"""Compute services: nova-compute on every host, conductors and schedulers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, depends
from hsops.plugins.openstack.times import moment

OURS = "hsops:"
"""Every reason that hsops writes begins with it, then comes the id of the run."""


def service_health(status: str, state: str) -> Health:
    """Disabled is somebody's decision, whatever the state; enabled and down is a fault."""
    if status == "disabled":
        return Health.MAINTENANCE
    return Health.OK if state == "up" else Health.CRITICAL if state == "down" else Health.UNKNOWN


class Service(Resource):
    """Decoded from ``GET /os-services``."""

    KIND: ClassVar[str] = "openstack.service"

    binary: str
    host: str
    id: str = ""
    zone: str | None = None
    status: str = ""
    """enabled or disabled: whether new servers may come"""
    state: str = ""
    """up or down: whether it reports"""
    updated_at: str | None = None
    disabled_reason: str | None = None
    forced_down: bool = False

    @property
    def is_compute(self) -> bool:
        """Whether it runs servers."""
        return self.binary == "nova-compute"

    @property
    def is_ours(self) -> bool:
        """Whether hsops disabled it."""
        return self.status == "disabled" and (self.disabled_reason or "").startswith(OURS)

    def key(self) -> str:
        return f"{self.binary}@{self.host}"

    def title(self) -> str:
        return f"{self.binary} on {self.host}"

    def health(self) -> Health:
        return service_health(self.status, self.state)

    def links(self) -> Iterable[Link]:
        if self.host:
            yield depends("host", self.host)


def _state(service: Service) -> State:
    word = "forced down" if service.forced_down else service.state
    return State(service.health(), word)


SERVICE = Kind(
    name=Service.KIND,
    title="compute service",
    plural="compute services",
    aliases=("svc",),
    resource=Service,
    columns=(
        Column("host", "HOST", lambda s: s.host, priority=0),
        Column("binary", "BINARY", lambda s: s.binary, priority=2),
        Column("state", "STATE", _state, Format.STATE, priority=1),
        Column("status", "STATUS", lambda s: s.status, priority=3),
        Column("zone", "ZONE", lambda s: s.zone, priority=20),
        Column("reason", "DISABLED BECAUSE", lambda s: s.disabled_reason, priority=10, width=60),
        Column("updated", "REPORTED", lambda s: moment(s.updated_at), Format.AGE, priority=30, track=False),
        Column("id", "ID", lambda s: s.id, wide=True, priority=80),
    ),
)
