"""Rows of the store as a sheet: the columns of their kind, and where they come from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from hsops.cli.output.sheet import API_VERSION, Field, Sheet
from hsops.model import Column, Format, Key, Kind, Resource, State, Value
from hsops.render import RIGHT, moment, render

UNKNOWN = (3,)
"""Where a value that is not known stands in any order: behind everything."""
_DIGITS = re.compile(r"([0-9]{1,18})")


class Entry(NamedTuple):
    """A row and its address."""

    key: Key
    row: Resource


def raw(value: Value) -> Any:
    """A value as scripts get it: times in RFC 3339 UTC, states as their word, what is not a number as null."""
    if isinstance(value, State):
        return value.word
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def sheet(kind: Kind, entries: Sequence[Entry], *, sites: bool, systems: bool, now: float, ascii_only: bool) -> Sheet:
    """The sheet of a kind's rows. `sites`, `systems`: show where a row comes from, as there are several."""
    fields = [_field(column, now, ascii_only=ascii_only) for column in kind.columns]
    taken = {field.name for field in fields}
    origin = [field for field in _origin(sites=sites, systems=systems) if field.name not in taken]
    shown = [field for field in origin if not field.hidden]
    hidden = [field for field in origin if field.hidden]
    return Sheet(
        kind.name, [*fields[:1], *shown, *fields[1:], *hidden], entries,
        document=lambda entry: document(kind, entry), name=lambda entry: f"{kind.name}/{entry.key.id}",
    )  # fmt: skip


def document(kind: Kind, entry: Entry) -> Mapping[str, Any]:
    """A row as an object of the API."""
    key, row = entry
    status: dict[str, Any] = {"health": row.health().word}
    for column in kind.columns:
        # `health` is hsops's own word everywhere; a system's word of that name is its state
        status["state" if column.name == "health" else column.name] = raw(column.value(row))
    metadata = {
        "name": row.title(), "id": key.id, "site": key.site, "system": key.system, "labels": dict(row.labels()),
    }  # fmt: skip
    return {"apiVersion": API_VERSION, "kind": kind.name, "metadata": metadata, "status": status}


def _field(column: Column, now: float, *, ascii_only: bool) -> Field:
    stated = column.format is Format.STATE
    return Field(
        column.name,
        raw=lambda entry: raw(column.value(entry.row)),
        title=column.title,
        cell=lambda entry: render(column.value(entry.row), column.format, now, ascii_only=ascii_only),
        colour=_health_of(column) if stated else None,
        order=lambda entry: order(column.value(entry.row)),
        right=column.format in RIGHT,
        priority=column.priority,
        width=column.width,
        wide=column.wide,
    )


def _health_of(column: Column) -> Any:
    def colour(entry: Entry) -> str:
        value = column.value(entry.row)
        return value.health.word if isinstance(value, State) else ""

    return colour


def _origin(*, sites: bool, systems: bool) -> Sequence[Field]:
    return (
        Field("site", lambda entry: entry.key.site, priority=10, hidden=not sites),
        Field("system", lambda entry: entry.key.system, priority=20, hidden=not systems),
        Field("id", lambda entry: entry.key.id, hidden=True),
        Field(
            "health", lambda entry: entry.row.health().word, order=lambda entry: (0, -entry.row.health()), hidden=True
        ),
        Field("labels", lambda entry: dict(entry.row.labels()), hidden=True),
    )


def _worst_first(entry: Entry) -> tuple[Any, ...]:
    return (0, -entry.row.health())


def order(value: Value) -> tuple[Any, ...]:
    """A value made comparable with any other: numbers before texts, what is not known last."""
    if value is None:
        return UNKNOWN
    if isinstance(value, State):
        return (0, -value.health, value.word.lower())
    if isinstance(value, (bool, int, float)):
        return UNKNOWN if isinstance(value, float) and math.isnan(value) else (0, value)
    if isinstance(value, datetime):
        return (0, -value.timestamp())  # the column shows an age: the youngest is the smallest
    return (1, ", ".join(map(str, value)).lower() if isinstance(value, tuple) else value.lower())


def natural(text: str) -> tuple[Any, ...]:
    """A name's place among names: ``osd.9`` before ``osd.10``."""
    parts = _DIGITS.split(text[:200].lower())
    return tuple((0, int(part)) if index % 2 else (1, part) for index, part in enumerate(parts) if part)


def in_order(entries: Sequence[Entry], by: Field | None, *, reverse: bool = False) -> list[Entry]:
    """Entries sorted by a column, what is not known last; without one the worst first, then by name."""
    found = sorted(entries, key=lambda entry: natural(entry.row.title()))
    if by is None:
        return sorted(found, key=lambda entry: -entry.row.health())
    place = by.order or (lambda entry: order(by.raw(entry)))
    keyed = [(place(entry), entry) for entry in found]
    known = sorted((pair for pair in keyed if pair[0] != UNKNOWN), key=lambda pair: pair[0], reverse=reverse)
    return [entry for _, entry in known] + [entry for place_, entry in keyed if place_ == UNKNOWN]
