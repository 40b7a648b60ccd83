"""A run stands before a gate while an alert fires that did not fire as it began, and goes on when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hsops.config import load_site
from hsops.plugin import Workflow
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.site import SimulatedSite
from hsops.workflow import gates
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunStatus, StepInfo
from tests.plugins.alertmanager.gated import GATED, LET_GO

pytestmark = pytest.mark.asyncio
PATIENCE = 60.0
GATE = "  gates:\n  - {name: nodes.up, query: 'up{job=\"node\"}', min: 1}\n"


@pytest_asyncio.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SimulatedSite, Engine]]:
    """A site with an Alertmanager, and a Prometheus with a gate of the site file; one host is down already."""
    monkeypatch.setattr(gates, "EVERY", 0.1)
    monkeypatch.setattr(gates, "AGAIN", 0.1)
    registry = Registry.load()

    def find(name: str) -> Workflow:
        return GATED if name == GATED.name else registry.workflow(name)

    async with SimulatedSite(machines=14, servers=0, only=["alertmanager", "prometheus"]) as site:
        file = tmp_path / "site.yaml"
        await asyncio.to_thread(file.write_text, await asyncio.to_thread(site.file.read_text) + GATE)
        async with (
            Session([load_site(file, registry)], registry) as session,
            Engine(session, tmp_path / "runs.sqlite", find) as engine,
        ):
            yield site, engine


async def at_gate(engine: Engine, run: str, words: str) -> StepInfo:
    """The gate, once it says that."""
    for _ in range(int(PATIENCE / 0.05)):
        for step in await engine.steps(run):
            if step.kind == "gate" and words in step.text:
                return step
        await asyncio.sleep(0.05)
    pytest.fail(f"the gate did not say {words}: {[(s.kind, s.text) for s in await engine.steps(run)]}")


async def begin(engine: Engine) -> str:
    """A run whose baseline is taken: its first step has begun."""
    run = await engine.submit(GATED.name, {}, {}, site="simulated", attended=True)
    for _ in range(int(PATIENCE / 0.05)):
        if any(step.name == "first" for step in await engine.steps(run)):
            return run
        await asyncio.sleep(0.05)
    pytest.fail("it did not begin")


def host(site: SimulatedSite, at: int) -> str:
    """A compute host."""
    return site.call(lambda world: str(list(world.fleet.of("compute"))[at].name))


async def test_a_new_alert_and_a_query_hold_the_run(bench: tuple[SimulatedSite, Engine]) -> None:
    site, engine = bench
    run = await begin(engine)
    down = host(site, 0)
    fault: Any = site.inject("host.down", down)
    site.tick(30)
    LET_GO.add(run)
    gate = await at_gate(engine, run, "alerts.new")
    assert f"HostDown ({down})" in gate.text
    assert "nodes.up: 0 (" in gate.text
    assert (await engine.info(run)).status is RunStatus.WAITING
    site.heal(fault.id)
    site.tick(60)
    assert (await engine.join(run)).status is RunStatus.DONE


async def test_what_fired_before_does_not_hold_it(bench: tuple[SimulatedSite, Engine]) -> None:
    site, engine = bench
    site.inject("host.down", host(site, 0))
    site.tick(30)
    run = await begin(engine)
    LET_GO.add(run)
    gate = await at_gate(engine, run, "nodes.up")
    assert "alerts.new" not in gate.text
    await engine.waive(run, gate.key, "that host is being replaced")
    assert (await engine.join(run)).status is RunStatus.DONE
