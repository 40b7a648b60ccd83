"""Flavors: the sizes of servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Kind, Resource


class Flavor(Resource):
    """Decoded from ``GET /flavors/detail``."""

    KIND: ClassVar[str] = "openstack.flavor"

    id: str
    name: str = ""
    vcpus: int = 0
    ram: int = 0
    """MiB"""
    disk: int = 0
    """GiB"""
    ephemeral: int = msgspec.field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    is_public: bool = msgspec.field(name="os-flavor-access:is_public", default=True)
    extra_specs: dict[str, str] = msgspec.field(default_factory=dict)

    def key(self) -> str:
        return self.id

    def title(self) -> str:
        return self.name or self.id

    def labels(self) -> Mapping[str, str]:
        return self.extra_specs


def _specs(flavor: Flavor) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in sorted(flavor.extra_specs.items()))


FLAVOR = Kind(
    name=Flavor.KIND,
    title="flavor",
    plural="flavors",
    aliases=("fl",),
    resource=Flavor,
    quiet=True,
    columns=(
        Column("name", "NAME", lambda f: f.title(), priority=0),
        Column("vcpus", "VCPUS", lambda f: f.vcpus, Format.COUNT, priority=1),
        Column("ram", "RAM", lambda f: f.ram << 20, Format.BYTES, priority=2),
        Column("disk", "DISK", lambda f: f.disk << 30, Format.BYTES, priority=3),
        Column("public", "PUBLIC", lambda f: f.is_public, priority=20),
        Column("specs", "EXTRA SPECS", _specs, Format.LIST, priority=10, width=60),
        Column("id", "ID", lambda f: f.id, wide=True, priority=80),
    ),
)
