"""A loopback HTTP server for plugin tests: replays recorded answers, and misbehaves on request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from hsops.plugin import Secret

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def recorded(path: Path) -> list[dict[str, Any]]:
    """The entries of a recording: ``{request, response}``."""
    entries: list[dict[str, Any]] = json.loads(path.read_text())
    return [entry for entry in entries if "request" in entry and "response" in entry]


def answer_of(entry: dict[str, Any]) -> web.Response:
    """A recorded answer as it went over the wire."""
    response = entry["response"]
    kind = response["headers"].get("Content-Type", "application/json")
    body = response["body"]
    text = body if isinstance(body, str) and not kind.startswith("application/json") else json.dumps(body)
    return web.Response(status=response["status"], body=text.encode(), headers={"Content-Type": kind})


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve every request with `handler`; gives the base URL."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


def replaying(*files: Path) -> Handler:
    """Answers the recorded requests by method and path with query, else by path alone, else 404."""
    entries = [entry for file in files for entry in recorded(file)]

    async def handle(request: web.Request) -> web.StreamResponse:
        asked = [entry for entry in entries if entry["request"]["method"] == request.method]
        exact = [entry for entry in asked if entry["request"]["path"] == request.path_qs]
        same = [entry for entry in asked if entry["request"]["path"].split("?")[0] == request.path]
        for entry in exact or same:
            return answer_of(entry)
        return web.Response(status=404, text="404 page not found")

    return handle


async def hang(_: web.Request) -> web.StreamResponse:
    """Never answers."""
    await asyncio.sleep(60)
    return web.Response()


async def drip(request: web.Request) -> web.StreamResponse:
    """Sends a byte now and then, for ever."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(600):
        await response.write(b" ")
        await asyncio.sleep(0.1)
    return response


async def garbage(_: web.Request) -> web.StreamResponse:
    """Bytes that are no JSON, with a terminal escape in them."""
    return web.Response(body=b"\x00\x1b]52;c;ZXZpbA==\x07<html>", content_type="application/json")


async def wrong_shape(_: web.Request) -> web.StreamResponse:
    """JSON of another kind."""
    return web.json_response({"status": "success", "data": 7, "versionInfo": "x"})


def refusing(status: int) -> Handler:
    """Always this status."""

    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="no\x1b[31m")

    return handle


@dataclass
class ToyContext:
    """A context whose secrets are known here."""

    site: str = "s1"
    system: str = "sys"
    tier: str = "lab"
    timeout: float = 1.0
    secrets: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """As it is."""
        return Path(name)

    async def secret(self, secret: Secret) -> str:
        """From the file it names, else from the dict, by its reference."""
        return self.secrets[str(secret)] if secret.file is None else Path(secret.file).read_text()  # noqa: ASYNC240 - a few bytes
