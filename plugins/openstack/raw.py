"""Whole objects, for the YAML view."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hsops.api import HsopsError, NotFound, Ref
from hsops.plugins.openstack.address import path

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack
    from hsops.plugins.openstack.http import Query


async def raw(cloud: OpenStack, ref: Ref) -> Mapping[str, Any]:
    """The object as the services have it. Raises NotFound when it is gone."""
    kind = ref.kind.partition(".")[2]
    readers = {"server": _server, "hypervisor": _hypervisor, "project": _project, "flavor": _flavor}
    if kind in readers:
        return await readers[kind](cloud, ref.id)
    return await _member(cloud, kind, ref.id)


async def _whole(cloud: OpenStack, service: str, where: str, query: Query = ()) -> Mapping[str, Any]:
    return await cloud.fetch(service, where, dict[str, Any], query)


async def _server(cloud: OpenStack, id_: str) -> Mapping[str, Any]:
    answer = await _whole(cloud, "compute", path("servers", id_))
    found: Mapping[str, Any] = answer.get("server", answer)
    return found


async def _hypervisor(cloud: OpenStack, name: str) -> Mapping[str, Any]:
    """Nova's object with placement's inventories, usages and traits beside it."""
    found = await _first(cloud, "/os-hypervisors/detail", "hypervisors", lambda one: one["hypervisor_hostname"] == name)
    beside: dict[str, Any] = {}
    for part in ("inventories", "usages", "traits"):
        try:
            answer = await _whole(cloud, "placement", path("resource_providers", str(found["id"]), part))
            beside[part] = answer.get(part)
        except HsopsError as error:
            beside[part] = f"not available: {error.what}"
    return {**found, "placement": beside}


async def _project(cloud: OpenStack, id_: str) -> Mapping[str, Any]:
    answer = await _whole(cloud, "identity", path("projects", id_))
    found: dict[str, Any] = dict(answer.get("project", answer))
    try:
        found["compute_quota"] = (await _whole(cloud, "compute", path("os-quota-sets", id_, "detail"))).get("quota_set")
    except HsopsError as error:
        found["compute_quota"] = f"not available: {error.what}"
    return found


async def _flavor(cloud: OpenStack, id_: str) -> Mapping[str, Any]:
    answer = await _whole(cloud, "compute", path("flavors", id_))
    found: Mapping[str, Any] = answer.get("flavor", answer)
    return found


async def _member(cloud: OpenStack, kind: str, id_: str) -> Mapping[str, Any]:
    """Objects that nova only lists."""
    if kind == "service":
        binary, _, host = id_.partition("@")
        return await _first(
            cloud, "/os-services", "services", lambda one: (one["binary"], one["host"]) == (binary, host)
        )
    if kind == "aggregate":
        return await _first(cloud, "/os-aggregates", "aggregates", lambda one: one["name"] == id_)
    recent = cloud.recent(time.time() - cloud.options.history * 3600)
    return await _first(
        cloud, "/os-migrations", "migrations", lambda one: id_ in (one.get("uuid"), str(one["id"])), recent
    )


async def _first(cloud: OpenStack, where: str, name: str, match: Any, query: Query = ()) -> Mapping[str, Any]:
    answer = await _whole(cloud, "compute", where, query)
    for one in answer.get(name, ()):
        if match(one):
            found: Mapping[str, Any] = one
            return found
    raise NotFound("it is not there (any more)", system=cloud.system, thing=where)
