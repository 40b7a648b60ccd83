"""What the parts of nova share: the world at hand, links, paging."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from hsops.plugins.openstack.simulator.cloud import Cloud
from hsops.plugins.openstack.simulator.service import Call, Refusal, Route, Service, Version
from hsops.simulator.cloudvalues import Server
from hsops.simulator.compute import Compute
from hsops.simulator.world import World

MOST = 1000
"""Rows that one answer holds at most (`osapi_max_limit`)."""
LOST_NETWORK = (
    "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if "
    "possible.\n<class 'keystoneauth1.exceptions.connection.ConnectFailure'>"
)


class Part:
    """A group of routes of nova."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.cloud: Cloud = service.cloud
        self.world: World = service.world
        self.compute: Compute = service.world.compute

    def routes(self) -> list[Route]:
        """The routes of this part."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """URL of nova, without a path."""
        return self.service.url

    def links(self, path: str) -> list[dict[str, str]]:
        """Self and bookmark of ``servers/ID``."""
        return [
            {"rel": "self", "href": f"{self.url}/v2.1/{path}"},
            {"rel": "bookmark", "href": f"{self.url}/{path}"},
        ]

    def next_link(self, call: Call, name: str, marker: str, *, more: bool) -> dict[str, Any]:
        """``servers_links`` while the page is full; it repeats the query."""
        if not more:
            return {}
        query = [(key, value) for key, value in call.query.items() if key not in ("marker", "limit")]
        query += [("limit", call.query["limit"])] if "limit" in call.query else []
        query.append(("marker", marker))
        href = f"{self.url}{call.request.path}?{urlencode(query)}"
        return {f"{name}_links": [{"rel": "next", "href": href}]}

    def limit(self, call: Call) -> int:
        """Rows in this answer."""
        return min(MOST, call.number("limit", MOST))

    def page(self, call: Call, rows: Iterable[Any], key: str = "id") -> tuple[list[Any], bool]:
        """The rows after the marker, as many as the limit allows, and whether the page is full."""
        marker, limit = call.query.get("marker"), self.limit(call)
        rows = list(rows)
        if marker is not None:
            place = next((i for i, row in enumerate(rows) if str(getattr(row, key)) == marker), None)
            if place is None:
                raise Refusal(400, f"Marker {marker} could not be found.")
            rows = rows[place + 1 :]
        return rows[:limit], 0 < limit <= len(rows[:limit])

    def server(self, call: Call, name: str = "id") -> Server:
        """The server of the path. Raises Refusal 404, also when the caller may not see it."""
        server = self.compute.servers.get(call[name])
        if server is None or not self.visible(call, server):
            raise Refusal(404, f"Instance {call[name]} could not be found.")
        return server

    @staticmethod
    def visible(call: Call, server: Server) -> bool:
        """Administrators see all; others the servers of their project."""
        project = call.caller.project
        return call.caller.admin or (project is not None and project.id == server.project)


def strict(call: Call, known: Sequence[str]) -> None:
    """Refuse query parameters that are not known, as nova does for some lists."""
    for name in call.query:
        if name not in known:
            raise Refusal(400, f"Additional properties are not allowed ('{name}' was unexpected)")


def since(version: Version, minor: int) -> bool:
    """Whether the microversion is 2.`minor` or newer."""
    return version >= (2, minor)
