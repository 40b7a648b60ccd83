"""What is in the cloud: projects with quotas, a network, an image, flavors, aggregates, servers on every host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.lab.errors import LabError
from tests.lab.openstack.catalogue import ensure, grant
from tests.lab.openstack.client import Cloud, login
from tests.lab.openstack.layout import HOSTS, PASSWORD
from tests.lab.place import Place
from tests.lab.waiting import wait_until


@dataclass(frozen=True)
class Project:
    """A tenant and what it runs."""

    name: str
    flavor: str
    servers: tuple[str, ...]
    quota: Mapping[str, int]
    """Instances, cores and ram (MiB)."""


PROJECTS = (
    Project("web", "m1.small", tuple(f"web-{n:02}" for n in range(1, 6)), {"instances": 10, "cores": 20, "ram": 51200}),
    Project("data", "m1.large", tuple(f"db-{n:02}" for n in range(1, 5)), {"instances": 5, "cores": 20, "ram": 81920}),
    Project("ci", "m1.tiny", tuple(f"ci-{n:02}" for n in range(1, 5)), {"instances": 40, "cores": 40, "ram": 40960}),
)
STOPPED = "ci-04"
MEMBER = "web-member"
"""A user who is a plain member of the first project."""
FLAVORS = {"m1.tiny": (1, 512, 1), "m1.small": (2, 4096, 20), "m1.large": (4, 16384, 80)}
"""Cores, MiB of memory, GB of disk."""
AGGREGATES = {"rack-a": HOSTS[:2], "rack-b": HOSTS[2:]}
NETWORK, IMAGE = "lab", "lab-image"


def fill(place: Place) -> None:
    """Whatever is missing; servers that ended in ERROR are made anew."""
    cloud = login(place)
    network, image = _network(cloud), _image(cloud)
    flavors = {name: _flavor(cloud, name) for name in FLAVORS}
    _aggregates(cloud)
    admin = ensure(cloud, "role", "admin")
    for project in PROJECTS:
        ident = ensure(cloud, "project", project.name, description=f"the {project.name} team")
        grant(cloud, ident, cloud.user, admin)
        cloud.call("PUT", "compute", f"/os-quota-sets/{ident}", {"quota_set": dict(project.quota)})
    _member(cloud)
    _servers(cloud, network, image, flavors)


def _network(cloud: Cloud) -> str:
    for found in cloud.get("network", f"/networks?name={NETWORK}")["networks"]:
        network = str(found["id"])
        break
    else:
        body = {"network": {"name": NETWORK, "shared": True}}
        network = str(cloud.post("network", "/networks", body)["network"]["id"])
    if not cloud.get("network", f"/subnets?network_id={network}")["subnets"]:
        subnet = {"name": NETWORK, "network_id": network, "ip_version": 4, "cidr": "10.20.0.0/18"}
        cloud.post("network", "/subnets", {"subnet": subnet})
    return network


def _image(cloud: Cloud) -> str:
    for found in cloud.get("image", f"/images?name={IMAGE}")["images"]:
        if found["status"] == "active":
            return str(found["id"])
        cloud.call("DELETE", "image", f"/images/{found['id']}")
    body = {"name": IMAGE, "disk_format": "raw", "container_format": "bare", "visibility": "public"}
    image = str(cloud.post("image", "/images", body)["id"])
    cloud.upload(image, bytes(4096))
    return image


def _flavor(cloud: Cloud, name: str) -> str:
    for found in cloud.get("compute", "/flavors")["flavors"]:
        if found["name"] == name:
            return str(found["id"])
    vcpus, ram, disk = FLAVORS[name]
    body = {"flavor": {"name": name, "vcpus": vcpus, "ram": ram, "disk": disk}}
    return str(cloud.post("compute", "/flavors", body)["flavor"]["id"])


def _aggregates(cloud: Cloud) -> None:
    known = {found["name"]: found for found in cloud.get("compute", "/os-aggregates")["aggregates"]}
    for name, hosts in AGGREGATES.items():
        found = known.get(name) or cloud.post("compute", "/os-aggregates", {"aggregate": {"name": name}})["aggregate"]
        for host in hosts:
            if host not in found.get("hosts", []):
                cloud.post("compute", f"/os-aggregates/{found['id']}/action", {"add_host": {"host": host}})


def _member(cloud: Cloud) -> None:
    user = ensure(cloud, "user", MEMBER, password=PASSWORD)
    grant(cloud, ensure(cloud, "project", PROJECTS[0].name), user, ensure(cloud, "role", "member"))


def servers(cloud: Cloud) -> dict[str, Any]:
    """All servers of all projects, by name."""
    return {one["name"]: one for one in cloud.get("compute", "/servers/detail?all_tenants=1")["servers"]}


def _servers(cloud: Cloud, network: str, image: str, flavors: Mapping[str, str]) -> None:
    found = servers(cloud)
    for name in [name for name, one in found.items() if one["status"] == "ERROR" and name in names()]:
        cloud.call("DELETE", "compute", f"/servers/{found[name]['id']}")
        wait_until(partial(_gone, cloud, name), f"the end of the broken server {name}")
    have = servers(cloud)
    made = [name for name in names() if name not in have]
    for project in PROJECTS:
        own = [name for name in project.servers if name in made]
        tenant = login(cloud.place, project.name) if own else cloud
        for name in own:
            what = {"flavorRef": flavors[project.flavor], "imageRef": image, "networks": [{"uuid": network}]}
            tenant.post("compute", "/servers", {"server": {"name": name, "host": home(name), **what}})
    wait_until(lambda: _settled(cloud, made), "the servers to be ACTIVE", pause=1)
    if STOPPED in made:
        cloud.post("compute", f"/servers/{servers(cloud)[STOPPED]['id']}/action", {"os-stop": None})
        wait_until(lambda: servers(cloud)[STOPPED]["status"] == "SHUTOFF", f"{STOPPED} to stop")


def _gone(cloud: Cloud, name: str) -> bool:
    return name not in servers(cloud)


def _settled(cloud: Cloud, made: list[str]) -> bool:
    """Asks for the names in BUILD first: details of many servers cost neutron more than the builds themselves."""
    if cloud.get("compute", "/servers?all_tenants=1&status=BUILD")["servers"]:
        return False
    found = servers(cloud)
    for name in made:
        if found[name]["status"] == "ERROR":
            raise LabError(f"openstack: server {name} is in ERROR: {found[name].get('fault')}")
    return all(found[name]["status"] == "ACTIVE" for name in made)


def home(name: str) -> str:
    """The host on which a server is made: one after the other."""
    return HOSTS[names().index(name) % len(HOSTS)]


def names() -> list[str]:
    """The servers that should be there."""
    return [name for project in PROJECTS for name in project.servers]
