"""One loopback server that answers as the real services were recorded, for all services at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from hsops.api import Batch
from hsops.plugin import Secret
from hsops.plugins.openstack.client import OpenStack, connect
from hsops.plugins.openstack.options import OpenStackOptions
from tests.plugins.replay import ToyContext, serving

HERE = Path(__file__).parent / "recordings"
LOGIN = ("connect_authorize_catalog", "version_discovery")
Entry = dict[str, Any]
Override = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


def entries(*names: str) -> list[Entry]:
    """The exchanges of recordings that had an answer."""
    found = [entry for name in names for entry in json.loads((HERE / f"{name}.json").read_text())]
    return [entry for entry in found if entry["request"] and entry["response"].get("status")]


def rows(batch: Batch) -> list[Any]:
    """The rows of a batch, of whatever kind."""
    return list(batch.upserts)


def body_of(name: str, path: str, index: int = 0) -> bytes:
    """The body of the answer number `index` to requests whose path ends so."""
    matching = [entry for entry in entries(name) if entry["request"]["path"].endswith(path)]
    return json.dumps(matching[index]["response"]["body"]).encode()


class Recorded:
    """Answers by method, path and query; without that query, by method and path. Remembers what it was asked.

    `override` may answer first: where a test needs another answer, or a fault.
    """

    def __init__(self, *names: str, override: Override | None = None) -> None:
        self._entries = entries(*names, *LOGIN)
        self._override = override
        self.asked: list[str] = []
        self.versions: dict[str, str] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs}")
        self.versions[request.path] = request.headers.get("OpenStack-API-Version", "")
        if self._override is not None and (answer := await self._override(request)) is not None:
            return answer
        entry = self._find(request)
        if entry is None:
            return web.json_response({"itemNotFound": {"code": 404, "message": "not recorded"}}, status=404)
        return _answer(entry["response"], str(request.url.origin()))

    def _find(self, request: web.Request) -> Entry | None:
        same = [
            entry
            for entry in self._entries
            if entry["request"]["method"] == request.method
            and entry["request"]["path"].rstrip("/") == request.path.rstrip("/")
            and (request.path != "/" or entry["request"]["service"] == "placement")
        ]
        wanted = _query(request.query.items())
        exact = [entry for entry in same if _query(map(tuple, entry["request"]["query"])) == wanted]
        well = [entry for entry in same if entry["response"]["status"] < 400]
        return next(iter(exact or well or same), None)


def _query(pairs: Iterable[Any]) -> set[tuple[str, str]]:
    return {(name, "1" if name == "all_tenants" else value) for name, value in pairs}


def _answer(response: dict[str, Any], origin: str) -> web.Response:
    body = response["body"]
    text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
    text = text.replace("http://HOST:PORT", origin)
    if '"expires_at"' in text and '"catalog"' in text:
        token = json.loads(text)
        token["token"]["expires_at"] = "2099-01-01T00:00:00.000000Z"
        text = json.dumps(token)
    kept = {name: response["headers"][name] for name in ("X-Subject-Token",) if name in response["headers"]}
    kind = response["headers"].get("Content-Type", "application/json").split(";")[0]
    return web.Response(status=response["status"], text=text, content_type=kind, headers=kept)


def options(url: str, **more: Any) -> OpenStackOptions:
    """A login at this server."""
    return OpenStackOptions(auth_url=f"{url}/v3", username="admin", password=Secret(env="PW"), project="admin", **more)


def context(**more: Any) -> ToyContext:
    """A context that knows the password."""
    return ToyContext(system="cloud", secrets={"env:PW": "secret"}, **{"timeout": 10.0, **more})


@asynccontextmanager
async def opened(server: Recorded, **more: Any) -> AsyncIterator[OpenStack]:
    """A connection to the recorded services."""
    async with serving(server.answer) as url:
        cloud = await connect(options(url), context(**more))
        try:
            yield cloud
        finally:
            await cloud.aclose()
