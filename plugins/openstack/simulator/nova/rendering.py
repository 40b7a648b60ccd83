"""A server as nova writes it, and the cache of its bytes."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from functools import lru_cache
from typing import Any

import msgspec

from hsops.plugins.openstack.simulator.nova.part import since
from hsops.plugins.openstack.simulator.service import Version
from hsops.plugins.openstack.simulator.times import micro, rfc3339
from hsops.simulator.cloudvalues import Flavor, Server
from hsops.simulator.world import World

CACHE = 60_000
"""Servers whose bytes are kept."""


class Rendering:
    """Writes servers. Bytes of a server are kept until it, its host's state or the asked version changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._cache: OrderedDict[str, tuple[tuple[Any, ...], bytes]] = OrderedDict()
        self._encode = msgspec.json.Encoder().encode

    def encoded(self, server: Server, version: Version, url: str) -> bytes:
        """The bytes of a server in a detailed list, for an administrator."""
        state = self._world.compute.host_status(server.host)
        mark = (server.version, state, version)
        kept = self._cache.get(server.id)
        if kept is not None and kept[0] == mark:
            return kept[1]
        raw = self._encode(self.detail(server, version, url, admin=True))
        self._cache[server.id] = (mark, raw)
        if len(self._cache) > CACHE:
            self._cache.popitem(last=False)
        return raw

    def detail(self, server: Server, version: Version, url: str, *, admin: bool) -> dict[str, Any]:
        """Every field at that microversion."""
        gone = server.status == "DELETED"
        found: dict[str, Any] = {
            "id": server.id,
            "name": server.name,
            "status": server.status,
            "tenant_id": server.project,
            "user_id": server.user,
            "metadata": server.metadata,
            "hostId": host_id(server.project, server.host),
            "image": {"id": server.image, "links": [_bookmark(url, f"images/{server.image}")]},
            "flavor": _flavor(server.flavor, version, url),
            "created": rfc3339(server.created),
            "updated": rfc3339(server.updated),
            "addresses": {} if gone else self._addresses(server),
            "accessIPv4": "",
            "accessIPv6": "",
            "links": [
                {"rel": "self", "href": f"{url}/v2.1/servers/{server.id}"},
                _bookmark(url, f"servers/{server.id}"),
            ],
            "OS-DCF:diskConfig": "MANUAL",
        }
        if server.status in ("ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING", "REVERT_RESIZE"):
            found["progress"] = 0
        if server.fault is not None and server.status in ("ERROR", "DELETED"):
            found["fault"] = {**server.fault, "created": rfc3339(float(server.fault["created"]))}
        found |= self._states(server)
        if not gone:
            found["security_groups"] = [{"name": "default"}]
        return found | _newer(server, version) | (self._admins(server, version) if admin else {})

    def _addresses(self, server: Server) -> dict[str, Any]:
        network = self._world.network.networks.get(server.network)
        address = {"version": 4, "addr": server.address, "OS-EXT-IPS:type": "fixed"}
        return {network.name if network else "net": [{**address, "OS-EXT-IPS-MAC:mac_addr": server.mac}]}

    def _states(self, server: Server) -> dict[str, Any]:
        hypervisor = self._world.compute.hypervisors.get(server.host)
        return {
            "OS-EXT-AZ:availability_zone": hypervisor.service.zone if hypervisor else "",
            "config_drive": "",
            "key_name": server.key,
            "OS-SRV-USG:launched_at": micro(server.launched),
            "OS-SRV-USG:terminated_at": micro(server.terminated),
            "OS-EXT-STS:task_state": server.task_state,
            "OS-EXT-STS:vm_state": server.vm_state,
            "OS-EXT-STS:power_state": server.power_state,
            "os-extended-volumes:volumes_attached": [],
        }

    def _admins(self, server: Server, version: Version) -> dict[str, Any]:
        """What only administrators see."""
        found: dict[str, Any] = {
            "OS-EXT-SRV-ATTR:host": server.host or None,
            "OS-EXT-SRV-ATTR:instance_name": f"instance-{server.number:08x}",
            "OS-EXT-SRV-ATTR:hypervisor_hostname": server.host or None,
        }
        if since(version, 3):
            found |= {
                "OS-EXT-SRV-ATTR:reservation_id": server.reservation,
                "OS-EXT-SRV-ATTR:launch_index": 0,
                "OS-EXT-SRV-ATTR:hostname": hostname(server.name),
                "OS-EXT-SRV-ATTR:kernel_id": "",
                "OS-EXT-SRV-ATTR:ramdisk_id": "",
                "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
                "OS-EXT-SRV-ATTR:user_data": None,
            }
        if since(version, 16):
            found["host_status"] = "" if server.terminated else self._world.compute.host_status(server.host)
        return found


def _newer(server: Server, version: Version) -> dict[str, Any]:
    """Fields that came with microversions and that everybody sees."""
    found: dict[str, Any] = {}
    if since(version, 9):
        found["locked"] = server.locked
    if since(version, 73):
        found["locked_reason"] = server.locked_reason
    if since(version, 19):
        found["description"] = server.description
    if since(version, 26):
        found["tags"] = list(server.tags)
    if since(version, 63):
        found["trusted_image_certificates"] = None
    if since(version, 90):
        found["OS-EXT-SRV-ATTR:hostname"] = hostname(server.name)
    return found


def _flavor(flavor: Flavor, version: Version, url: str) -> dict[str, Any]:
    if not since(version, 47):
        return {"id": flavor.id, "links": [_bookmark(url, f"flavors/{flavor.id}")]}
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": 0,
        "swap": 0,
        "original_name": flavor.name,
        "extra_specs": {},
    }


def _bookmark(url: str, path: str) -> dict[str, str]:
    return {"rel": "bookmark", "href": f"{url}/{path}"}


@lru_cache(maxsize=100_000)
def host_id(project: str, host: str) -> str:
    """Nova's opaque name of a host for a project; empty without a host."""
    return hashlib.sha224(f"{project}{host}".encode()).hexdigest() if host else ""


def hostname(name: str) -> str:
    """What nova makes of a display name for the guest."""
    return re.sub(r"[^a-z0-9.-]", "", name[:63].lower().replace(" ", "-").replace("_", "-")).strip(".-") or "server"
