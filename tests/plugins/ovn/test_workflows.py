"""gateway.drain and gateway.return through the durable engine, on the simulated site's own wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hsops.config import load_site
from hsops.plugins.ovn import inventory, priorities
from hsops.plugins.ovn.client import Ovn
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.site import SimulatedSite
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunInfo, RunStatus, StepStatus

pytestmark = pytest.mark.asyncio


@dataclass
class Bench:
    """A simulated OVN, the engine, and an independent look at the databases."""

    site: SimulatedSite
    engine: Engine
    ovn: Ovn
    host: str
    """A chassis that holds gateway ports."""

    async def held(self) -> list[str]:
        """Gateway ports on the host."""
        return list(await inventory.held(self.ovn, await inventory.find(self.ovn, self.host)))

    async def priorities(self) -> dict[str, int]:
        """Of the host, by gateway port."""
        return {seat.owner: seat.priority for seat in (await inventory.find(self.ovn, self.host)).seats}

    async def finish(self, workflow: str, **values: Any) -> RunInfo:
        """A run to its end."""
        run = await self.engine.submit(workflow, {"host": self.host, **values}, {}, site="simulated", attended=False)
        return await self.engine.join(run)


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A small overlay."""
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"HSOPS_{name}_DIR", str(tmp_path / name.lower()))
    registry = Registry.load()
    async with SimulatedSite(machines=24, servers=40, only=["ovn"]) as simulated:
        loaded = load_site(simulated.file, registry)
        async with (
            Session([loaded], registry) as session,
            Engine(session, tmp_path / "runs.sqlite", registry.workflow) as engine,
        ):
            ovn = await session.connection("simulated", "ovn")
            host = simulated.call(lambda world: world.fleet.of("control")[1].name)
            yield Bench(simulated, engine, ovn, host)


async def test_the_plan_changes_nothing_and_says_everything(site: Bench) -> None:
    before = await site.priorities()
    plan = await site.engine.plan("gateway.drain", {"host": site.host}, {}, "simulated")
    assert plan.obstacles == []
    assert plan.touches == {"gateways": len(await site.held())}
    assert set(plan.commands()) == {f"ovn-nbctl lrp-set-gateway-chassis {port} {site.host} 0" for port in before}
    assert await site.priorities() == before


async def test_a_chassis_gives_its_gateways_away_and_gets_them_back(site: Bench) -> None:
    before, held = await site.priorities(), await site.held()
    assert held
    run = await site.finish("gateway.drain")
    assert run.status is RunStatus.DONE, run.reason
    assert await site.held() == []
    assert set((await site.priorities()).values()) == {0}
    back = await site.finish("gateway.return")
    assert back.status is RunStatus.DONE, back.reason
    assert await site.priorities() == before
    assert await site.held() == held


async def test_a_second_drain_keeps_the_priorities_that_the_first_has_saved(site: Bench) -> None:
    before = await site.priorities()
    for _ in range(2):
        assert (await site.finish("gateway.drain")).status is RunStatus.DONE
    assert (await site.finish("gateway.return")).status is RunStatus.DONE
    assert await site.priorities() == before


async def test_every_effect_twice_in_a_row_leaves_the_same(site: Bench) -> None:
    place = await inventory.find(site.ovn, site.host)
    before = await site.priorities()
    for _ in range(2):
        for seat in place.seats:
            await priorities.lower(site.ovn, seat, "r1")
    assert set((await site.priorities()).values()) == {0}
    for seat in place.seats:
        assert await priorities.restore(site.ovn, seat, "another") == "not lowered by us"
    for _ in range(2):
        for seat in place.seats:
            await priorities.restore(site.ovn, seat, "r1")
    assert await site.priorities() == before


async def test_the_last_living_candidate_is_not_drained(site: Bench) -> None:
    others = site.site.call(lambda world: [machine.name for machine in world.fleet.of("control")])
    for other in others:
        if other != site.host:
            site.site.inject("host.down", other)
    await _until(lambda: _dead(site, len(others) - 1), "the databases tell of the dead")
    before = await site.priorities()
    run = await site.finish("gateway.drain")
    assert run.status is RunStatus.REFUSED
    assert "gateway.alternatives" in run.reason
    assert await site.priorities() == before


async def test_an_abort_gives_the_priorities_back(site: Bench) -> None:
    before = await site.priorities()
    site.site.inject("api.slow", "ovn/northbound", path="transact", seconds=0.5)
    run = await site.engine.submit("gateway.drain", {"host": site.host}, {}, site="simulated", attended=False)
    await _until(lambda: _lowered(site, run), "a priority is lowered")
    await site.engine.abort(run)
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.ROLLED_BACK, ended.reason
    site.site.heal()
    assert await site.priorities() == before


async def _dead(site: Bench, count: int) -> bool:
    return sum(row["nb_cfg"] < 0 for row in await site.ovn.select_south("Chassis_Private")) >= count


async def _lowered(site: Bench, run: str) -> bool:
    return any(step.kind == "item" and step.status is StepStatus.DONE for step in await site.engine.steps(run))


async def _until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    for _ in range(600):
        if await condition():
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"it never came: {what}")
