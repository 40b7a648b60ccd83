"""POST /servers/{id}/action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hsops.plugins.openstack.simulator.nova.lifecycle import NO_HOST
from hsops.plugins.openstack.simulator.nova.part import Part, since
from hsops.plugins.openstack.simulator.service import Answer, Call, Refusal, Route, Service, new_request_id
from hsops.simulator.cloudvalues import Action, Server
from hsops.simulator.migration import NoValidHost

MIGRATION_ERROR = (
    "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if "
    "possible.\n<class 'nova.exception_Remote.MigrationError_Remote'>"
)


class Actions(Part):
    """What can be done with a server."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._do: dict[str, Callable[[Call, Server, Any], Answer]] = {
            "os-migrateLive": self._live,
            "migrate": self._cold,
            "resize": self._resize,
            "confirmResize": self._confirm,
            "revertResize": self._revert,
            "evacuate": self._evacuate,
            "os-start": self._start,
            "os-stop": self._stop,
            "reboot": self._reboot,
            "pause": self._pause,
            "unpause": self._unpause,
            "lock": self._lock,
            "unlock": self._unlock,
            "forceDelete": self._force_delete,
            "os-resetState": self._reset,
            "os-getConsoleOutput": self._console,
        }

    def routes(self) -> list[Route]:
        """One route for all."""
        return [Route("POST", "/v2.1/servers/{id}/action", self._action)]

    def _action(self, call: Call) -> Answer:
        if not isinstance(call.body, dict) or len(call.body) != 1:
            raise Refusal(400, "Malformed request body")
        name, arguments = next(iter(call.body.items()))
        if name not in self._do:
            raise Refusal(400, f"There is no such action: {name}")
        return self._do[name](call, self.server(call), arguments)

    # -- checks and log --------------------------------------------------------------------------------------------
    @staticmethod
    def _need(server: Server, verb: str, *states: str) -> None:
        """The server rests in one of these vm_states. Raises Refusal 409."""
        if server.vm_state not in states:
            raise Refusal(409, f"Cannot '{verb}' instance {server.id} while it is in vm_state {server.vm_state}")
        if server.task_state is not None:
            raise Refusal(409, f"Cannot '{verb}' instance {server.id} while it is in task_state {server.task_state}")

    def _note(self, call: Call, server: Server, name: str, event: str = "") -> Action:
        action = Action(name, new_request_id(), self.cloud.now, call.caller.user.id)
        action.event, action.host = event or f"compute_{name}_instance", server.host
        server.actions.append(action)
        return action

    def _known_host(self, name: str | None) -> None:
        if name is not None and name not in self.compute.hypervisors:
            raise Refusal(400, f"Compute host {name} could not be found.")

    # -- moving ----------------------------------------------------------------------------------------------------
    def _live(self, call: Call, server: Server, arguments: Any) -> Answer:
        call.admin("os_compute_api:os-migrate-server:migrate_live")
        self._need(server, "os-migrateLive", "active", "paused")
        host = arguments.get("host")
        self._known_host(host)
        action = self._note(call, server, "live-migration", "conductor_live_migrate_instance")
        if self.cloud.network_lost:
            action.finish, action.message = self.cloud.now, "Error"
            self.world.movements.record(server, "live-migration", host or "", "error")
            self.compute.touch(server, status="ERROR", vm_state="error")
            raise Refusal(500, MIGRATION_ERROR)
        if self.compute.host_status(server.host) == "DOWN":
            raise Refusal(400, f"Compute service of {server.host} is unavailable at this time.")
        try:
            self.world.movements.live(server, host)
        except NoValidHost as error:
            action.finish, action.message = self.cloud.now, "Error"
            raise Refusal(400, NO_HOST) from error
        return Answer(202)

    def _cold(self, call: Call, server: Server, arguments: Any) -> Answer:
        call.admin("os_compute_api:os-migrate-server:migrate")
        self._need(server, "migrate", "active", "stopped")
        host = arguments.get("host") if isinstance(arguments, dict) else None
        self._known_host(host)
        self._note(call, server, "migrate", "cold_migrate")
        self.world.movements.cold(server, host=host)
        return Answer(202)

    def _resize(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "resize", "active", "stopped")
        flavor = self.compute.flavors.get(str(arguments.get("flavorRef")))
        if flavor is None:
            raise Refusal(400, "Unable to locate requested flavor.")
        if flavor.id == server.flavor.id:
            raise Refusal(400, "When resizing, instances must change flavor!")
        self._note(call, server, "resize", "cold_migrate")
        self.world.movements.cold(server, flavor)
        return Answer(202)

    def _confirm(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "confirmResize", "resized")
        self._note(call, server, "confirmResize")
        self.world.movements.confirm(server)
        return Answer(204)

    def _revert(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "revertResize", "resized")
        self._note(call, server, "revertResize")
        self.world.movements.revert(server)
        return Answer(202)

    def _evacuate(self, call: Call, server: Server, arguments: Any) -> Answer:
        call.admin("os_compute_api:os-evacuate")
        if server.vm_state not in ("active", "stopped", "error"):  # whatever its task was when the host died
            raise Refusal(409, f"Cannot 'evacuate' instance {server.id} while it is in vm_state {server.vm_state}")
        if self.compute.host_status(server.host) != "DOWN":
            raise Refusal(400, f"Compute service of {server.host} is still in use.")
        self._known_host(arguments.get("host"))
        self._note(call, server, "evacuate", "rebuild_server")
        try:
            self.world.movements.evacuate(server, arguments.get("host"))
        except NoValidHost as error:
            raise Refusal(400, NO_HOST) from error
        return Answer(200) if since(call.version, 14) else Answer(200, {"adminPass": server.reservation[2:]})

    # -- power -----------------------------------------------------------------------------------------------------
    def _pass(self, server: Server, **changes: Any) -> Answer:
        """Into a state that ends by itself."""
        self.compute.touch(server, **changes)
        self.compute.after(server, self.world.movements.pace.power)
        return Answer(202)

    def _start(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "start", "stopped")
        self._note(call, server, "start")
        return self._pass(server, task_state="powering-on")

    def _stop(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "stop", "active", "error")
        self._note(call, server, "stop")
        return self._pass(server, task_state="powering-off")

    def _reboot(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "reboot", "active", "stopped", "error")
        hard = str(arguments.get("type", "")).upper() == "HARD"
        self._note(call, server, "reboot")
        status, task = ("HARD_REBOOT", "rebooting_hard") if hard else ("REBOOT", "rebooting")
        return self._pass(server, status=status, task_state=task)

    def _pause(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "pause", "active")
        self.compute.touch(server, status="PAUSED", vm_state="paused", power_state=3)
        return Answer(202)

    def _unpause(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._need(server, "unpause", "paused")
        self.compute.touch(server, status="ACTIVE", vm_state="active", power_state=1)
        return Answer(202)

    # -- the rest --------------------------------------------------------------------------------------------------
    def _lock(self, call: Call, server: Server, arguments: Any) -> Answer:
        reason = arguments.get("locked_reason") if isinstance(arguments, dict) else None
        self.compute.touch(server, locked=True, locked_reason=reason)
        return Answer(202)

    def _unlock(self, call: Call, server: Server, arguments: Any) -> Answer:
        self.compute.touch(server, locked=False, locked_reason=None)
        return Answer(202)

    def _force_delete(self, call: Call, server: Server, arguments: Any) -> Answer:
        self._note(call, server, "forceDelete")
        self.compute.delete(server)
        return Answer(202)

    def _reset(self, call: Call, server: Server, arguments: Any) -> Answer:
        call.admin("os_compute_api:os-admin-actions:reset_state")
        state = str(arguments.get("state"))
        self.compute.touch(server, status=state.upper(), vm_state=state, task_state=None)
        return Answer(202)

    def _console(self, call: Call, server: Server, arguments: Any) -> Answer:
        return Answer(200, {"output": "Welcome to the simulated guest\n\nlogin: "})
