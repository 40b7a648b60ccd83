"""Against the real Alertmanager: amtool sees what hsops does, and amtool's own commands do what hsops shows."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from hsops.config import load_site
from hsops.plugins.alertmanager import PLUGIN
from hsops.plugins.alertmanager.workflows import maintenance
from hsops.registry import Registry, resolve
from hsops.session import Session
from hsops.testing import connected
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunStatus
from tests.lab.clients import amtool
from tests.lab.env import Lab, Prometheus
from tests.plugins.replay import ToyContext

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


@dataclass
class Alerting:
    """An alert of our own, which no other test looks at."""

    lab: Lab
    url: str
    host: str
    site: Path

    def fire(self, **labels: str) -> None:
        """Let it fire for ten minutes."""
        ends = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
        body = [
            {"labels": {"alertname": "HsopsTest", "severity": "warning", "host": self.host, **labels}, "endsAt": ends}
        ]
        self._post(body)

    def end(self) -> None:
        """It is well again."""
        labels = {"alertname": "HsopsTest", "severity": "warning", "host": self.host}
        self._post([{"labels": labels, "endsAt": datetime.now(UTC).isoformat()}])

    def _post(self, body: Any) -> None:
        request = urllib.request.Request(f"{self.url}/api/v2/alerts", json.dumps(body).encode())  # noqa: S310 - the lab's
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - the lab's

    def silences(self, *flags: str) -> list[dict[str, Any]]:
        """Ours, as amtool shows them; `flags`: ``--expired``."""
        every = json.loads(amtool(self.lab, "-o", "json", "silence", "query", *flags) or "[]")
        return [one for one in every if any(self.host in each["value"].replace("\\", "") for each in one["matchers"])]

    def state(self) -> str:
        """The alert's state, as amtool shows it."""
        query = ["alert", "query", "-s", "-i", "-a", "-u", f"host={self.host}"]
        (found,) = json.loads(amtool(self.lab, "-o", "json", *query))
        return str(found["status"]["state"])


@pytest.fixture
def alerting(lab: Lab, lab_prometheus: Prometheus, tmp_path: Path) -> Iterator[Alerting]:
    """A site with the lab's Alertmanager, and an alert that fires; nothing of it stays."""
    site = tmp_path / "site.yaml"
    systems = [{"plugin": "alertmanager", "url": lab_prometheus.alertmanager_url}]
    site.write_text(yaml.safe_dump({"site": "lab", "tier": "lab", "systems": systems}))
    found = Alerting(lab, lab_prometheus.alertmanager_url, f"hsops-{secrets.token_hex(4)}.x", site)
    found.fire()
    until(lambda: found.state() == "active", "the alert to fire")
    yield found
    for silence in found.silences():
        amtool(lab, "silence", "expire", silence["id"])
    found.end()


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for it, generously."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


async def play(alerting: Alerting, folder: Path, check: Callable[[Engine], Any]) -> None:
    """Something with an engine on the site."""
    registry = Registry.load()
    async with (
        Session([load_site(alerting.site, registry)], registry) as session,
        Engine(session, folder / "runs.sqlite", registry.workflow) as engine,
    ):
        await check(engine)


@pytest.mark.asyncio
async def test_amtool_sees_it_and_backing_out_ends_it(
    alerting: Alerting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "EVERY", 0.1)

    async def check(engine: Engine) -> None:
        values = {"host": alerting.host, "duration": "30m", "reason": "it's a test"}
        run = await engine.submit("silence.maintenance", values, {}, site="lab", attended=False)
        await asyncio.to_thread(until, alerting.silences, "the silence")
        (silence,) = await asyncio.to_thread(alerting.silences)
        assert silence["comment"] == f"hsops:{run} it's a test"
        await asyncio.to_thread(until, lambda: alerting.state() == "suppressed", "the alert to be muted")
        await engine.abort(run, attended=False)
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK
        assert await asyncio.to_thread(alerting.silences) == []
        assert await asyncio.to_thread(alerting.state) == "active"

    await play(alerting, tmp_path, check)


