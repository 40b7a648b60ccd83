"""What a face is, and the HTTP port that most faces are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Middleware

from hsops.simulator.faults import Fault
from hsops.simulator.world import World

GARBAGE = b"\x00\x01<<<not the protocol\xff\xfe\x1b[2J" * 8
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
ErrorShape: TypeAlias = Callable[[web.Request, int, str], web.Response]


class Face(Protocol):
    """One system's wire protocol, answered from the world. The class takes no arguments."""

    name: str
    """Name of the plugin, and of the system in the site file and in faults."""

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """Bind free ports and give the system's mapping for the site file (``{"plugin": …, …}``).

        Files that the mapping names (keys, clouds.yaml, secrets) are written into `world.folder`, mode 0600.
        """
        ...

    async def stop(self) -> None:
        """Close everything; never raises."""
        ...


def plain_error(request: web.Request, status: int, message: str) -> web.Response:
    """The error shape of a service that has none of its own."""
    return web.Response(status=status, text=message)


class HttpPort:
    """One loopback port with one aiohttp application behind the faults of the world.

    `system` and `service` are what API faults name (``openstack/compute``); `error` gives 403 and 5xx their shape.
    """

    def __init__(
        self, world: World, system: str, service: str, app: web.Application, error: ErrorShape = plain_error
    ) -> None:
        self._world, self._system, self._service, self._error = world, system, service, error
        self._app = app
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._host, self._port = "", 0
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        app.middlewares.insert(0, self._middleware())

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``"""
        return f"http://{self._host}:{self._port}"

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Bind and give the URL."""
        self._loop = asyncio.get_running_loop()
        # Hanging requests (api.silent) must not delay the end.
        self._runner = web.AppRunner(self._app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        self._host, self._port = host, port
        await self._listen()
        self._world.faults.subscribe(self._changed)
        return self.url

    async def stop(self) -> None:
        """Close the port and every connection."""
        self._world.faults.unsubscribe(self._changed)
        if self._task is not None:
            await asyncio.wait([self._task])
        if self._runner is not None:
            await self._runner.cleanup()

    async def _listen(self) -> None:
        assert self._runner is not None  # noqa: S101 - start() comes first
        self._site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await self._site.start()
        if not self._port:
            self._port = self._runner.addresses[0][1]

    def _changed(self) -> None:
        if self._loop is not None and (self._task is None or self._task.done()):
            self._task = self._loop.create_task(self._follow())

    async def _follow(self) -> None:
        """Close or open the port, until it is as the faults want it."""
        while (refused := self._world.faults.refused(self._system, self._service)) == (self._site is not None):
            if refused and self._site is not None:
                await self._site.stop()
                self._site = None
                self._drop_connections()
            elif not refused:
                await self._listen()

    def _drop_connections(self) -> None:
        if self._runner is not None and self._runner.server is not None:
            for connection in list(self._runner.server.connections):
                connection.force_close()
                if connection.transport is not None:
                    connection.transport.abort()

    def _middleware(self) -> Middleware:
        @web.middleware
        async def suffer(request: web.Request, handler: Handler) -> web.StreamResponse:
            fault = self._world.faults.api(self._system, self._service, request.path_qs)
            if fault is None:
                return await handler(request)
            return await self._suffer(fault, request, handler)

        return suffer

    async def _suffer(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        if fault.kind == "api.slow":
            await asyncio.sleep(fault.number("seconds", 5))
            return await handler(request)
        if fault.kind == "api.silent":
            await self._world.faults.over(fault)
            return self._error(request, 503, "the service was silent until now")
        if fault.kind == "api.drip":
            return await drip(request, await handler(request), fault.number("rate", 20))
        if fault.kind == "api.garbage":
            return web.Response(body=GARBAGE, content_type="application/json")
        if fault.kind == "api.forbidden":
            return self._error(request, 403, "simulated fault: not allowed")
        return self._error(request, int(fault.number("status", 500)), "simulated fault")


async def drip(request: web.Request, answer: web.StreamResponse, rate: float) -> web.StreamResponse:
    """Send the answer `rate` bytes a second."""
    body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
    slow = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.headers.get("Content-Type", "")})
    slow.content_length = len(body)
    await slow.prepare(request)
    for index in range(len(body)):
        await slow.write(body[index : index + 1])
        await asyncio.sleep(1 / rate)
    await slow.write_eof()
    return slow
