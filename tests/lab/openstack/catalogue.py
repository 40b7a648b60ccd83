"""Users, roles, services and endpoints of the services themselves."""

from __future__ import annotations

from tests.lab.openstack.client import Cloud
from tests.lab.openstack.layout import PASSWORD, url

SERVICES = {
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "nova": ("compute", "/v2.1"),
    "neutron": ("network", ""),
}
"""Name, type, and the path of the endpoint."""


def fill(cloud: Cloud) -> None:
    """Whatever is missing."""
    project = ensure(cloud, "project", "service")
    roles = [ensure(cloud, "role", name) for name in ("admin", "service")]
    for name, (kind, path) in SERVICES.items():
        user = ensure(cloud, "user", name, password=PASSWORD)
        for role in roles:
            grant(cloud, project, user, role)
        service = ensure(cloud, "service", name, type=kind)
        if not cloud.get("identity", f"/endpoints?service_id={service}")["endpoints"]:
            for interface in ("public", "internal", "admin"):
                endpoint = {"service_id": service, "interface": interface, "region_id": "RegionOne"}
                body = {"endpoint": {**endpoint, "url": url(cloud.place, name, path)}}
                cloud.post("identity", "/endpoints", body)


def ensure(cloud: Cloud, kind: str, name: str, **more: object) -> str:
    """The id of a keystone object of this name, made when there is none."""
    for found in cloud.get("identity", f"/{kind}s?name={name}")[f"{kind}s"]:
        return str(found["id"])
    return str(cloud.post("identity", f"/{kind}s", {kind: {"name": name, **more}})[kind]["id"])


def grant(cloud: Cloud, project: str, user: str, role: str) -> None:
    """Give a user a role in a project; nothing happens when he has it."""
    cloud.call("PUT", "identity", f"/projects/{project}/users/{user}/roles/{role}")
