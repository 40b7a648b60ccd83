"""The simulated site's control port: faults and the clock, over HTTP on loopback, for other processes.

=========  =====================  ============================================================================
GET        ``/control/world``     counts, the world's time and speed, names to aim faults at
GET        ``/control/faults``    active faults, and the kinds that there are
POST       ``/control/fault``     ``{"kind": "host.down", "target": "cmp-001", …parameters}``: gives the fault
DELETE     ``/control/fault/ID``  heal one
DELETE     ``/control/faults``    heal all
POST       ``/control/clock``     ``{"speed": 10}`` or ``{"advance": 60}``
=========  =====================  ============================================================================
"""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from hsops.simulator.faults import API_KINDS, WORLD_KINDS, UnknownFault
from hsops.simulator.world import World


class ControlPort:
    """Serves the control requests."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1") -> str:
        """Bind a free port and give its URL."""
        app = web.Application(middlewares=[_guard])
        app.router.add_get("/control/world", self._about)
        app.router.add_get("/control/faults", self._faults)
        app.router.add_post("/control/fault", self._inject)
        app.router.add_delete("/control/fault/{id}", self._heal)
        app.router.add_delete("/control/faults", self._heal)
        app.router.add_post("/control/clock", self._clock)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, 0).start()
        return f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _about(self, request: web.Request) -> web.Response:
        world = self._world
        return _json(
            {
                "now": world.clock.now(),
                "speed": world.clock.speed,
                "racks": sorted(world.fleet.racks()),
                "machines": [machine.name for machine in world.fleet],
                "down": sorted(world.fleet.down),
                "servers": len(world.compute.servers),
                "osds": len(world.ceph.osds),
                "ceph": world.ceph_status,
                "alerts": len(world.alerts.firing()),
                "migrations": len(world.compute.underway),
            }
        )

    async def _faults(self, request: web.Request) -> web.Response:
        return _json({"faults": list(self._world.faults), "kinds": sorted(WORLD_KINDS | API_KINDS)})

    async def _inject(self, request: web.Request) -> web.Response:
        body = await _object(request)
        kind, target = str(body.pop("kind", "")), str(body.pop("target", ""))
        return _json(self._world.inject(kind, target, **body))

    async def _heal(self, request: web.Request) -> web.Response:
        self._world.heal(request.match_info.get("id", ""))
        return _json({"faults": list(self._world.faults)})

    async def _clock(self, request: web.Request) -> web.Response:
        body = await _object(request)
        if "speed" in body:
            self._world.clock.speed = float(body["speed"])
        if "advance" in body:
            self._world.tick(float(body["advance"]))
        return _json({"now": self._world.clock.now(), "speed": self._world.clock.speed})


@web.middleware
async def _guard(request: web.Request, handler: Any) -> web.StreamResponse:
    """No web page may steer the simulator through its reader's browser; wrong requests are answered in words."""
    if "Origin" in request.headers:
        return _json({"error": "not for browsers"}, 403)
    try:
        answer: web.StreamResponse = await handler(request)
    except (UnknownFault, ValueError, TypeError) as error:
        return _json({"error": str(error)}, 400)
    return answer


async def _object(request: web.Request) -> dict[str, Any]:
    return msgspec.json.decode(await request.read(), type=dict[str, Any])


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")
