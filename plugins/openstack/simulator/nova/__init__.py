"""Nova 2.1 to 2.93."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hsops.plugins.openstack.simulator.nova.actions import Actions
from hsops.plugins.openstack.simulator.nova.aggregates import Aggregates
from hsops.plugins.openstack.simulator.nova.flavors import Flavors
from hsops.plugins.openstack.simulator.nova.hypervisors import Hypervisors
from hsops.plugins.openstack.simulator.nova.lifecycle import Lifecycle
from hsops.plugins.openstack.simulator.nova.migrations import Migrations
from hsops.plugins.openstack.simulator.nova.part import Part
from hsops.plugins.openstack.simulator.nova.quotas import Quotas
from hsops.plugins.openstack.simulator.nova.servers import Servers
from hsops.plugins.openstack.simulator.nova.services import Services
from hsops.plugins.openstack.simulator.service import (
    Call,
    Route,
    Service,
    Version,
    html,
    json_response,
)

FAULTS = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 409: "conflictingRequest", 413: "overLimit"}
PARTS: tuple[type[Part], ...] = (
    Servers, Lifecycle, Actions, Migrations, Services, Hypervisors, Aggregates, Flavors, Quotas,
)  # fmt: skip


class Nova(Service):
    """The compute service; its parts bring the routes."""

    type = "compute"
    oldest, newest = (2, 1), (2, 93)
    empty_type = "application/json"

    def routes(self) -> list[Route]:
        """Discovery, and all parts."""
        own = [
            Route("GET", "/", self._versions, public=True, plain=True),
            Route("GET", "/v2.1", self._version, public=True),
            Route("GET", "/v2.1/", self._version, public=True),
        ]
        return own + [route for part in PARTS for route in part(self).routes()]

    def error(self, request: web.Request, status: int, message: str) -> web.Response:
        """``{"itemNotFound": {"code": 404, "message": …}}``"""
        if status == 405:
            return html(404, "The resource could not be found.")
        body = {FAULTS.get(status, "computeFault"): {"code": status, "message": message}}
        response = json_response(status, body, "application/json; charset=UTF-8")
        if status == 406:  # nova echoes the version that it refuses
            response.headers.update(self._echo(self.wanted_version(request)))
        return response

    def wanted_version(self, request: web.Request) -> str:
        """The new header, or nova's own older one."""
        return super().wanted_version(request) or request.headers.get("X-OpenStack-Nova-API-Version", "")

    def version_headers(self, version: Version) -> Mapping[str, str]:
        """Both headers."""
        return self._echo(".".join(map(str, version)))

    @staticmethod
    def _echo(version: str) -> dict[str, str]:
        return {
            "Openstack-Api-Version": f"compute {version}",
            "X-Openstack-Nova-Api-Version": version,
            "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
        }

    def _v21(self, path: str) -> dict[str, Any]:
        return {
            "id": "v2.1",
            "status": "CURRENT",
            "version": "2.93",
            "min_version": "2.1",
            "updated": "2013-07-23T11:33:21Z",
            "links": [{"rel": "self", "href": f"{self.url}{path}"}],
        }

    def _versions(self, call: Call) -> dict[str, Any]:
        old = {**self._v21("/v2/"), "id": "v2.0", "status": "SUPPORTED", "version": "", "min_version": ""}
        old["updated"] = "2011-01-21T11:33:21Z"
        return {"versions": [old, self._v21("/v2.1/")]}

    def _version(self, call: Call) -> dict[str, Any]:
        version = self._v21("/v2.1/")
        version["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
        media = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}
        return {"version": {**version, "media-types": [media]}}


__all__ = ["Nova"]
