"""Single objects of nova: read one, act on one. What the actions and the workflows are made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from hsops.api import NotFound
from hsops.plugins.openstack.address import path
from hsops.plugins.openstack.kinds.migration import WAITS_FOR_CONFIRM, Migration
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.pages import Migrations, OneServer, Servers, Services

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

LIVE = "2.30"
"""The last one at which nova checks a target that is named, and where "no valid host" comes at once as a 400."""


async def server(cloud: OpenStack, id_: str) -> Server:
    """One server. Raises NotFound when it is deleted."""
    return (await cloud.fetch("compute", path("servers", id_), OneServer)).server


async def servers_on(cloud: OpenStack, host: str) -> Sequence[Server]:
    """Servers of every project and every state on a host: the raw query, which nova itself filters."""
    pages = await cloud.pages("compute", "/servers/detail", Servers, (("all_tenants", "1"), ("host", host)))
    return [row for _, page in pages for row in page.rows if not row.is_deleted]


async def service(cloud: OpenStack, host: str, binary: str = "nova-compute") -> Service:
    """The service of a host. Raises NotFound."""
    answer = await cloud.fetch("compute", "/os-services", Services, (("binary", binary), ("host", host)))
    for row in answer.rows:
        if (row.host, row.binary) == (host, binary):
            return row
    raise NotFound(f"there is no {binary} on it", system=cloud.system, thing=f"host {host}")


async def disable(cloud: OpenStack, row: Service, reason: str) -> None:
    """Take a service out of scheduling."""
    await cloud.write("compute", "PUT", path("os-services", row.id), {"status": "disabled", "disabled_reason": reason})


async def enable(cloud: OpenStack, row: Service) -> None:
    """Give a service back to the scheduler."""
    await cloud.write("compute", "PUT", path("os-services", row.id), {"status": "enabled"})


async def act(cloud: OpenStack, id_: str, action: object, *, version: str = "") -> None:
    """An action on a server: ``{"os-start": null}``. Raises Conflict when its state does not allow it."""
    await cloud.write("compute", "POST", path("servers", id_, "action"), action, version=version)


async def live_migrate(cloud: OpenStack, id_: str, to: str | None = None) -> None:
    """Begin a live migration. Raises Conflict when there is no valid host or the server is busy."""
    await act(cloud, id_, {"os-migrateLive": {"host": to or None, "block_migration": "auto"}}, version=LIVE)


async def migrations_of(cloud: OpenStack, id_: str) -> Sequence[Migration]:
    """A server's migrations that nova keeps, newest first."""
    pages = await cloud.pages("compute", "/os-migrations", Migrations, (("instance_uuid", id_),))
    return sorted((row for _, page in pages for row in page.rows), key=lambda row: -row.id)


async def running_migration(cloud: OpenStack, id_: str) -> Migration | None:
    """The live migration under way, with its memory figures; None when there is none."""
    answer = await cloud.fetch("compute", path("servers", id_, "migrations"), Migrations)
    return max(answer.rows, key=lambda row: row.id, default=None)


async def migrations_at(cloud: OpenStack, host: str) -> Sequence[Migration]:
    """Every migration from or to a host that is not over, those that wait for a confirmation as well."""
    at = (("host", host),)
    recent = await cloud.pages("compute", "/os-migrations", Migrations, (*at, *cloud.recent(time.time() - _WEEK)))
    waiting = await cloud.pages("compute", "/os-migrations", Migrations, (*at, ("status", WAITS_FOR_CONFIRM)))
    rows = {row.id: row for _, page in (*recent, *waiting) for row in page.rows}
    return [row for row in rows.values() if row.under_way or row.status == WAITS_FOR_CONFIRM]


async def abort_migration(cloud: OpenStack, id_: str, migration: int) -> None:
    """End a live migration. Raises Conflict when it is over already."""
    await cloud.write("compute", "DELETE", path("servers", id_, "migrations", str(migration)))


async def force_complete(cloud: OpenStack, id_: str, migration: int) -> None:
    """Pause the server so that its migration ends. Raises Conflict when it is over already."""
    body = {"force_complete": None}
    await cloud.write("compute", "POST", path("servers", id_, "migrations", str(migration), "action"), body)


_WEEK = 7 * 86400.0
"""Records of migrations whose host died stay `running` for ever: an old one is history."""


class _Group(msgspec.Struct):
    name: str = ""
    policy: str = ""
    policies: list[str] = []
    members: list[str] = []


class _Groups(msgspec.Struct):
    server_groups: list[_Group]
    links: list[dict[str, str]] = msgspec.field(name="server_groups_links", default_factory=list)

    @property
    def next(self) -> str:
        """Link to the next page."""
        return next((link.get("href", "") for link in self.links if link.get("rel") == "next"), "")


async def group_policies(cloud: OpenStack) -> dict[str, tuple[str, int]]:
    """Policy of the server group of each server (``anti-affinity``) and the number of its members."""
    pages = await cloud.pages("compute", "/os-server-groups", _Groups, (("all_projects", "True"),))
    found = {}
    for _, page in pages:
        for group in page.server_groups:
            policy = group.policy or next(iter(group.policies), "")
            found.update({member: (policy, len(group.members)) for member in group.members})
    return found
