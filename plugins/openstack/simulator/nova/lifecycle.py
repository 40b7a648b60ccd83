"""Creating, changing and deleting servers."""

from __future__ import annotations

from typing import Any

from hsops.plugins.openstack.simulator.nova.part import LOST_NETWORK, Part
from hsops.plugins.openstack.simulator.nova.quotas import limits_of
from hsops.plugins.openstack.simulator.nova.rendering import Rendering
from hsops.plugins.openstack.simulator.service import Answer, Call, Refusal, Route, Service, new_request_id
from hsops.simulator.cloudvalues import Action, Flavor, Hypervisor, Project, Server
from hsops.simulator.population import new_server

NO_HOST = "No valid host was found. There are not enough hosts available."
BUILD_SECONDS = 2.0


class Lifecycle(Part):
    """POST, PUT and DELETE of servers."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._rendering = Rendering(self.world)

    def routes(self) -> list[Route]:
        """Create, rename, metadata, delete."""
        return [
            Route("POST", "/v2.1/servers", self._create),
            Route("PUT", "/v2.1/servers/{id}", self._update),
            Route("DELETE", "/v2.1/servers/{id}", self._delete),
            Route("POST", "/v2.1/servers/{id}/metadata", self._metadata),
        ]

    def _create(self, call: Call) -> Answer:
        wanted = call.part("server")
        project = call.caller.project
        if self.cloud.network_lost:
            raise Refusal(500, LOST_NETWORK)
        flavor = self.compute.flavors.get(str(wanted.get("flavorRef", "")))
        if flavor is None or project is None:
            raise Refusal(400, f"Flavor {wanted.get('flavorRef')} could not be found.")
        self._within_quota(project)
        server = new_server(self.compute, str(wanted.get("name", "")), project.id, call.caller.user.id, flavor)
        server.image = str(wanted.get("imageRef", ""))
        server.metadata = dict(wanted.get("metadata") or {})
        networks = [n.id for n in self.world.network.networks.values() if n.project == project.id]
        server.network = networks[0]
        self._place(call, server, self._host(wanted, flavor))
        answer = {
            "id": server.id,
            "links": self.links(f"servers/{server.id}"),
            "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{"name": "default"}],
            "adminPass": server.reservation[2:],
        }
        location = {"Location": f"{self.url}/v2.1/servers/{server.id}"}
        return Answer(202, {"server": answer}, location)

    def _within_quota(self, project: Project) -> None:
        limit, used = limits_of(project)["instances"], len(self.compute.by_project.get(project.id, {}))
        if 0 <= limit <= used:
            text = f"Quota exceeded for instances: Requested 1, but already used {used} of {limit} instances"
            raise Refusal(403, text)

    def _host(self, wanted: dict[str, Any], flavor: Flavor) -> Hypervisor | None:
        """Where it goes: a named host (also ``zone:host``), else the emptiest of the zone."""
        zone, _, named = str(wanted.get("availability_zone") or "").partition(":")
        named = str(wanted.get("host") or wanted.get("hypervisor_hostname") or named)
        fitting = [
            h
            for h in self.compute.hypervisors.values()
            if h.room(flavor)
            and self.compute.service_up(h.service)
            and (not named or h.host == named)
            # Naming zone and host goes past the scheduler, also onto a disabled host: the smoke test after a repair.
            and (h.service.enabled or ":" in str(wanted.get("availability_zone")))
            and (not zone or named or h.service.zone == zone)
        ]
        return min(fitting, key=lambda h: h.memory_used, default=None)

    def _place(self, call: Call, server: Server, hypervisor: Hypervisor | None) -> None:
        action = Action("create", new_request_id(), self.cloud.now, call.caller.user.id)
        action.event = "compute__do_build_and_run_instance"
        server.actions.append(action)
        server.power_state, server.vm_state = 0, "building"
        if hypervisor is None:
            server.status, server.vm_state = "ERROR", "error"
            server.fault = {"code": 500, "created": self.cloud.now, "message": NO_HOST}
            action.finish, action.message = self.cloud.now, "Error"
            self.compute.add(server)
            self.compute.touch(server)
            return
        server.host = action.host = hypervisor.host
        server.status, server.task_state = "BUILD", "spawning"
        self.compute.add(server)
        self.compute.after(server, BUILD_SECONDS)

    def _update(self, call: Call) -> Any:
        server, wanted = self.server(call), call.part("server")
        changes = {name: wanted[name] for name in ("name", "description") if name in wanted}
        self.compute.touch(server, **changes)
        return {"server": self._rendering.detail(server, call.version, self.url, admin=call.caller.admin)}

    def _metadata(self, call: Call) -> Any:
        server = self.server(call)
        self.compute.touch(server, metadata=server.metadata | call.part("metadata"))
        return {"metadata": server.metadata}

    def _delete(self, call: Call) -> Answer:
        server = self.server(call)
        server.actions.append(Action("delete", new_request_id(), self.cloud.now, call.caller.user.id))
        self.compute.touch(server, task_state="deleting")
        self.compute.after(server, 1.0)
        return Answer(204)
