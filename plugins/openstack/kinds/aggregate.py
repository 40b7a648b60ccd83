"""Host aggregates: groups of hosts for the scheduler; those with a zone make the availability zones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Kind, Link, Resource, about


class Aggregate(Resource):
    """Decoded from ``GET /os-aggregates``."""

    KIND: ClassVar[str] = "openstack.aggregate"

    id: int
    name: str = ""
    uuid: str = ""
    hosts: list[str] = msgspec.field(default_factory=list)
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    availability_zone: str | None = None

    def key(self) -> str:
        return self.name or str(self.id)

    def links(self) -> Iterable[Link]:
        for host in self.hosts:
            if host:
                yield about("host", host)

    def labels(self) -> Mapping[str, str]:
        return self.metadata


def _properties(aggregate: Aggregate) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in aggregate.metadata.items() if name != "availability_zone")


AGGREGATE = Kind(
    name=Aggregate.KIND,
    title="aggregate",
    plural="aggregates",
    aliases=("agg",),
    resource=Aggregate,
    columns=(
        Column("name", "NAME", lambda a: a.name, priority=0),
        Column("zone", "ZONE", lambda a: a.availability_zone, priority=5),
        Column("count", "HOSTS", lambda a: len(a.hosts), Format.COUNT, priority=10),
        Column("hosts", "MEMBERS", lambda a: tuple(a.hosts), Format.LIST, priority=20, width=60),
        Column("properties", "PROPERTIES", _properties, Format.LIST, priority=30, width=50),
        Column("id", "ID", lambda a: a.id, wide=True, priority=80),
    ),
)
