"""Prometheus' HTTP API, answered from the simulated world. Held to the recordings in tests/plugins/prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hsops.plugins.prometheus.simulator.answers import error_page, strangers, success
from hsops.plugins.prometheus.simulator.queries import QueryPages
from hsops.plugins.prometheus.simulator.rules import RulePages
from hsops.simulator.clock import rfc3339_millis
from hsops.simulator.face import HttpPort
from hsops.simulator.metrics import wave
from hsops.simulator.monitoring import SCRAPE_INTERVAL, ScrapeTarget
from hsops.simulator.world import World

VERSION = "2.42.0"


class PrometheusFace:
    """One Prometheus that scrapes every machine of the world."""

    name = "prometheus"

    def __init__(self) -> None:
        self._port: HttpPort | None = None

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """Bind a free port; gives the site file's mapping."""
        app = web.Application(middlewares=[strangers])
        pages, rules, queries = StatusPages(world), RulePages(world), QueryPages(world)
        routes = {
            "status/buildinfo": pages.build,
            "status/runtimeinfo": pages.runtime,
            "targets": pages.targets,
            "rules": rules.rules,
            "alerts": rules.alerts,
            "labels": queries.labels,
            "label/{name}/values": queries.label_values,
            "series": queries.series,
        }
        for path, page in routes.items():
            app.router.add_get(f"/api/v1/{path}", page)
        for path, page in {"query": queries.instant, "query_range": queries.range}.items():
            app.router.add_get(f"/api/v1/{path}", page)
            app.router.add_post(f"/api/v1/{path}", page)
        for path in ("/-/ready", "/-/healthy"):
            app.router.add_get(path, _ready)
        self._port = HttpPort(world, self.name, "", app, error_page)
        return {"plugin": self.name, "url": await self._port.start(host)}

    async def stop(self) -> None:
        """Close the port."""
        if self._port is not None:
            await self._port.stop()


async def _ready(_: web.Request) -> web.Response:
    return web.Response(text="Prometheus Server is Ready.\n")


class StatusPages:
    """Build, runtime and targets."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def build(self, _: web.Request) -> web.Response:
        """``GET /status/buildinfo``."""
        names = ("revision", "branch", "buildUser", "buildDate", "goVersion")
        return success({"version": VERSION, **dict.fromkeys(names, "")})

    async def runtime(self, _: web.Request) -> web.Response:
        """``GET /status/runtimeinfo``."""
        started = rfc3339_millis(self._world.started)
        return success({
            "startTime": started, "CWD": "/", "reloadConfigSuccess": True, "lastConfigTime": started,
            "corruptionCount": 0, "goroutineCount": 40, "GOMAXPROCS": 2, "GOGC": "", "GODEBUG": "",
            "storageRetention": "15d",
        })  # fmt: skip

    async def targets(self, request: web.Request) -> web.Response:
        """``GET /targets?state=active|dropped|any``; an unknown state gives nothing."""
        self._world.tick()
        wanted = request.query.get("state", "any") in ("active", "any")
        active = [self._target(target) for target in self._world.targets()] if wanted else []
        return success({"activeTargets": active, "droppedTargets": []})

    def _target(self, target: ScrapeTarget) -> dict[str, Any]:
        now = self._world.clock.now()
        last = now - now % SCRAPE_INTERVAL
        labels = {"instance": target.instance, "job": target.job, "host": target.host, "rack": target.rack}
        interval = f"{SCRAPE_INTERVAL:g}s"
        return {
            "discoveredLabels": {"__address__": target.instance, "job": target.job},
            "labels": labels,
            "scrapePool": target.job,
            "scrapeUrl": target.url,
            "globalUrl": target.url,
            "lastError": target.error,
            "lastScrape": rfc3339_millis(last),
            "lastScrapeDuration": round(wave(target.instance, last, 0.002, 0.04), 9),
            "health": "up" if target.up else "down",
            "scrapeInterval": interval,
            "scrapeTimeout": "10s",
        }
