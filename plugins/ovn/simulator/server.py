"""An OVSDB server of simulated databases: one loopback port, the methods that clients of OVN use."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hsops.errors import HsopsError
from hsops.plugins.ovn.ovsdb.framing import Framer
from hsops.plugins.ovn.ovsdb.values import empty
from hsops.plugins.ovn.simulator.database import Database, Delta, difference, written
from hsops.simulator.face import GARBAGE
from hsops.simulator.world import World

SERVER = "_Server"
"""The database in which a server tells of itself."""


class OvsdbPort:
    """The port of one database. `service` is what API faults name (``ovn/northbound``)."""

    def __init__(self, world: World, service: str, database: Database) -> None:
        self._world, self._service, self._database = world, service, database
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._host, self._port = "", 0
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str) -> str:
        """Bind a free port; gives the address as ``ovn-nbctl --db`` takes it."""
        self._host = host
        await self._listen()
        self._world.faults.subscribe(self._changed)
        return f"tcp:{host}:{self._port}"

    async def stop(self) -> None:
        """Close the port and every connection."""
        self._world.faults.unsubscribe(self._changed)
        if self._task is not None:
            await asyncio.wait([self._task])
        self._close()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for session in list(self._sessions):
            session.close()

    def _changed(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        """Close or open the port, until it is as the faults want it."""
        while (refused := self._world.faults.refused("ovn", self._service)) == (self._server is not None):
            if refused:
                self._close()
            else:
                await self._listen()

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._work(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _work(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self._world, self._service, self._database, writer)
        self._sessions.add(session)
        try:
            await session.serve(reader)
        except (OSError, HsopsError, msgspec.DecodeError):
            return  # a server closes the connection of a client that makes no sense, without a word
        finally:
            self._sessions.discard(session)
            session.close()


class _Session:
    """One client."""

    def __init__(self, world: World, service: str, database: Database, writer: asyncio.StreamWriter) -> None:
        self._world, self._service, self._database, self._writer = world, service, database, writer
        self._monitors: dict[str, tuple[Any, Mapping[str, Sequence[str]]]] = {}
        database.watch(self._told)

    def close(self) -> None:
        if not self._writer.is_closing():
            self._writer.close()
            self._database.unwatch(self._told)

    async def serve(self, reader: asyncio.StreamReader) -> None:
        framer = Framer("ovn")
        while data := await reader.read(1 << 16):
            for message in framer.feed(data):
                await self._answer(msgspec.json.decode(message))

    async def _answer(self, request: Mapping[str, Any]) -> None:
        method, number = request.get("method"), request.get("id")
        if not method or number is None:
            return  # an answer to our echo, or a notification
        fault = self._world.faults.api("ovn", self._service, str(method))
        if fault is not None and fault.kind == "api.silent":
            await self._world.faults.over(fault)
        elif fault is not None and fault.kind == "api.slow":
            await asyncio.sleep(fault.number("seconds", 5))
        elif fault is not None and fault.kind == "api.garbage":
            self._writer.write(GARBAGE)
            return
        elif fault is not None:
            self._send(id=number, result=None, error={"error": "simulated fault", "details": fault.kind})
            return
        result, error = self._result(str(method), request.get("params") or [])
        self._send(id=number, result=result, error=error)

    def _result(self, method: str, params: Sequence[Any]) -> tuple[Any, Any]:  # noqa: PLR0911 - one a method
        """Result and error."""
        if method in ("echo", "list_dbs"):
            return (params if method == "echo" else [SERVER, self._database.name]), None
        name = params[0] if params else ""
        if method == "transact" and name == SERVER:
            return [{"rows": [self._server_row()]}], None
        if name != self._database.name:
            return None, {"error": "unknown database", "details": f"{method} request specifies {name}"}
        match method:
            case "get_schema":
                return self._schema(), None
            case "transact":
                return self._database.transact(params[1:]), None
            case "monitor_cond":
                return self._monitor(params[1], params[2]), None
            case _:
                return None, "unknown method"

    def _server_row(self) -> dict[str, Any]:
        state = {"model": "standalone", "connected": True, "leader": True, "index": ["set", []]}
        return {**state, "name": self._database.name}

    def _schema(self) -> dict[str, Any]:
        tables = {
            table: {"columns": {name: {"type": type_} for name, type_ in columns.items()}}
            for table, columns in self._database.schema.items()
        }
        return {"name": self._database.name, "version": "7.0.0", "tables": tables}

    def _monitor(self, number: Any, wanted: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
        columns = {table: requests[0]["columns"] for table, requests in wanted.items()}
        self._monitors[str(number)] = (number, columns)
        found = {
            table: {
                id_: {"initial": self._sparse(table, row, names)} for id_, row in self._database.rows[table].items()
            }
            for table, names in columns.items()
        }
        return {table: rows for table, rows in found.items() if rows}

    def _sparse(self, table: str, row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
        """Columns with their default are left out, as the real server does."""
        types = self._database.schema[table]
        return {name: written(types[name], row[name]) for name in columns if row[name] != empty(types[name])}

    def _told(self, deltas: Sequence[Delta]) -> None:
        for number, columns in self._monitors.values():
            updates: dict[str, dict[str, Any]] = {}
            for delta in deltas:
                if delta.table in columns and (update := self._update(delta, columns[delta.table])):
                    updates.setdefault(delta.table, {})[delta.uuid] = update
            if updates:
                self._send(method="update2", params=[number, updates], id=None)

    def _update(self, delta: Delta, columns: Sequence[str]) -> dict[str, Any] | None:
        if delta.new is None:
            return {"delete": None}
        if delta.old is None:
            return {"insert": self._sparse(delta.table, delta.new, columns)}
        types, old, new = self._database.schema[delta.table], delta.old, delta.new
        changed = {name: difference(types[name], old[name], new[name]) for name in columns if old[name] != new[name]}
        return {"modify": changed} if changed else None

    def _send(self, **message: Any) -> None:
        self._writer.write(msgspec.json.encode(message))
