"""OVSDB's values on the wire (RFC 7047, 5.1) and in Python.

===================== ============================== ==========================================
column                on the wire                    here
===================== ============================== ==========================================
exactly one value     ``1``, ``["uuid", "…"]``       the value; a UUID is a str
at most one           ``["set", []]`` or the value   None or the value
several               ``["set", […]]`` or the value  frozenset
map                   ``["map", [[k, v], …]]``       dict
===================== ============================== ==========================================
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

UNSET_UUID = "00000000-0000-0000-0000-000000000000"
_EMPTY: Mapping[str, Any] = {"string": "", "integer": 0, "real": 0.0, "boolean": False, "uuid": UNSET_UUID}


class Shape(enum.Enum):
    """How many values a column has."""

    ONE = "one"
    OPTIONAL = "optional"
    SET = "set"
    MAP = "map"


def shape_of(column: Any) -> Shape:
    """The shape of a column's ``type`` in the schema."""
    if isinstance(column, str):
        return Shape.ONE
    if "value" in column:
        return Shape.MAP
    if column.get("max", 1) != 1:
        return Shape.SET
    return Shape.OPTIONAL if column.get("min", 1) == 0 else Shape.ONE


def empty(column: Any) -> Any:
    """The default of a column, which the server leaves out."""
    match shape_of(column):
        case Shape.MAP:
            return {}
        case Shape.SET:
            return frozenset()
        case Shape.OPTIONAL:
            return None
        case _:
            base = column if isinstance(column, str) else column["key"]
            return _EMPTY[base if isinstance(base, str) else base["type"]]


def _atom(wire: Any) -> Any:
    return wire[1] if isinstance(wire, list) else wire


def _members(wire: Any) -> list[Any]:
    if isinstance(wire, list) and wire[0] == "set":
        return [_atom(member) for member in wire[1]]
    return [_atom(wire)]


def read(shape: Shape, wire: Any) -> Any:
    """A whole value."""
    match shape:
        case Shape.MAP:
            return {_atom(key): _atom(value) for key, value in wire[1]}
        case Shape.SET:
            return frozenset(_members(wire))
        case Shape.OPTIONAL:
            members = _members(wire)
            return members[0] if members else None
        case _:
            return _atom(wire)


def merge(shape: Shape, old: Any, wire: Any) -> Any:
    """The value after a ``modify``: sets and maps carry only the difference.

    An element that is in both is taken out; so is a pair that is repeated with its present value.
    """
    if shape is Shape.SET:
        changed: frozenset[Any] = old ^ frozenset(_members(wire))
        return changed
    if shape is Shape.MAP:
        merged = dict(old)
        for key, value in read(shape, wire).items():
            if key in merged and merged[key] == value:
                del merged[key]
            else:
                merged[key] = value
        return merged
    return read(shape, wire)
