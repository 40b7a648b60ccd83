"""The gate ``alerts.new``: what fired as the run began does not count, what came later does."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from hsops.errors import Unreachable, UserError
from hsops.plugins.alertmanager import PLUGIN
from hsops.registry import resolve
from hsops.testing import check_gate, connected
from tests.plugins.replay import ToyContext, serving

pytestmark = pytest.mark.asyncio


def alert(fingerprint: str, name: str = "DiskFull", state: str = "active", **labels: str) -> dict[str, Any]:
    """As Alertmanager writes it."""
    return {
        "fingerprint": fingerprint,
        "labels": {"alertname": name, "severity": "warning", **labels},
        "annotations": {},
        "startsAt": "2026-11-21T06:41:22.136Z",
        "status": {"state": state, "silencedBy": ["x"] if state == "suppressed" else [], "inhibitedBy": []},
    }


class Server:
    """An Alertmanager with these alerts."""

    def __init__(self, *alerts: dict[str, Any]) -> None:
        self.alerts = list(alerts)
        self.broken = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self.broken:
            return web.Response(status=503, text="no")
        if request.path.endswith("/status"):
            return web.json_response({"cluster": {"status": "disabled"}, "versionInfo": {"version": "1"}})
        return web.json_response(self.alerts)


async def test_only_what_is_new_is_red() -> None:
    server = Server(alert("a"), alert("b", state="suppressed"), alert("w", name="Watchdog", severity="none"))
    async with serving(server.handle) as url, connected(PLUGIN, {"url": url}, ToyContext()) as connection:
        (gate,) = resolve(PLUGIN.gates)(connection)
        baseline = await gate.baseline()
        assert baseline == ["a"]
        await check_gate(gate)
        server.alerts += [alert("i", severity="info"), alert("s", state="suppressed")]
        assert (await gate.look(baseline)).ok
        server.alerts += [alert("n", name="HostDown", severity="critical", host="h1"), alert("m", host="h2")]
        red = await gate.look(baseline)
        assert (red.ok, red.text) == (False, "2 new alerts: HostDown (h1), DiskFull (h2)")
        assert red.hint
        server.alerts = [alert("b")]  # the silence has ended: it is heard now
        assert not (await gate.look(baseline)).ok
        server.alerts = [alert("a")]
        assert (await gate.look(baseline)).ok


async def test_the_site_says_what_counts() -> None:
    server = Server()
    gate_options = {"severities": ["critical"], "only": ['team="infra"'], "ignore": ['alertname=~"Noise.*"']}
    async with serving(server.handle) as url:
        async with connected(PLUGIN, {"url": url, "gate": gate_options}, ToyContext()) as connection:
            (gate,) = resolve(PLUGIN.gates)(connection)
            server.alerts = [
                alert("1", severity="critical"), alert("2", team="infra"),
                alert("3", name="NoiseA", severity="critical", team="infra"),
            ]  # fmt: skip
            assert (await gate.look([])).ok
            server.alerts.append(alert("4", severity="Critical", team="infra"))
            assert (await gate.look([])).text == "1 new alert: DiskFull"
        with pytest.raises(UserError, match="no matcher"):
            async with connected(PLUGIN, {"url": url, "gate": {"only": ["team"]}}, ToyContext()):
                pass


async def test_who_does_not_answer_is_not_green() -> None:
    server = Server()
    async with serving(server.handle) as url, connected(PLUGIN, {"url": url}, ToyContext()) as connection:
        (gate,) = resolve(PLUGIN.gates)(connection)
        server.broken = True
        with pytest.raises(Unreachable):
            await gate.look([])
