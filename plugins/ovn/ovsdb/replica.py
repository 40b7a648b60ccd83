"""Tables of a database as the server has them: one ``monitor_cond``, then the differences it sends."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from hsops.api import BadAnswer
from hsops.plugins.ovn.ovsdb.rpc import Rpc
from hsops.plugins.ovn.ovsdb.values import Shape, empty, merge, read, shape_of

Row: TypeAlias = Mapping[str, Any]
_MOMENT = 0.02
"""Seconds that differences are gathered: one change of a person is several messages."""
_numbers = itertools.count(1)


class RowUpdate(msgspec.Struct):
    """``<row-update2>``: one of these. A deleted row is ``{"delete": null}``."""

    initial: dict[str, Any] | None = None
    insert: dict[str, Any] | None = None
    modify: dict[str, Any] | None = None


Updates: TypeAlias = dict[str, dict[str, RowUpdate]]


class _Column(msgspec.Struct):
    type: str | dict[str, Any]


class _Table(msgspec.Struct):
    columns: dict[str, _Column]


class _Schema(msgspec.Struct):
    tables: dict[str, _Table]


_SCHEMA = msgspec.json.Decoder(_Schema)
_UPDATES = msgspec.json.Decoder(Updates)
_NOTIFICATION = msgspec.json.Decoder(tuple[Any, Updates])


class Change(NamedTuple):
    """One row that came, changed or went."""

    table: str
    uuid: str
    old: Row | None
    new: Row | None


class Table:
    """The rows of one table by UUID, every monitored column present."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.rows: dict[str, Row] = {}
        self._shapes: dict[str, Shape] = {name: shape_of(type_) for name, type_ in columns.items()}
        self._defaults = {name: empty(type_) for name, type_ in columns.items()}

    def apply(self, uuid: str, update: RowUpdate) -> tuple[Row | None, Row | None]:
        """The row before and after."""
        old = self.rows.get(uuid)
        shapes = self._shapes
        if update.modify is not None and old is not None:
            changed = {name: merge(shapes[name], old[name], wire) for name, wire in update.modify.items()}
            new: Row | None = {**old, **changed}
        elif (whole := update.initial or update.insert) is not None:
            new = {**self._defaults, **{name: read(shapes[name], wire) for name, wire in whole.items()}}
        elif update.initial is not None or update.insert is not None:
            new = dict(self._defaults)  # every column has its default
        else:
            new = None
        if new is None:
            self.rows.pop(uuid, None)
        else:
            self.rows[uuid] = new
        return old, new


class Replica:
    """Some tables of one database. `start` fills them; `changes` goes on from there.

    `tables`: table to column to the type it has when the server lacks it.
    """

    def __init__(self, rpc: Rpc, database: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self._rpc = rpc
        self._database = database
        self._wanted = tables
        self._name = f"hsops-{next(_numbers)}"
        self._news: asyncio.Event = asyncio.Event()
        self._queue: list[Change] = []
        self.tables: dict[str, Table] = {}

    async def start(self) -> None:
        """Read the whole of it. Columns and tables that the server's schema does not have stay empty."""
        schema = await get_schema(self._rpc, self._database)
        self.tables = {
            table: Table({name: schema.get(table, {}).get(name, type_) for name, type_ in columns.items()})
            for table, columns in self._wanted.items()
        }
        wanted = {
            table: [{"columns": [name for name in columns if name in schema[table]]}]
            for table, columns in self._wanted.items()
            if table in schema
        }
        self._rpc.notify = self._notified
        self._rpc.ended.append(self._news.set)
        answer = await self._rpc.call("monitor_cond", [self._database, self._name, wanted])
        self._apply(_decoded(_UPDATES, answer, self._rpc))
        self._queue.clear()

    async def changes(self) -> AsyncGenerator[Sequence[Change], None]:
        """What changes, gathered for a moment. Raises what ended the connection."""
        while True:
            if not self._queue:
                self._news.clear()
                if self._rpc.lost is not None:
                    raise self._rpc.lost
                await self._news.wait()
                await asyncio.sleep(_MOMENT)
            batch, self._queue = self._queue, []
            if batch:
                yield batch

    def _notified(self, method: str, params: msgspec.Raw) -> None:
        if method == "update2":
            self._apply(_decoded(_NOTIFICATION, params, self._rpc)[1])
            self._news.set()

    def _apply(self, updates: Updates) -> None:
        try:
            for table, rows in updates.items():
                for uuid, update in rows.items():
                    old, new = self.tables[table].apply(uuid, update)
                    self._queue.append(Change(table, uuid, old, new))
        except (LookupError, TypeError, ValueError) as error:  # a table, a column or a value that was not asked for
            raise _nonsense(self._rpc, error) from error


async def get_schema(rpc: Rpc, database: str) -> dict[str, dict[str, Any]]:
    """Table to column to ``type``."""
    schema = _decoded(_SCHEMA, await rpc.call("get_schema", [database]), rpc)
    return {
        table: {name: column.type for name, column in body.columns.items()} for table, body in schema.tables.items()
    }


def _decoded(decoder: Any, raw: msgspec.Raw, rpc: Rpc) -> Any:
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise _nonsense(rpc, error) from error


def _nonsense(rpc: Rpc, error: Exception) -> BadAnswer:
    return BadAnswer(f"not what was asked for: {error}", system=rpc.system, thing=rpc.address)
