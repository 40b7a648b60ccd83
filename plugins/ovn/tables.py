"""Which tables and columns are monitored, with their types: a column that a server lacks has the type's default.

Never Logical_Flow: it alone is 80,000 rows at 20,000 ports. Source: ovn-org/ovn ``ovn-nb.ovsschema``,
``ovn-sb.ovsschema``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Tables: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Table to column to its type in the schema."""

NORTHBOUND = "OVN_Northbound"
SOUTHBOUND = "OVN_Southbound"

_TEXTS = {"key": {"type": "string"}, "min": 0, "max": "unlimited"}
_MAP = {"key": {"type": "string"}, "value": {"type": "string"}, "min": 0, "max": "unlimited"}
_FLAG = {"key": {"type": "boolean"}, "min": 0, "max": 1}
_PROTOCOL = {"key": {"type": "string", "enum": ["set", ["tcp", "udp", "sctp"]]}, "min": 0, "max": 1}


def _refs(table: str) -> Mapping[str, Any]:
    return {"key": {"type": "uuid", "refTable": table}, "min": 0, "max": "unlimited"}


def _ref(table: str) -> Mapping[str, Any]:
    return {"key": {"type": "uuid", "refTable": table}, "min": 0, "max": 1}


NORTH: Tables = {
    "NB_Global": {"nb_cfg": "integer"},
    "Logical_Router": {
        "name": "string",
        "ports": _refs("Logical_Router_Port"),
        "nat": _refs("NAT"),
        "static_routes": _refs("Logical_Router_Static_Route"),
        "load_balancer": _refs("Load_Balancer"),
        "enabled": _FLAG,
        "external_ids": _MAP,
    },
    "Logical_Router_Port": {
        "name": "string",
        "mac": "string",
        "networks": _TEXTS,
        "gateway_chassis": _refs("Gateway_Chassis"),
        "ha_chassis_group": _ref("HA_Chassis_Group"),
    },
    "Logical_Switch": {
        "name": "string",
        "ports": _refs("Logical_Switch_Port"),
        "load_balancer": _refs("Load_Balancer"),
        "external_ids": _MAP,
    },
    "Logical_Switch_Port": {
        "name": "string",
        "type": "string",
        "addresses": _TEXTS,
        "up": _FLAG,
        "enabled": _FLAG,
        "options": _MAP,
        "external_ids": _MAP,
    },
    "Gateway_Chassis": {
        "chassis_name": "string",
        "priority": {"key": {"type": "integer", "minInteger": 0, "maxInteger": 32767}},
        "external_ids": _MAP,
    },
    "HA_Chassis_Group": {"name": "string", "ha_chassis": _refs("HA_Chassis"), "external_ids": _MAP},
    "HA_Chassis": {
        "chassis_name": "string",
        "priority": {"key": {"type": "integer", "minInteger": 0, "maxInteger": 32767}},
        "external_ids": _MAP,
    },
    "Load_Balancer": {"name": "string", "vips": _MAP, "protocol": _PROTOCOL, "external_ids": _MAP},
}
SOUTH: Tables = {
    "Chassis": {
        "name": "string",
        "hostname": "string",
        "encaps": _refs("Encap"),
        "external_ids": _MAP,
        "other_config": _MAP,
    },
    "Chassis_Private": {"name": "string", "nb_cfg": "integer", "nb_cfg_timestamp": "integer"},
    "Encap": {"chassis_name": "string", "type": "string", "ip": "string"},
    "Port_Binding": {"logical_port": "string", "type": "string", "chassis": _ref("Chassis"), "up": _FLAG},
}
