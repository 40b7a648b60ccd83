"""Single objects of nova: read one, act on one. What the actions and the workflows are made of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hsops.api import NotFound
from hsops.plugins.openstack.address import path, version
from hsops.plugins.openstack.kinds.migration import WAITS_FOR_CONFIRM, Migration
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.pages import Migrations, OneServer, Servers, Services

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

COLD_TO_HOST = "2.56"
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
    hint = "was it removed from nova? `hsops get service` lists all; a run can be resumed when it is back"
    raise NotFound(f"there is no {binary} on it", system=cloud.system, thing=f"host {host}", hint=hint)


async def force_down(cloud: OpenStack, row: Service, *, down: bool) -> None:
    """Say that a host is dead, so that its servers may be evacuated; or that it no longer is."""
    await cloud.write("compute", "PUT", path("os-services", row.id), {"forced_down": down})


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


async def cold_migrate(cloud: OpenStack, id_: str, to: str = "") -> None:
    """Begin a cold migration. A target is named where compute can do that."""
    named = bool(to) and version(cloud.versions["compute"]) >= version(COLD_TO_HOST)
    await act(cloud, id_, {"migrate": {"host": to} if named else None})


async def evacuate(cloud: OpenStack, id_: str, to: str = "") -> None:
    """Rebuild a server of a dead host elsewhere. Raises Conflict when its state or that of its host does not allow."""
    await act(cloud, id_, {"evacuate": {"host": to} if to else {}})


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
    recent = await migrations_since(cloud, host, time.time() - _WEEK)
    at = (("host", host), ("status", WAITS_FOR_CONFIRM))
    waiting = await cloud.pages("compute", "/os-migrations", Migrations, at)
    rows = {row.id: row for row in (*recent, *(row for _, page in waiting for row in page.rows))}
    return [row for row in rows.values() if row.under_way or row.status == WAITS_FOR_CONFIRM]


async def migrations_since(cloud: OpenStack, host: str, since: float) -> Sequence[Migration]:
    """Every migration from or to a host that changed since then (epoch seconds), newest first."""
    asked = (("host", host), *cloud.recent(since))
    pages = await cloud.pages("compute", "/os-migrations", Migrations, asked)
    return sorted((row for _, page in pages for row in page.rows), key=lambda row: -row.id)


async def abort_migration(cloud: OpenStack, id_: str, migration: int) -> None:
    """End a live migration. Raises Conflict when it is over already."""
    await cloud.write("compute", "DELETE", path("servers", id_, "migrations", str(migration)))


async def force_complete(cloud: OpenStack, id_: str, migration: int) -> None:
    """Pause the server so that its migration ends. Raises Conflict when it is over already."""
    body = {"force_complete": None}
    await cloud.write("compute", "POST", path("servers", id_, "migrations", str(migration), "action"), body)


_WEEK = 7 * 86400.0
"""Records of migrations whose host died stay `running` for ever: an old one is history."""
