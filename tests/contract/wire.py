"""Writes down what reaches the simulated faces, and tells what would change something there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import asyncssh
import pytest
from aiohttp import web

from hsops.plugins.linux.probe import MARK
from hsops.plugins.ovn.simulator.database import Database
from hsops.simulator.face import Handler, HttpPort

READING_POSTS = ("/auth/tokens", "/api/v1/query", "/api/v1/query_range")
"""Ends of paths that are posted to and change nothing: logins and queries."""
CHANGING = frozenset((
    "add", "apply", "create", "destroy", "disable", "enable", "enter", "exit", "fail", "in", "install", "mask", "off",
    "on", "out", "pause", "purge", "reboot", "reset", "restart", "resume", "reweight", "rm", "set", "set-group",
    "start", "stop", "unmask", "unset", "unset-group", "upmap", "zap",
))  # fmt: skip
"""Words of commands that change something."""


class Wire:
    """Every request that reached a face, in order."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self.changes: list[str] = []

    def http(self, request: web.Request) -> None:
        """A request over HTTP."""
        line = f"{request.method} {request.path_qs}"
        reads = request.method in ("GET", "HEAD", "OPTIONS")
        reads = reads or (request.method == "POST" and request.path.endswith(READING_POSTS))
        self._add(line, changes=not reads)

    def ssh(self, command: str) -> None:
        """A command over SSH."""
        words = shlex.split(command)
        self._add(command, changes=MARK not in command and bool(CHANGING & set(words) or "reboot" in command))

    def ovsdb(self, operations: Sequence[Mapping[str, Any]]) -> None:
        """A transaction."""
        for operation in operations:
            changes = operation.get("op") in ("insert", "update", "mutate", "delete")
            self._add(f"ovsdb {operation.get('op')} {operation.get('table')}", changes=changes)

    def _add(self, line: str, *, changes: bool) -> None:
        self.all.append(line)
        if changes:
            self.changes.append(line)


def tapped(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """From now on, faces that start write down what reaches them."""
    wire = Wire()
    _tap_http(monkeypatch, wire)
    _tap_ssh(monkeypatch, wire)
    transact = Database.transact

    def writing(self: Database, operations: Any) -> list[Any]:
        every = list(operations)
        wire.ovsdb(every)
        return transact(self, every)

    monkeypatch.setattr(Database, "transact", writing)
    return wire


def _tap_http(monkeypatch: pytest.MonkeyPatch, wire: Wire) -> None:
    start = HttpPort.start

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        wire.http(request)
        return await handler(request)

    async def tapping(self: HttpPort, host: str = "127.0.0.1", port: int = 0) -> str:
        self._app.middlewares.insert(0, note)
        return await start(self, host, port)

    monkeypatch.setattr(HttpPort, "start", tapping)


def _tap_ssh(monkeypatch: pytest.MonkeyPatch, wire: Wire) -> None:
    listen = asyncssh.listen

    async def tapping(*words: Any, process_factory: Any = None, **more: Any) -> Any:
        async def noted(process: Any) -> None:
            wire.ssh(process.command or "")
            await process_factory(process)

        return await listen(*words, process_factory=noted, **more)

    monkeypatch.setattr(asyncssh, "listen", tapping)
