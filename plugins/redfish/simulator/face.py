"""Redfish of every machine of the world: ``http://127.0.0.1:PORT/NAME/redfish/v1``.

It has what the emulators lack: sessions, sensors, power. The shapes are those of DMTF's schemas.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hsops.plugins.redfish.simulator.bodies import RESETS, Bodies
from hsops.simulator.face import HttpPort
from hsops.simulator.files import write_private
from hsops.simulator.world import World

USER = "hsops"


class RedfishFace:
    """A BMC for every machine."""

    name = "redfish"

    def __init__(self) -> None:
        self._port: HttpPort | None = None
        self._password = secrets.token_hex(8)
        self._tokens: set[str] = set()

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """Bind a free port; gives the site file's mapping."""
        self._world, self._bodies = world, Bodies(world)
        app = web.Application(middlewares=[self._guard])
        at = "/{bmc}/redfish/v1"
        app.router.add_get(f"{at}/", self._root)
        app.router.add_post(f"{at}/SessionService/Sessions", self._log_in)
        for path, body in {
            "/Systems": self._bodies.systems, "/Systems/1": self._bodies.system, "/Chassis/1": self._bodies.chassis,
            "/Chassis/1/Thermal": self._bodies.thermal, "/Chassis/1/Power": self._bodies.power,
            "/Managers/bmc": self._bodies.manager,
        }.items():  # fmt: skip
            app.router.add_get(at + path, _page(body))
        app.router.add_patch(f"{at}/Systems/1", self._change)
        app.router.add_post(f"{at}/Systems/1/Actions/ComputerSystem.Reset", self._reset)
        self._port = HttpPort(world, self.name, "", app, _error)
        url = await self._port.start(host)
        secret: dict[str, Any] = {}
        if world.folder is not None:
            file = write_private(world.folder / "redfish" / "password", self._password)
            secret = {"username": USER, "password": {"file": str(file)}}
        bmcs = [{"name": machine.name, "url": f"{url}/{machine.name}"} for machine in self._bodies.machines()]
        return {"plugin": self.name, "bmcs": bmcs, "every": 10.0, **secret}

    async def stop(self) -> None:
        """Close the port."""
        if self._port is not None:
            await self._port.stop()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """A machine that has no power at all has no BMC either; everything but root and login wants a session."""
        name = request.match_info.get("bmc", "")
        if name not in self._world.fleet:
            raise web.HTTPNotFound
        open_ = request.path.endswith(("/redfish/v1/", "/Sessions"))
        if not open_ and request.headers.get("X-Auth-Token", "") not in self._tokens:
            return _error(request, 401, "no valid session")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _root(self, request: web.Request) -> web.Response:
        return web.json_response({
            "@odata.id": "/redfish/v1/", "RedfishVersion": "1.11.0",
            "Systems": {"@odata.id": self._path(request, "/Systems")},
            "SessionService": {"@odata.id": self._path(request, "/SessionService")},
        })  # fmt: skip

    def _path(self, request: web.Request, path: str) -> str:
        return f"/redfish/v1{path}"

    async def _log_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        if (body.get("UserName"), body.get("Password")) != (USER, self._password):
            return _error(request, 401, "wrong username or password")
        token = secrets.token_hex(16)
        self._tokens.add(token)
        return web.json_response({"Id": token[:8]}, status=201, headers={"X-Auth-Token": token})

    async def _change(self, request: web.Request) -> web.Response:
        body = await request.json()
        known = self._bodies.settings(request.match_info["bmc"])
        if "IndicatorLED" in body:
            known.led = body["IndicatorLED"]
        boot = body.get("Boot", {})
        if boot.get("BootSourceOverrideTarget"):
            known.boot = boot["BootSourceOverrideTarget"]
        return web.Response(status=204)

    async def _reset(self, request: web.Request) -> web.Response:
        name, kind = request.match_info["bmc"], (await request.json()).get("ResetType")
        if kind not in RESETS:
            return _error(request, 400, f"ResetType {kind} is not supported")
        on = name not in self._world.fleet.down
        if kind in ("ForceOff", "GracefulShutdown") and on:
            self._world.power(name, up=False)
        elif kind in ("On", "ForceRestart", "PowerCycle") and not on:
            self._world.power(name, up=True)
        return web.Response(status=204)


def _page(body: Any) -> Any:
    async def page(request: web.Request) -> web.Response:
        return web.json_response(body(request.match_info["bmc"]))

    return page


def _error(request: web.Request, status: int, message: str) -> web.Response:
    info = [{"@odata.type": "#Message.v1_1_1.Message", "MessageId": "Base.1.8.GeneralError", "Message": message}]
    error = {"code": "Base.1.8.GeneralError", "message": message, "@Message.ExtendedInfo": info}
    return web.json_response({"error": error}, status=status)
