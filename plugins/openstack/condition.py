"""How the cloud is: whether each service really answers, not only whether its port is open."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hsops.api import AuthFailed, Forbidden, Health, HsopsError, SystemHealth

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

PROJECTS = {"compute": "nova", "network": "neutron", "placement": "placement", "identity": "keystone"}
_PROBES = {
    # each goes through the service's middleware to its database, for a few hundred bytes
    "compute": ("/flavors", (("limit", "1"),)),
    "network": ("/networks", (("limit", "1"), ("fields", "id"))),
    "placement": ("/resource_classes", ()),
    "identity": ("/auth/projects", ()),
}


async def trouble(cloud: OpenStack, service: str) -> HsopsError | None:
    """What is wrong with a service; None when it answers. A refusal (403) is an answer too."""
    path, query = _PROBES[service]
    try:
        await cloud.ask(service, "GET", path, query=query)
    except Forbidden:
        return None
    except AuthFailed:
        raise
    except HsopsError as error:
        return error
    return None


async def health(cloud: OpenStack) -> SystemHealth:
    """Nova must answer, else its error is raised; others that do not are named."""
    troubles = await asyncio.gather(*(trouble(cloud, service) for service in ("compute", "network", "placement")))
    version = f"compute {cloud.versions['compute']}"
    if troubles[0] is not None:
        raise troubles[0]
    dead = [f"{PROJECTS[name]} does not answer: {error.what}" for name, error in _named(troubles[1:]) if error]
    if dead:
        return SystemHealth(Health.CRITICAL, "; ".join(dead), version)
    return SystemHealth(Health.OK, "nova, neutron and placement answer", version)


def _named(troubles: list[HsopsError | None]) -> list[tuple[str, HsopsError | None]]:
    return list(zip(("network", "placement"), troubles, strict=True))
