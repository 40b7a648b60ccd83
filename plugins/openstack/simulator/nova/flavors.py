"""Flavors; and the lists that are always empty here."""

from __future__ import annotations

from typing import Any

from hsops.plugins.openstack.simulator.nova.part import Part, since
from hsops.plugins.openstack.simulator.service import Call, Refusal, Route
from hsops.simulator.cloudvalues import Flavor


class Flavors(Part):
    """Flavors, key pairs, server groups."""

    def routes(self) -> list[Route]:
        """Reads only."""
        return [
            Route("GET", "/v2.1/flavors", self._list),
            Route("GET", "/v2.1/flavors/detail", self._detail),
            Route("GET", "/v2.1/flavors/{id}", self._show),
            Route("GET", "/v2.1/flavors/{id}/os-extra_specs", self._specs),
            Route("GET", "/v2.1/os-keypairs", lambda call: {"keypairs": []}),
            Route("GET", "/v2.1/os-server-groups", lambda call: {"server_groups": []}),
        ]

    def _short(self, call: Call, flavor: Flavor) -> dict[str, Any]:
        found: dict[str, Any] = {"id": flavor.id, "name": flavor.name, "links": self.links(f"flavors/{flavor.id}")}
        return found | ({"description": None} if since(call.version, 55) else {})

    def _row(self, call: Call, flavor: Flavor) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": flavor.id,
            "name": flavor.name,
            "ram": flavor.ram,
            "disk": flavor.disk,
            "swap": 0 if since(call.version, 75) else "",
            "OS-FLV-EXT-DATA:ephemeral": 0,
            "OS-FLV-DISABLED:disabled": False,
            "vcpus": flavor.vcpus,
            "os-flavor-access:is_public": True,
            "rxtx_factor": 1.0,
            "links": self.links(f"flavors/{flavor.id}"),
        }
        if since(call.version, 55):
            found["description"] = None
        return found | ({"extra_specs": {}} if since(call.version, 61) else {})

    def _pages(self, call: Call) -> tuple[list[Flavor], dict[str, Any]]:
        rows = sorted(self.compute.flavors.values(), key=lambda f: f.id)
        page, more = self.page(call, rows)
        more = more and "limit" in call.query
        return page, self.next_link(call, "flavors", page[-1].id, more=more) if page else {}

    def _list(self, call: Call) -> Any:
        page, links = self._pages(call)
        return {"flavors": [self._short(call, flavor) for flavor in page], **links}

    def _detail(self, call: Call) -> Any:
        page, links = self._pages(call)
        return {"flavors": [self._row(call, flavor) for flavor in page], **links}

    def _find(self, call: Call) -> Flavor:
        flavor = self.compute.flavors.get(call["id"])
        if flavor is None:
            raise Refusal(404, f"Flavor {call['id']} could not be found.")
        return flavor

    def _show(self, call: Call) -> Any:
        return {"flavor": self._row(call, self._find(call))}

    def _specs(self, call: Call) -> Any:
        self._find(call)
        return {"extra_specs": {}}
