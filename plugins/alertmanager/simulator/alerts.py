"""``/alerts`` and ``/alerts/groups``."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from aiohttp import web

from hsops.plugins.alertmanager.simulator.errors import text
from hsops.plugins.alertmanager.simulator.matching import BadMatcher, matcher
from hsops.simulator.clock import rfc3339_millis
from hsops.simulator.monitoring import Alert, Matcher
from hsops.simulator.world import World

KEPT = 240.0
"""Seconds after which an alert that Prometheus no longer sends would end."""
RECEIVER = "none"


class AlertPages:
    """Reads of the alerts that fire in the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def listed(self, request: web.Request) -> web.Response:
        """``GET /alerts?filter=…&active=&silenced=&inhibited=&unprocessed=&receiver=``."""
        try:
            return web.json_response(self._chosen(request))
        except BadMatcher as error:
            return text(400, str(error))

    async def grouped(self, request: web.Request) -> web.Response:
        """``GET /alerts/groups``: by alert name."""
        try:
            alerts = self._chosen(request)
        except BadMatcher as error:
            return text(400, str(error))
        groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for alert in alerts:
            groups[alert["labels"]["alertname"]].append(alert)
        return web.json_response([
            {"alerts": members, "labels": {"alertname": name}, "receiver": {"name": RECEIVER}}
            for name, members in sorted(groups.items())
        ])  # fmt: skip

    def _chosen(self, request: web.Request) -> list[dict[str, Any]]:
        self._world.tick()
        matchers = [matcher(text) for text in request.query.getall("filter", [])]
        if not _receives(request.query.get("receiver", "")):
            return []
        pages = [self._page(alert) for alert in self._world.alerts.firing() if _fits(alert, matchers)]
        return [page for page in pages if _wanted(page["status"]["state"], request)]

    def _page(self, alert: Alert) -> dict[str, Any]:
        now = self._world.clock.now()
        silenced = self._world.silences.silenced_by(alert.labels)
        return {
            "annotations": alert.annotations,
            "endsAt": rfc3339_millis(now + KEPT),
            "fingerprint": alert.fingerprint,
            "receivers": [{"name": RECEIVER}],
            "startsAt": rfc3339_millis(alert.fires_at),
            "status": {
                "inhibitedBy": [],
                "silencedBy": silenced,
                "state": "suppressed" if silenced else "active",
            },
            "updatedAt": rfc3339_millis(now),
            "generatorURL": "http://prometheus.site/graph",
            "labels": alert.labels,
        }


def _receives(pattern: str) -> bool:
    try:
        return not pattern or re.fullmatch(pattern, RECEIVER) is not None
    except re.error as error:
        raise BadMatcher(f"failed to parse receiver param: error parsing regexp: {error}: `^(?:{pattern})$`") from error


def _fits(alert: Alert, matchers: list[Matcher]) -> bool:
    return all(matcher.matches(alert.labels) for matcher in matchers)


def _wanted(state: str, request: web.Request) -> bool:
    """``active=perhaps`` is false without an error, as in the server."""
    switch = "silenced" if state == "suppressed" else "active"
    return request.query.get(switch, "true") in ("true", "1", "t", "T", "TRUE", "True", "yes", "on")
