"""Neutron v2.0: networks, subnets, ports, agents, quotas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from hsops.plugins.openstack.simulator.cloud import Cloud
from hsops.plugins.openstack.simulator.service import Call, Refusal, Route, Service, html, json_response
from hsops.plugins.openstack.simulator.times import rfc3339, spaced
from hsops.simulator.cloudvalues import Server
from hsops.simulator.networking import Agent
from hsops.simulator.networking import Network as NetworkValue

QUOTA = {"network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "router": 10, "floatingip": 50,
         "rbac_policy": 10, "security_group": 10, "security_group_rule": 100}  # fmt: skip
EXTENSIONS = (
    ("agent", "agent", "The agent management extension."),
    ("Availability Zone", "availability_zone", "The availability zone extension."),
    ("Network Availability Zone", "network_availability_zone", "Availability zone support for network."),
    ("Port Binding", "binding", "Expose port bindings of a virtual port to external application"),
    ("Provider Network", "provider", "Expose mapping of virtual networks to physical networks"),
    ("Neutron external network", "external-net", "Adds external network attribute to network resource."),
    ("Quota management support", "quotas", "Expose functions for quotas management per project"),
    ("Quota details management support", "quota_details", "Expose functions for quotas usage statistics per project"),
    ("security-group", "security-group", "The security groups extension."),
)
CONTROL = frozenset({"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"})


class Neutron(Service):
    """Networks of the projects, ports of the servers, agents of the machines."""

    type = "network"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.network = cloud.world.network
        self._quotas: dict[str, dict[str, int]] = {}

    def routes(self) -> list[Route]:
        """What clients ask for."""
        empty = ("routers", "floatingips", "security-group-rules", "trunks", "subnetpools", "address-scopes")
        return [
            Route("GET", "/", self._versions, public=True),
            Route("GET", "/v2.0/", self._resources),
            Route("GET", "/v2.0/extensions", self._extensions),
            Route("GET", "/v2.0/extensions/{id}", self._extension),
            Route("GET", "/v2.0/networks", lambda call: self._list(call, "networks", self._networks(call))),
            Route("GET", "/v2.0/networks/{id}", lambda call: self._one(call, "network", self._networks(call))),
            Route("GET", "/v2.0/subnets", lambda call: self._list(call, "subnets", self._subnets(call))),
            Route("GET", "/v2.0/subnets/{id}", lambda call: self._one(call, "subnet", self._subnets(call))),
            Route("GET", "/v2.0/ports", lambda call: self._list(call, "ports", self._ports(call))),
            Route("GET", "/v2.0/ports/{id}", lambda call: self._one(call, "port", self._ports(call))),
            Route("GET", "/v2.0/agents", lambda call: self._list(call, "agents", self._agents(call))),
            Route("GET", "/v2.0/agents/{id}", lambda call: self._one(call, "agent", self._agents(call))),
            Route("PUT", "/v2.0/agents/{id}", self._update_agent),
            Route("GET", "/v2.0/agents/{id}/l3-routers", lambda call: {"routers": []}),
            Route("GET", "/v2.0/agents/{id}/dhcp-networks", lambda call: {"networks": []}),
            Route("GET", "/v2.0/availability_zones", self._zones),
            Route("GET", "/v2.0/security-groups", lambda call: self._list(call, "security_groups", self._groups(call))),
            Route("GET", "/v2.0/quotas", self._changed_quotas),
            Route("GET", "/v2.0/quotas/{id}", self._quota),
            Route("PUT", "/v2.0/quotas/{id}", self._set_quota),
            Route("GET", "/v2.0/quotas/{id}/default", lambda call: {"quota": QUOTA}),
            Route("GET", "/v2.0/quotas/{id}/details", self._quota_details),
            *[Route("GET", f"/v2.0/{name}", partial(self._empty, name.replace("-", "_"))) for name in empty],
        ]

    # -- shape -----------------------------------------------------------------------------------------------------
    def error(self, request: web.Request, status: int, message: str) -> web.Response:
        """``{"NeutronError": {"type", "message", "detail"}}``; a message may begin with ``Type: ``."""
        kind, found, text = message.partition(": ")
        if not found or " " in kind:
            kind, text = (
                {403: "PolicyNotAuthorized", 404: "HTTPNotFound"}.get(status, "HTTPInternalServerError"),
                message,
            )
        return json_response(status, {"NeutronError": {"type": kind, "message": text, "detail": ""}})

    def missing(self, request: web.Request) -> web.Response:
        """A path that does not exist."""
        return self.error(request, 404, "HTTPNotFound: The resource could not be found.")

    def denied(self, rule: str) -> str:
        """Text of a 403."""
        return f"PolicyNotAuthorized: rule:{rule} is disallowed by policy"

    def _versions(self, call: Call) -> dict[str, Any]:
        links = [{"rel": "self", "href": f"{self.url}/v2.0/"}]
        return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]}

    def _resources(self, call: Call) -> dict[str, Any]:
        names = (("network", "networks"), ("subnet", "subnets"), ("subnetpool", "subnetpools"), ("port", "ports"))
        rows = [
            {"name": n, "collection": c, "links": [{"rel": "self", "href": f"{self.url}/v2.0/{c}"}]} for n, c in names
        ]
        return {"resources": rows}

    @staticmethod
    def _extension_row(name: str, alias: str, text: str) -> dict[str, Any]:
        when = "2013-02-03T10:00:00-00:00"
        return {"name": name, "alias": alias, "description": text, "updated": when, "links": []}

    def _extensions(self, call: Call) -> dict[str, Any]:
        return {"extensions": [self._extension_row(*row) for row in EXTENSIONS]}

    def _extension(self, call: Call) -> dict[str, Any] | web.Response:
        for row in EXTENSIONS:
            if row[1] == call["id"]:
                return {"extension": self._extension_row(*row)}
        return html(404, f"The resource could not be found.<br /><br />\nNo extension {call['id']}")

    @staticmethod
    def _empty(name: str, call: Call) -> dict[str, Any]:
        return {name: []}

    # -- lists -----------------------------------------------------------------------------------------------------
    def _list(self, call: Call, name: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Filter by any attribute, page, and keep the wanted fields."""
        if "sort_key" in call.query and "sort_dir" not in call.query:
            raise Refusal(400, "HTTPBadRequest: The number of sort_keys and sort_dirs must be same")
        wanted = {key: call.query.getall(key) for key in call.query if key not in CONTROL}
        rows = [r for r in rows if all(_text(r.get(key)) in values for key, values in wanted.items() if key in r)]
        links: dict[str, Any] = {}
        limit = call.number("limit", 0)
        if limit:
            rows, links = self._page(call, name, rows, limit)
        fields = call.query.getall("fields", ())
        if fields:
            rows = [{field: row[field] for field in fields if field in row} for row in rows]
        return {name: rows, **links}

    def _page(
        self, call: Call, name: str, rows: list[dict[str, Any]], limit: int
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        rows = sorted(rows, key=lambda row: str(row["id"]))
        marker = call.query.get("marker")
        if call.query.get("page_reverse", "").lower() == "true":
            rows = [row for row in rows if marker is None or row["id"] < marker][-limit:]
        else:
            rows = [row for row in rows if marker is None or row["id"] > marker][:limit]
        links = []
        kept = [(key, value) for key, value in call.query.items() if key not in ("marker", "page_reverse")]
        if len(rows) == limit:
            links.append(("next", [*kept, ("marker", rows[-1]["id"])]))
        if rows and marker is not None:
            links.append(("previous", [*kept, ("marker", rows[0]["id"]), ("page_reverse", "True")]))
        made = [{"rel": rel, "href": f"{self.url}{call.request.path}?{urlencode(query)}"} for rel, query in links]
        return rows, {f"{name}_links": made} if made else {}

    def _one(self, call: Call, name: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        for row in rows:
            if row["id"] == call["id"]:
                return {name: row}
        kind = f"{name.title()}NotFound"
        raise Refusal(404, f"{kind}: {name.title()} {call['id']} could not be found.")

    def _mine(self, call: Call, project: str) -> bool:
        own = call.caller.project
        return call.caller.admin or (own is not None and own.id == project)

    def _networks(self, call: Call) -> Iterator[dict[str, Any]]:
        for network in self.network.networks.values():
            if self._mine(call, network.project) or network.shared:
                yield self._network_row(network, admin=call.caller.admin)

    @staticmethod
    def _network_row(network: NetworkValue, *, admin: bool) -> dict[str, Any]:
        when = rfc3339(network.created)
        row: dict[str, Any] = {
            "id": network.id,
            "name": network.name,
            "tenant_id": network.project,
            "admin_state_up": True,
            "mtu": 1442,
            "status": "ACTIVE",
            "subnets": [network.subnet],
            "shared": network.shared,
            "availability_zone_hints": [],
            "availability_zones": ["nova"],
            "ipv4_address_scope": None,
            "ipv6_address_scope": None,
            "router:external": network.external,
            "description": "",
            "port_security_enabled": True,
            "tags": [],
            "created_at": when,
            "updated_at": when,
            "revision_number": 2,
            "project_id": network.project,
        }
        if network.external:
            row["is_default"] = False
        provider = {"provider:network_type": "geneve", "provider:physical_network": None}
        return row | ({**provider, "provider:segmentation_id": network.segment} if admin else {})

    def _subnets(self, call: Call) -> Iterator[dict[str, Any]]:
        for network in self.network.networks.values():
            if self._mine(call, network.project) or network.shared:
                base = network.cidr.rsplit(".", 1)[0]
                when = rfc3339(network.created)
                yield {
                    "id": network.subnet,
                    "name": network.name,
                    "tenant_id": network.project,
                    "network_id": network.id,
                    "ip_version": 4,
                    "subnetpool_id": None,
                    "enable_dhcp": not network.external,
                    "ipv6_ra_mode": None,
                    "ipv6_address_mode": None,
                    "gateway_ip": f"{base}.1",
                    "cidr": network.cidr,
                    "allocation_pools": [{"start": f"{base}.2", "end": f"{base}.254"}],
                    "host_routes": [],
                    "dns_nameservers": [],
                    "description": "",
                    "service_types": [],
                    "tags": [],
                    "created_at": when,
                    "updated_at": when,
                    "revision_number": 0,
                    "project_id": network.project,
                }

    # -- ports -----------------------------------------------------------------------------------------------------
    def _ports(self, call: Call) -> Iterator[dict[str, Any]]:
        """Ports of the servers; asked by server, host or project it does not look at all of them."""
        compute, query = self.cloud.compute, call.query
        servers: Iterable[Server]
        if "device_id" in query:
            servers = [compute.servers[d] for d in query.getall("device_id") if d in compute.servers]
        elif "binding:host_id" in query:
            servers = [s for h in query.getall("binding:host_id") for s in compute.by_host.get(h, {}).values()]
        elif "project_id" in query:
            servers = compute.by_project.get(query["project_id"], {}).values()
        else:
            servers = compute.servers.values()
        return (self._port_row(s, admin=call.caller.admin) for s in list(servers) if self._mine(call, s.project))

    def _port_row(self, server: Server, *, admin: bool) -> dict[str, Any]:
        up = server.power_state == 1 and server.host not in self.world.fleet.down
        row: dict[str, Any] = {
            "id": server.port,
            "name": "",
            "network_id": server.network,
            "tenant_id": server.project,
            "mac_address": server.mac,
            "admin_state_up": True,
            "status": "ACTIVE" if up else "DOWN",
            "device_id": server.id,
            "device_owner": "compute:nova",
            "fixed_ips": [
                {"subnet_id": self.network.networks[server.network].subnet, "ip_address": server.address},
            ],
            "allowed_address_pairs": [],
            "extra_dhcp_opts": [],
            "security_groups": [server.project],
            "description": "",
            "binding:vnic_type": "normal",
            "port_security_enabled": True,
            "tags": [],
            "created_at": rfc3339(server.created),
            "updated_at": rfc3339(server.updated),
            "revision_number": 4,
            "project_id": server.project,
        }
        binding = {"binding:profile": {}, "binding:host_id": server.host, "binding:vif_type": "ovs"}
        return row | ({**binding, "binding:vif_details": {"port_filter": True}} if admin else {})

    # -- agents ----------------------------------------------------------------------------------------------------
    def _agents(self, call: Call) -> Iterator[dict[str, Any]]:
        """A plain member sees none, and no error."""
        return (self._agent_row(agent) for agent in self.network.agents.values() if call.caller.admin)

    def _agent_row(self, agent: Agent) -> dict[str, Any]:
        alive, machine = self.network.alive(agent), self.world.fleet[agent.host]
        began = spaced(self.world.started - 30 * 86400.0)
        central = agent.topic != "N/A" or agent.kind.startswith("Metadata")
        return {
            "id": agent.id,
            "agent_type": agent.kind,
            "binary": agent.binary,
            "topic": agent.topic,
            "host": agent.host,
            "admin_state_up": agent.enabled,
            "created_at": began,
            "started_at": began,
            "heartbeat_timestamp": spaced(self.cloud.now // 30 * 30 if alive else machine.changed),
            "description": None,
            "resources_synced": None,
            "availability_zone": "nova" if central else None,
            "alive": alive,
            "configurations": {},
        }

    def _update_agent(self, call: Call) -> dict[str, Any]:
        call.admin("update_agent")
        agent = self.network.agents.get(call["id"])
        if agent is None:
            raise Refusal(404, f"AgentNotFound: Agent {call['id']} could not be found.")
        agent.enabled = bool(call.part("agent").get("admin_state_up", agent.enabled))
        return {"agent": self._agent_row(agent)}

    def _zones(self, call: Call) -> dict[str, Any]:
        rows = [{"state": "available", "name": "nova", "resource": kind} for kind in ("router", "network")]
        return self._list(call, "availability_zones", rows)

    def _groups(self, call: Call) -> Iterator[dict[str, Any]]:
        for network in self.network.networks.values():
            if self._mine(call, network.project):
                when = rfc3339(network.created)
                yield {
                    "id": network.project,
                    "name": "default",
                    "stateful": True,
                    "tenant_id": network.project,
                    "description": "Default security group",
                    "shared": False,
                    "security_group_rules": [],
                    "tags": [],
                    "created_at": when,
                    "updated_at": when,
                    "revision_number": 1,
                    "project_id": network.project,
                }

    # -- quotas ----------------------------------------------------------------------------------------------------
    def _limits(self, project: str) -> dict[str, int]:
        return QUOTA | self._quotas.get(project, {})

    def _changed_quotas(self, call: Call) -> dict[str, Any]:
        call.admin("get_quota")
        rows = [{**self._limits(p), "project_id": p, "tenant_id": p} for p in self._quotas]
        return {"quotas": rows}

    def _quota(self, call: Call) -> dict[str, Any]:
        if not self._mine(call, call["id"]):
            call.admin("get_quota")
        return {"quota": self._limits(call["id"])}

    def _set_quota(self, call: Call) -> dict[str, Any]:
        call.admin("update_quota")
        wanted = {k: int(v) for k, v in call.part("quota").items() if k in QUOTA}
        self._quotas[call["id"]] = self._quotas.get(call["id"], {}) | wanted
        return {"quota": self._limits(call["id"])}

    def _quota_details(self, call: Call) -> dict[str, Any]:
        if not self._mine(call, call["id"]):
            call.admin("get_quota")
        used = {"network": 1, "subnet": 1, "security_group": 1}
        used["port"] = len(self.cloud.compute.by_project.get(call["id"], {}))
        rows = {
            name: {"limit": limit, "used": used.get(name, 0), "reserved": 0}
            for name, limit in self._limits(call["id"]).items()
        }
        return {"quota": rows}


def _text(value: Any) -> str:
    return str(value)
