"""A small server that must start on a host before anybody relies on it, and is deleted again.

It is made when the service is enabled again: from Train on placement shuts a disabled host out even for administrators
who name it, so nothing can be tried on it before. Backing out of the return disables the host as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import Conflict, Json, NotFound, Run, Sample, Unsupported
from hsops.plugins.openstack.address import path, version
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.pages import Flavors, Servers
from hsops.plugins.openstack.workflows.facts import Host
from hsops.plugins.openstack.workflows.journey import reason_of
from hsops.plugins.openstack.workflows.leaving import cloud_of

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

STARTS = 300.0
"""Seconds in which it must be ACTIVE, and in which it must be gone."""
TO_HOST = "2.74"
"""The first at which a server is made on a named host by the scheduler."""


class _Made(msgspec.Struct):
    id: str


class _Answer(msgspec.Struct):
    server: _Made


async def smallest(cloud: OpenStack) -> str:
    """Id of the flavor with the least memory that wants nothing of its host. Raises NotFound."""
    pages = await cloud.pages("compute", "/flavors/detail", Flavors)
    plain = [row for _, page in pages for row in page.rows if not row.extra_specs]
    if not plain:
        raise NotFound("there is no plain flavor to try the host with", system=cloud.system, thing="flavors")
    return min(plain, key=lambda row: (row.ram or 0, row.vcpus or 0, row.id)).id


async def try_out(run: Run, host: Host, image: str) -> None:
    """Make it, wait until it runs there, delete it."""
    name = f"hsops-smoke-{run.id}"
    flavor = await run.read("smallest flavor", lambda: smallest(cloud_of(run)))
    command = ["openstack", "--os-compute-api-version", TO_HOST, "server", "create", "--image", image]
    delete = ["openstack", "server", "delete", name]
    await run.step(
        "smoke server",
        do=lambda: _create(cloud_of(run), host, name, image, flavor),
        undo=lambda: _delete(cloud_of(run), name),
        command=[*command, "--flavor", flavor, "--nic", "none", "--host", host.host, name],
        undo_command=delete,
        text="does a server start there?",
        planned="",
    )
    await run.wait("smoke server runs", lambda: _runs(cloud_of(run), host, name), timeout=STARTS, stuck_after=STARTS)
    await run.step(
        "delete smoke server",
        do=lambda: _delete(cloud_of(run), name),
        command=delete,
        text="it has done its duty",
        planned="",
    )
    await run.wait("smoke server gone", lambda: _gone(cloud_of(run), name), timeout=STARTS, stuck_after=STARTS)


async def _named(cloud: OpenStack, name: str) -> Server | None:
    """Its own name has no character with a meaning in nova's pattern but the dash, which has none outside brackets."""
    query = (("all_tenants", "1"), ("name", f"^{name}$"))
    pages = await cloud.pages("compute", "/servers/detail", Servers, query)
    return next((row for _, page in pages for row in page.rows if row.name == name and not row.is_deleted), None)


async def _create(cloud: OpenStack, host: Host, name: str, image: str, flavor: str) -> Json:
    if version(cloud.versions["compute"]) < version(TO_HOST):
        raise Unsupported(
            f"compute speaks {cloud.versions['compute']}, a server on a named host needs {TO_HOST}",
            system=cloud.system,
            thing=host.host,
            hint="return the host without --smoke",
        )
    found = await _named(cloud, name)
    if found is not None:
        return found.id
    body: dict[str, Any] = {"name": name, "imageRef": image, "flavorRef": flavor, "networks": "none"}
    answer = await cloud.write("compute", "POST", "/servers", {"server": body | {"host": host.host}})
    return msgspec.json.decode(answer.body, type=_Answer).server.id


async def _runs(cloud: OpenStack, host: Host, name: str) -> Sample:
    row = await _named(cloud, name)
    if row is not None and row.status == "ERROR":
        raise Conflict(f"the smoke server did not start: {reason_of(row)}", system=cloud.system, thing=host.host)
    text = "not there yet" if row is None else f"{row.status} on {row.host}"
    return Sample(done=row is not None and (row.status, row.host) == ("ACTIVE", host.host), text=text)


async def _delete(cloud: OpenStack, name: str) -> Json:
    row = await _named(cloud, name)
    if row is None:
        return "gone already"
    await cloud.write("compute", "DELETE", path("servers", row.id))
    return "deleted"


async def _gone(cloud: OpenStack, name: str) -> Sample:
    row = await _named(cloud, name)
    return Sample(done=row is None, text="gone" if row is None else f"{row.status}")
