"""Bodies of nova's lists: the rows and the link to the next page."""

from __future__ import annotations

import msgspec

from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.flavor import Flavor
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.project import Project, Quota
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service


class Linked(msgspec.Struct):
    """``[{"rel": "next", "href": …}]``"""

    href: str = ""
    rel: str = ""


def _next(links: list[Linked]) -> str:
    return next((link.href for link in links if link.rel == "next"), "")


class Servers(msgspec.Struct):
    """``GET /servers/detail``"""

    rows: list[Server] = msgspec.field(name="servers")
    links: list[Linked] = msgspec.field(name="servers_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return _next(self.links)


class OneServer(msgspec.Struct):
    """``GET /servers/ID``"""

    server: Server


class Hypervisors(msgspec.Struct):
    """``GET /os-hypervisors/detail``"""

    rows: list[Hypervisor] = msgspec.field(name="hypervisors")
    links: list[Linked] = msgspec.field(name="hypervisors_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return _next(self.links)


class Migrations(msgspec.Struct):
    """``GET /os-migrations`` and ``GET /servers/ID/migrations``"""

    rows: list[Migration] = msgspec.field(name="migrations")
    links: list[Linked] = msgspec.field(name="migrations_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return _next(self.links)


class Flavors(msgspec.Struct):
    """``GET /flavors/detail``"""

    rows: list[Flavor] = msgspec.field(name="flavors")
    links: list[Linked] = msgspec.field(name="flavors_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return _next(self.links)


class Services(msgspec.Struct):
    """``GET /os-services``, not paged"""

    rows: list[Service] = msgspec.field(name="services")


class Aggregates(msgspec.Struct):
    """``GET /os-aggregates``, not paged"""

    rows: list[Aggregate] = msgspec.field(name="aggregates")


class Projects(msgspec.Struct):
    """``GET /v3/projects``, not paged by keystone's drivers"""

    rows: list[Project] = msgspec.field(name="projects")


class QuotaAnswer(msgspec.Struct):
    """``GET /os-quota-sets/ID/detail``"""

    quota_set: Quota
