"""Flavors, server groups; and a list that is always empty here."""

from __future__ import annotations

from typing import Any

from hsops.plugins.openstack.simulator.nova.part import Part, since
from hsops.plugins.openstack.simulator.service import Call, Refusal, Route
from hsops.simulator.cloudvalues import Flavor, ServerGroup


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
            Route("GET", "/v2.1/os-server-groups", self._groups),
        ]

    def _groups(self, call: Call) -> Any:
        everybody = "all_projects" in call.query and call.caller.admin
        own = call.caller.project
        rows = [
            self._group(call, group)
            for group in self.compute.groups.values()
            if everybody or (own is not None and group.project == own.id)
        ]
        return {"server_groups": rows}

    def _group(self, call: Call, group: ServerGroup) -> dict[str, Any]:
        found: dict[str, Any] = {"id": group.id, "name": group.name}
        if since(call.version, 64):
            rules = {"max_server_per_host": group.per_host} if group.per_host > 1 else {}
            found |= {"policy": group.policy, "rules": rules}
        else:
            found |= {"policies": [group.policy], "metadata": {}}
        members = [member for member in group.members if member in self.compute.servers]
        return found | {"members": members, "project_id": group.project, "user_id": group.user}

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
