"""One row of a panel from the rows of the databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from hsops.plugins.ovn.join import Join, label_of
from hsops.plugins.ovn.kinds.chassis import Chassis
from hsops.plugins.ovn.kinds.gateway import Candidate, Gateway
from hsops.plugins.ovn.kinds.load_balancer import LoadBalancer
from hsops.plugins.ovn.kinds.port import Port
from hsops.plugins.ovn.kinds.router import Router
from hsops.plugins.ovn.kinds.switch import Switch
from hsops.plugins.ovn.ovsdb.replica import Row

GATEWAY_OPTION = "enable-chassis-as-gw"
SAVED = "hsops-priority"
"""Key in ``external_ids`` of a candidate that hsops has lowered: the priority it had."""


def chassis(join: Join, uuid: str, private: Mapping[str, Row]) -> Chassis:
    """A chassis; `private` is ``Chassis_Private`` by name."""
    row = join.south.tables["Chassis"].rows[uuid]
    mine = private.get(row["name"])
    encaps = (join.south.tables["Encap"].rows.get(encap) for encap in row["encaps"])
    options = row["other_config"].get("ovn-cms-options") or row["external_ids"].get("ovn-cms-options", "")
    told = mine["nb_cfg_timestamp"] if mine else 0
    return Chassis(
        name=row["name"],
        hostname=row["hostname"],
        is_gateway=GATEWAY_OPTION in options.split(","),
        encaps=tuple(sorted(f"{encap['type']} {encap['ip']}" for encap in encaps if encap)),
        ports=join.held[uuid],
        gateways=join.redirects[uuid],
        behind=max(0, _generation(join) - mine["nb_cfg"]) if mine else None,
        heard=datetime.fromtimestamp(told / 1000, UTC) if told else None,
        version=row["other_config"].get("ovn-version", ""),
    )


def _generation(join: Join) -> int:
    """Of the northbound configuration."""
    return max((row["nb_cfg"] for row in join.north.tables["NB_Global"].rows.values()), default=0)


def port(join: Join, uuid: str) -> Port:
    """A logical switch port."""
    row = join.north.tables["Logical_Switch_Port"].rows[uuid]
    switch_row = join.north.tables["Logical_Switch"].rows.get(join.switches.get(uuid, ""))
    binding = join.bindings.get(row["name"])
    return Port(
        name=row["name"],
        type=row["type"],
        switch=label_of(switch_row) if switch_row else "",
        addresses=tuple(sorted(row["addresses"])),
        up=row["up"],
        enabled=row["enabled"] is not False,
        chassis=join.hostnames.get(binding["chassis"] or "", "") if binding else "",
        tags=row["external_ids"],
    )


def switch(join: Join, uuid: str) -> Switch:
    """A logical switch."""
    row = join.north.tables["Logical_Switch"].rows[uuid]
    known = join.north.tables["Logical_Switch_Port"].rows
    members = [known[member] for member in row["ports"] if member in known]
    machines = [one for one in members if one["type"] == "" and one["enabled"] is not False]
    bound = [one for one in machines if (join.bindings.get(one["name"]) or {}).get("chassis")]
    up = sum(one["up"] is True for one in machines)
    physical = {one["options"].get("network_name", "") for one in members if one["type"] == "localnet"}
    return Switch(
        uuid=uuid,
        name=row["name"],
        label=label_of(row),
        ports=len(row["ports"]),
        up=up,
        down=sum(one["up"] is not True for one in bound),
        physical=tuple(sorted(physical - {""})),
    )


def router(join: Join, uuid: str, gateways: Sequence[Gateway]) -> Router:
    """A logical router with its gateway ports."""
    row = join.north.tables["Logical_Router"].rows[uuid]
    return Router(
        uuid=uuid,
        name=row["name"],
        label=label_of(row),
        enabled=row["enabled"] is not False,
        ports=len(row["ports"]),
        nats=len(row["nat"]),
        routes=len(row["static_routes"]),
        gateways=tuple(sorted(gateway.name for gateway in gateways)),
        stranded=sum(not gateway.active for gateway in gateways),
    )


def gateways(join: Join) -> list[tuple[str, Gateway]]:
    """Every gateway port, with its router's UUID."""
    tables = join.north.tables
    found: list[tuple[str, Gateway]] = []
    for uuid, router_row in tables["Logical_Router"].rows.items():
        for port_id in router_row["ports"]:
            row = tables["Logical_Router_Port"].rows.get(port_id)
            if row and (row["gateway_chassis"] or row["ha_chassis_group"]):
                found.append((uuid, _gateway(join, label_of(router_row), row)))
    return found


def _gateway(join: Join, router_name: str, row: Row) -> Gateway:
    group = join.north.tables["HA_Chassis_Group"].rows.get(row["ha_chassis_group"] or "")
    table, members = ("HA_Chassis", group["ha_chassis"]) if group else ("Gateway_Chassis", row["gateway_chassis"])
    known = join.north.tables[table].rows
    candidates = [_candidate(join, known[member]) for member in members if member in known]
    binding = join.bindings.get(f"cr-{row['name']}")
    return Gateway(
        name=row["name"],
        router=router_name,
        networks=tuple(sorted(row["networks"])),
        group=group["name"] if group else "",
        candidates=tuple(sorted(candidates, key=lambda one: (-one.priority, one.hostname))),
        active=join.hostnames.get(binding["chassis"] or "", "") if binding else "",
    )


def _candidate(join: Join, row: Row) -> Candidate:
    name = str(row["chassis_name"])
    return Candidate(name, join.names.get(name, name), row["priority"], SAVED in row["external_ids"])


def load_balancer(uuid: str, row: Row) -> LoadBalancer:
    """A load balancer."""
    backends = sum(len(one.split(",")) for one in row["vips"].values() if one)
    return LoadBalancer(
        uuid=uuid,
        name=row["name"],
        protocol=row["protocol"] or "tcp",
        vips=tuple(sorted(row["vips"])),
        backends=backends,
    )
