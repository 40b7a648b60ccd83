"""Where the services are and which microversion is spoken: from the catalogue and one look at each service's root."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import msgspec
from keystoneauth1.exceptions import EmptyCatalog, EndpointNotFound

from hsops.api import Unsupported
from hsops.plugins.openstack.address import version
from hsops.plugins.openstack.faults import Where
from hsops.plugins.openstack.login import Login

MASAKARI = "instance-ha"
SERVICES = ("compute", "placement", "network", "identity", MASAKARI)

COMPUTE = "2.90"
"""Highest compute microversion asked for: the newest whose answers are known here (BACKENDS: recorded at 2.90)."""
COMPUTE_FLOOR = "2.53"
"""Older ones number hypervisors and services: their ids mean nothing to placement."""
PLACEMENT = "1.38"
PLACEMENT_FLOOR = "1.10"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs by service, without a trailing slash."""

    urls: dict[str, str] = field(default_factory=dict)
    project: str = ""
    """Id of the project that the login is scoped to."""

    @property
    def has_masakari(self) -> bool:
        """Whether the cloud has something that evacuates dead hosts by itself."""
        return MASAKARI in self.urls

    def url(self, service: str, where: Where) -> str:
        """The base URL of a service. Raises Unsupported when the catalogue has none."""
        if service not in self.urls:
            raise where.error(
                Unsupported, f"the catalogue has no {service} endpoint", "check region, interface and the login's scope"
            )
        return self.urls[service]


def look_up(login: Login) -> Endpoints:
    """Log in and read the catalogue. Blocking."""
    urls = {}
    for service in SERVICES:
        found = login.overrides.get(service) or _from_catalogue(login, service)
        if found:
            urls[service] = _base(service, found)
    project = login.session.get_project_id() or ""
    return Endpoints(urls, project)


def _from_catalogue(login: Login, service: str) -> str | None:
    try:
        return login.session.get_endpoint(
            service_type=service, interface=login.interface, region_name=login.region, skip_discovery=True
        )
    except EmptyCatalog:
        raise  # the login has no project: nothing will be found
    except EndpointNotFound:
        return None


def _base(service: str, url: str) -> str:
    """The URL that paths are put behind. Catalogues name keystone and neutron with or without their version."""
    base = url.rstrip("/")
    if service == "identity" and not base.endswith("/v3"):
        return base.removesuffix("/v2.0") + "/v3"
    if service == "network" and not base.endswith("/v2.0"):
        return base + "/v2.0"
    return base


def root(service: str, url: str, project: str) -> str:
    """The URL of the version document: old catalogues put the project's id behind compute's."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix("/" + project) if project else parts.path.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, path + ("/" if service == "placement" else ""), "", ""))


class _Version(msgspec.Struct):
    version: str = ""
    max_version: str = ""
    min_version: str = ""


class VersionDocument(msgspec.Struct):
    """Answer of a service's root: compute names one version, placement a list."""

    version: _Version | None = None
    versions: list[_Version] = []

    @property
    def highest(self) -> str:
        """The newest microversion; ``0.0`` when there is none."""
        known = [self.version] if self.version is not None else self.versions
        return max((one.version or one.max_version or "0.0" for one in known), key=version, default="0.0")


def agree(service: str, highest: str, where: Where) -> str:
    """The microversion to speak. Raises Unsupported when the service is too old."""
    wanted, floor = (COMPUTE, COMPUTE_FLOOR) if service == "compute" else (PLACEMENT, PLACEMENT_FLOOR)
    if version(highest) < version(floor):
        raise where.error(
            Unsupported,
            f"{service} speaks microversions up to {highest}, at least {floor} is needed",
            "is the endpoint in the catalogue the versioned one (…/v2.1)?",
        )
    return min(wanted, highest, key=version)