@pytest.mark.asyncio
async def test_the_commands_shown_do_the_same(alerting: Alerting, tmp_path: Path) -> None:
    async def check(engine: Engine) -> None:
        values = {"host": alerting.host, "duration": "30m", "reason": "it's a test"}
        plan = await engine.plan("silence.maintenance", values, {}, site="lab")
        assert plan.touches["alerts"] == 1
        step = plan.steps[0]
        await asyncio.to_thread(subprocess.run, step.command, check=True, capture_output=True)
        info = await engine.join(
            await engine.submit("silence.maintenance", {**values, "hold": "no"}, {}, site="lab", attended=False)
        )
        assert info.status is RunStatus.DONE, info.reason
        typed, ours = sorted(await asyncio.to_thread(alerting.silences), key=lambda one: "RUN" not in one["comment"])
        assert typed["matchers"] == ours["matchers"]
        assert typed["createdBy"] == ours["createdBy"]
        lengths = [_seconds(one["endsAt"]) - _seconds(one["startsAt"]) for one in (typed, ours)]
        assert lengths == pytest.approx([1800, 1800], abs=30)
        await asyncio.to_thread(subprocess.run, step.undo_command, check=True, capture_output=True)
        assert await asyncio.to_thread(alerting.silences) == []

    await play(alerting, tmp_path, check)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.asyncio
async def test_extending_is_what_amtool_does(alerting: Alerting) -> None:
    extend = next(action for action in PLUGIN.actions if action.name == "silence.extend")
    id_ = amtool(alerting.lab, "silence", "add", "-d", "600s", "-c", "test", f"host={alerting.host}").strip()
    async with connected(PLUGIN, {"url": alerting.url}, ToyContext(timeout=10)) as connection:
        silence = await connection.silence(id_)
        command = list(extend.command(silence, {"duration": 7200}))
        amtool(alerting.lab, *command[1:])
        (seen,) = alerting.silences()
        assert _seconds(seen["endsAt"]) - time.time() == pytest.approx(7200, abs=30)


def child(alerting: Alerting, store: Path, *words: str) -> subprocess.Popen[str]:
    """A process with an engine; see `tests.journeys.child`."""
    argv = [sys.executable, "-m", "tests.journeys.child", str(alerting.site), str(store), "5", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT)


def test_a_killed_run_goes_on_with_its_silence(alerting: Alerting, tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    values = [f"host={alerting.host}", "duration=30m", "reason=a test"]
    children = [child(alerting, store, "silence.maintenance", *values)]
    try:
        until(alerting.silences, "the silence")
        (before,) = alerting.silences()
        children[0].send_signal(signal.SIGKILL)
        children[0].communicate()
        second = child(alerting, store)
        children.append(second)
        assert second.stdout is not None
        assert second.stdout.readline() == "ready\n"
        amtool(alerting.lab, "silence", "expire", before["id"])  # somebody says that the work has ended
        out, err = second.communicate(timeout=200)
        assert second.returncode == 0, out + err
    finally:
        for one in children:
            if one.poll() is None:
                one.kill()
                one.communicate()
    assert alerting.silences() == []
    assert [one["id"] for one in alerting.silences("--expired")] == [before["id"]]
    assert alerting.state() == "active"


@pytest.mark.asyncio
async def test_the_gate(alerting: Alerting) -> None:
    only = {"only": [f'host="{alerting.host}"']}
    async with connected(PLUGIN, {"url": alerting.url, "gate": only}, ToyContext(timeout=10)) as connection:
        (gate,) = resolve(PLUGIN.gates)(connection)
        baseline = await gate.baseline()
        assert len(baseline) == 1
        assert (await gate.look(baseline)).ok
        alerting.fire(disk="sda")
        red = await gate.look(baseline)
        assert (red.ok, red.text) == (False, f"1 new alert: HsopsTest ({alerting.host})")
        amtool(alerting.lab, "silence", "add", "-d", "60s", "-c", "test", f"host={alerting.host}", "disk=sda")
        assert (await gate.look(baseline)).ok
