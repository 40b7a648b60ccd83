"""OpenStack of the simulated site: Keystone, Nova, Placement, Neutron and Glance, each on a port of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hsops.plugins.openstack.simulator.cloud import CLOUD, SYSTEM, Cloud
from hsops.plugins.openstack.simulator.glance import Glance
from hsops.plugins.openstack.simulator.keystone import Keystone
from hsops.plugins.openstack.simulator.masakari import Masakari
from hsops.plugins.openstack.simulator.neutron import Neutron
from hsops.plugins.openstack.simulator.nova import Nova
from hsops.plugins.openstack.simulator.placement import Placement
from hsops.plugins.openstack.simulator.service import Service
from hsops.simulator.face import HttpPort
from hsops.simulator.files import write_private
from hsops.simulator.population import ADMIN_PASSWORD
from hsops.simulator.world import World

SERVICES: tuple[type[Service], ...] = (Keystone, Nova, Placement, Neutron, Glance)


class OpenStackFace:
    """The face of the whole cloud. API faults name a service by its type: ``openstack/compute``.

    `masakari`: the cloud also has a service that evacuates dead hosts by itself.
    """

    name = SYSTEM

    def __init__(self, *, masakari: bool = False) -> None:
        self._services = (*SERVICES, Masakari) if masakari else SERVICES
        self._ports: list[HttpPort] = []
        self.cloud: Cloud | None = None
        """After `start`: URLs and tokens."""

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """Bind a port for each service, write a clouds.yaml, give the mapping for the site file."""
        cloud = self.cloud = Cloud(world)
        for kind in self._services:
            service = kind(cloud)
            port = HttpPort(world, SYSTEM, service.type, service.app(), service.error)
            self._ports.append(port)
            cloud.urls[service.type] = await port.start(host)
        cloud.register()
        mapping: dict[str, Any] = {"plugin": "openstack", "cloud": CLOUD}
        if world.folder is not None:
            mapping["config_file"] = str(_clouds_yaml(world.folder, cloud))
        return mapping

    async def stop(self) -> None:
        """Close all ports."""
        for port in self._ports:
            await port.stop()
        self._ports.clear()


def _clouds_yaml(folder: Path, cloud: Cloud) -> Path:
    """Two clouds: the administrator, and a plain member of one project who may do little."""
    users = {CLOUD: "admin", f"{CLOUD}-member": "viewer"}
    lines = ["clouds:"]
    for name, user_name in users.items():
        user = next(u for u in cloud.compute.users.values() if u.name == user_name)
        lines += [
            f"  {name}:",
            "    region_name: RegionOne",
            "    auth:",
            f"      auth_url: {cloud.urls['identity']}/v3",
            f"      username: {user.name}",
            f"      password: {ADMIN_PASSWORD}",
            f"      project_name: {cloud.compute.projects[user.project].name}",
            "      user_domain_name: Default",
            "      project_domain_name: Default",
        ]
    return write_private(folder / "clouds.yaml", "\n".join(lines) + "\n")
