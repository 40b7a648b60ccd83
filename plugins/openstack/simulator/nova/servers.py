"""Lists of servers, one server, and what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from hsops.plugins.openstack.simulator.nova.part import LOST_NETWORK, Part, since
from hsops.plugins.openstack.simulator.nova.rendering import Rendering, host_id
from hsops.plugins.openstack.simulator.service import Answer, Call, Refusal, Route, Service
from hsops.plugins.openstack.simulator.times import micro, parse
from hsops.simulator.cloudvalues import Action, Server

TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


class Servers(Part):
    """Reading servers."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._rendering = Rendering(self.world)

    def routes(self) -> list[Route]:
        """Lists, one, its actions and attachments."""
        one = "/v2.1/servers/{id}"
        return [
            Route("GET", "/v2.1/servers", self._short),
            Route("GET", "/v2.1/servers/detail", self._detail),
            Route("GET", one, self._show),
            Route("GET", one + "/os-instance-actions", self._actions),
            Route("GET", one + "/os-instance-actions/{request}", self._action),
            Route("GET", one + "/os-interface", self._interfaces),
            Route("GET", one + "/os-volume_attachments", self._volumes),
            Route("GET", one + "/os-security-groups", self._security_groups),
            Route("GET", one + "/topology", lambda call: {"nodes": [], "pagesize_kb": None}),
            Route("GET", one + "/diagnostics", self._diagnostics),
        ]

    # -- lists -----------------------------------------------------------------------------------------------------
    def _short(self, call: Call) -> Any:
        servers, more = self._found(call)
        rows = [{"id": s.id, "name": s.name, "links": self.links(f"servers/{s.id}")} for s in servers]
        return {"servers": rows, **self._more(call, servers, more)}

    def _detail(self, call: Call) -> Any:
        if self.cloud.network_lost:
            raise Refusal(500, LOST_NETWORK)
        servers, more = self._found(call)
        links = self._more(call, servers, more)
        if not call.caller.admin:
            rows = [self._rendering.detail(s, call.version, self.url, admin=False) for s in servers]
            return {"servers": rows, **links}
        # Joined from kept bytes: a page of 1,000 must not cost 1,000 encodings every few seconds.
        rendered = b",".join([self._rendering.encoded(s, call.version, self.url) for s in servers])
        tail = b", " + msgspec.json.encode(links)[1:] if links else b"}"
        return Answer(200, b'{"servers": [' + rendered + b"]" + tail)

    def _more(self, call: Call, servers: list[Server], more: bool) -> dict[str, Any]:
        return self.next_link(call, "servers", servers[-1].id, more=more) if servers else {}

    def _found(self, call: Call) -> tuple[list[Server], bool]:
        limit = self.limit(call)
        keep = self._filter(call)
        page: list[Server] = []
        for server in self._candidates(call) if limit else ():
            if keep(server):
                page.append(server)
                if len(page) == limit:
                    break
        return page, bool(page) and len(page) == limit

    def _candidates(self, call: Call) -> Iterator[Server]:
        """Servers newest first, from the marker on, by the cheapest way to the ones that may be wanted."""
        below = self._marker(call)
        changes = call.query.get("changes-since")
        deleted = call.query.get("deleted", "").lower() in TRUE or call.query.get("status", "").lower() == "deleted"
        if changes is not None:
            found = iter(self.compute.changed_since(self._date(changes)))
        elif deleted:
            found = iter(sorted(self.compute.deleted.values(), key=lambda s: -s.number))
        elif "host" in call.query and call.caller.admin:
            here = self.compute.by_host.get(call.query["host"], {})
            found = iter(sorted(here.values(), key=lambda s: -s.number))
        else:
            yield from self.compute.newest_first(below)
            return
        yield from (server for server in found if below is None or server.number < below)

    def _marker(self, call: Call) -> int | None:
        marker = call.query.get("marker")
        if marker is None:
            return None
        server = self.compute.servers.get(marker) or self.compute.deleted.get(marker)
        if server is None:
            raise Refusal(400, f"marker [{marker}] not found")
        return server.number

    @staticmethod
    def _date(text: str) -> float:
        try:
            return float(int(parse(text)))
        except ValueError as error:
            raise Refusal(400, f"Invalid input for query parameters changes-since. Value: {text}. '{text}' is not a "
                               "'date-time'") from error  # fmt: skip

    def _filter(self, call: Call) -> Callable[[Server], bool]:
        """All filters of the query in one."""
        query, tests = call.query, list[Callable[[Server], bool]]()
        wide = query.get("all_tenants", "").lower() in TRUE or query.get("all_tenants") == ""
        if wide and not call.caller.admin:
            call.admin("os_compute_api:servers:detail:get_all_tenants")
        project = query.get("project_id") or query.get("tenant_id")
        if not wide:
            own = call.caller.project
            project = own.id if own else ""
        if project:
            tests.append(lambda s: s.project == project)
        if "changes-since" in query and query.get("deleted", "").lower() in FALSE:
            tests.append(lambda s: s.terminated is None)
        statuses = {status.upper() for status in query.getall("status", ())}
        if statuses:
            tests.append(lambda s: s.status in statuses)
        tests += self._plain(call)
        return lambda server: all(test(server) for test in tests)

    def _plain(self, call: Call) -> list[Callable[[Server], bool]]:
        query, tests = call.query, list[Callable[[Server], bool]]()
        if "name" in query:
            pattern = _pattern(query["name"])
            tests.append(lambda s: pattern.search(s.name) is not None)
        if "ip" in query:
            address = _pattern(query["ip"])
            tests.append(lambda s: address.search(s.address) is not None)
        fields: dict[str, Callable[[Server], str]] = {
            "host": lambda s: s.host,
            "node": lambda s: s.host,
            "uuid": lambda s: s.id,
            "flavor": lambda s: s.flavor.id,
            "image": lambda s: s.image,
            "user_id": lambda s: s.user,
            "vm_state": lambda s: s.vm_state,
            "task_state": lambda s: s.task_state or "",
        }
        for name, value in fields.items():
            if name in query:
                tests.append(lambda s, value=value, want=query[name]: value(s) == want)  # type: ignore[misc]
        return tests

    # -- one -------------------------------------------------------------------------------------------------------
    def _show(self, call: Call) -> Any:
        server = self.server(call)
        if self.cloud.network_lost:
            raise Refusal(500, LOST_NETWORK)
        found = self._rendering.detail(server, call.version, self.url, admin=call.caller.admin)
        groups = [group.id for group in self.compute.groups.values() if server.id in group.members]
        return {"server": found | ({"server_groups": groups} if since(call.version, 71) else {})}

    def _actions(self, call: Call) -> Any:
        server = self.compute.deleted.get(call["id"]) or self.server(call)
        return {"instanceActions": [self._action_row(server, a, call) for a in reversed(_log(server))]}

    def _action(self, call: Call) -> Any:
        server = self.compute.deleted.get(call["id"]) or self.server(call)
        action = next((a for a in _log(server) if a.request == call["request"]), None)
        if action is None:
            raise Refusal(404, f"Action for request_id {call['request']} on instance {server.id} not found")
        event = {
            "event": action.event,
            "start_time": micro(action.start),
            "finish_time": micro(action.finish),
            "result": None if action.finish is None else (action.message or "Success"),
            "traceback": None,
            "host": action.host,
            "hostId": host_id(server.project, action.host),
            "details": None,
        }
        return {"instanceAction": {**self._action_row(server, action, call), "events": [event]}}

    @staticmethod
    def _action_row(server: Server, action: Action, call: Call) -> dict[str, Any]:
        found = {
            "action": action.name,
            "instance_uuid": server.id,
            "request_id": action.request,
            "user_id": action.user,
            "project_id": server.project,
            "start_time": micro(action.start),
            "message": action.message,
        }
        return found | ({"updated_at": micro(action.finish or action.start)} if since(call.version, 58) else {})

    def _interfaces(self, call: Call) -> Any:
        server = self.server(call)
        network = self.world.network.networks[server.network]
        row: dict[str, Any] = {
            "net_id": server.network,
            "port_id": server.port,
            "mac_addr": server.mac,
            "port_state": "ACTIVE",
            "fixed_ips": [{"subnet_id": network.subnet, "ip_address": server.address}],
        }
        return {"interfaceAttachments": [row | ({"tag": None} if since(call.version, 70) else {})]}

    def _volumes(self, call: Call) -> Any:
        self.server(call)
        return {"volumeAttachments": []}

    def _security_groups(self, call: Call) -> Any:
        server = self.server(call)
        group = {"id": server.project, "description": "Default security group", "name": "default"}
        return {"security_groups": [{**group, "tenant_id": server.project, "rules": []}]}

    def _diagnostics(self, call: Call) -> Any:
        server = self.server(call)
        flavor = server.flavor
        nic = {
            "mac_address": server.mac,
            "rx_octets": 0,
            "rx_errors": 0,
            "rx_drop": 0,
            "rx_packets": 0,
            "rx_rate": None,
        }
        nic |= {name.replace("rx", "tx"): value for name, value in nic.items() if name.startswith("rx")}
        disk = {"read_bytes": 0, "read_requests": 0, "write_bytes": 0, "write_requests": 0, "errors_count": 0}
        cpus = [{"id": n, "time": 1_000_000_000, "utilisation": 15} for n in range(flavor.vcpus)]
        return {
            "state": "running" if server.power_state == 1 else "shutdown",
            "driver": "libvirt",
            "hypervisor": "kvm",
            "hypervisor_os": "linux",
            "uptime": int(self.cloud.now - (server.launched or server.created)),
            "config_drive": False,
            "num_cpus": flavor.vcpus,
            "num_nics": 1,
            "num_disks": 1,
            "disk_details": [disk],
            "cpu_details": cpus,
            "nic_details": [nic],
            "memory_details": {"maximum": flavor.ram, "used": flavor.ram // 2},
        }


def _pattern(text: str) -> re.Pattern[str]:
    """Nova takes a regular expression; one that is none is taken as it stands."""
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(text), re.IGNORECASE)


def _log(server: Server) -> list[Action]:
    """The action log; the creation is made up for servers that came with the world."""
    if server.actions and server.actions[0].name == "create":
        return server.actions
    request = f"req-{server.id[24:32]}{server.id[8:]}"
    event = "compute__do_build_and_run_instance"
    created = Action("create", request, server.created, server.user, server.launched, None, event, server.host)
    return [created, *server.actions]
