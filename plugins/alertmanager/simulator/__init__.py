"""Alertmanager's v2 API, answered from the simulated world. Held to the recordings in tests/plugins/alertmanager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hsops.plugins.alertmanager.simulator.alerts import AlertPages
from hsops.plugins.alertmanager.simulator.errors import error_page, method_not_allowed
from hsops.plugins.alertmanager.simulator.silences import SilencePages
from hsops.simulator.clock import rfc3339_millis
from hsops.simulator.face import HttpPort
from hsops.simulator.world import World

VERSION = "0.25.0"
CONFIG = "route:\n  receiver: none\n  group_by:\n  - alertname\nreceivers:\n- name: none\ntemplates: []\n"


class AlertmanagerFace:
    """One Alertmanager without peers."""

    name = "alertmanager"

    def __init__(self) -> None:
        self._port: HttpPort | None = None

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """Bind a free port; gives the site file's mapping."""
        app = web.Application(middlewares=[method_not_allowed])
        alerts, silences = AlertPages(world), SilencePages(world)
        app.router.add_get("/api/v2/status", _status(world))
        app.router.add_get("/api/v2/receivers", _receivers)
        app.router.add_get("/api/v2/alerts", alerts.listed)
        app.router.add_get("/api/v2/alerts/groups", alerts.grouped)
        app.router.add_get("/api/v2/silences", silences.listed)
        app.router.add_post("/api/v2/silences", silences.posted)
        app.router.add_get("/api/v2/silence/{id}", silences.one)
        app.router.add_delete("/api/v2/silence/{id}", silences.expired)
        for path in ("/-/ready", "/-/healthy"):
            app.router.add_get(path, _ok)
        app.router.add_post("/-/reload", _reloaded)
        self._port = HttpPort(world, self.name, "", app, error_page)
        return {"plugin": self.name, "url": await self._port.start(host)}

    async def stop(self) -> None:
        """Close the port."""
        if self._port is not None:
            await self._port.stop()


async def _ok(_: web.Request) -> web.Response:
    return web.Response(text="OK")


async def _reloaded(_: web.Request) -> web.Response:
    return web.Response()


async def _receivers(_: web.Request) -> web.Response:
    return web.json_response([{"name": "none"}])


def _status(world: World) -> Any:
    async def page(_: web.Request) -> web.Response:
        build = {"branch": "", "buildDate": "", "buildUser": "", "goVersion": "", "revision": "", "version": VERSION}
        return web.json_response({
            "cluster": {"peers": [], "status": "disabled"},
            "config": {"original": CONFIG},
            "uptime": rfc3339_millis(world.started),
            "versionInfo": build,
        })  # fmt: skip

    return page
