"""``/rules`` and ``/alerts``."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from aiohttp import web

from hsops.plugins.prometheus.simulator.answers import failure, success
from hsops.simulator.clock import rfc3339_millis
from hsops.simulator.monitoring import SCRAPE_INTERVAL, Alert, Rule
from hsops.simulator.world import World


class RulePages:
    """The world's alerting rules and what they find."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def rules(self, request: web.Request) -> web.Response:
        """``GET /rules?type=alert|record``."""
        wanted = request.query.get("type", "")
        if wanted not in ("", "alert", "record"):
            return failure("bad_data", f'invalid parameter "type": not supported value "{wanted}"')
        self._world.tick()
        groups = groupby(self._world.rules, key=lambda rule: rule.group)
        return success({"groups": [self._group(name, list(rules), wanted) for name, rules in groups]})

    async def alerts(self, _: web.Request) -> web.Response:
        """``GET /alerts``: pending ones too."""
        self._world.tick()
        return success({"alerts": [self._alert(alert) for alert in self._world.alerts.active.values()]})

    def _group(self, name: str, rules: list[Rule], wanted: str) -> dict[str, Any]:
        return {
            "name": name,
            "file": "/etc/prometheus/rules.yml",
            "rules": [] if wanted == "record" else [self._rule(rule) for rule in rules],
            "interval": SCRAPE_INTERVAL,
            "limit": 0,
            "evaluationTime": 0.0005,
            "lastEvaluation": self._evaluated(),
        }

    def _evaluated(self) -> str:
        now = self._world.clock.now()
        return rfc3339_millis(now - now % SCRAPE_INTERVAL)

    def _rule(self, rule: Rule) -> dict[str, Any]:
        alerts = [self._alert(alert) for alert in self._world.alerts.active.values() if alert.rule.name == rule.name]
        states = {alert["state"] for alert in alerts}
        return {
            "state": "firing" if "firing" in states else "pending" if states else "inactive",
            "name": rule.name,
            "query": rule.expr,
            "duration": rule.wait,
            "keepFiringFor": 0,
            "labels": {"severity": rule.severity},
            "annotations": {"summary": rule.summary},
            "alerts": alerts,
            "health": "ok",
            "evaluationTime": 0.0002,
            "lastEvaluation": self._evaluated(),
            "type": "alerting",
        }

    def _alert(self, alert: Alert) -> dict[str, Any]:
        return {
            "labels": alert.labels,
            "annotations": alert.annotations,
            "state": "firing" if alert.firing(self._world.clock.now()) else "pending",
            "activeAt": rfc3339_millis(alert.active_at),
            "value": "1e+00",
        }
