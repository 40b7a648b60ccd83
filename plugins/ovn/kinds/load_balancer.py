"""A load balancer of OVN's own."""

from __future__ import annotations

from typing import ClassVar

from hsops.api import Column, Format, Kind, Resource


class LoadBalancer(Resource):
    """A ``Load_Balancer``: addresses in front, backends behind."""

    KIND: ClassVar[str] = "ovn.load_balancer"
    uuid: str
    name: str
    protocol: str = "tcp"
    vips: tuple[str, ...] = ()
    """``192.0.2.1:80``"""
    backends: int = 0

    def key(self) -> str:
        """Its UUID: names need not be unique."""
        return self.uuid

    def title(self) -> str:
        """Its name."""
        return self.name or self.uuid


KIND = Kind(
    name=LoadBalancer.KIND,
    title="OVN load balancer",
    plural="OVN load balancers",
    aliases=("ovnlb",),
    resource=LoadBalancer,
    columns=(
        Column("name", "LOAD BALANCER", lambda row: row.title(), priority=0),
        Column("protocol", "PROTOCOL", lambda row: row.protocol, priority=20),
        Column("vips", "ADDRESSES", lambda row: row.vips, Format.LIST, priority=5),
        Column("backends", "BACKENDS", lambda row: row.backends, Format.COUNT, priority=10),
        Column("uuid", "UUID", lambda row: row.uuid, priority=80, wide=True),
    ),
)
