"""hypervisors.rebalance through the durable engine, on the simulated site's own wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hsops.plugins.openstack.workflows.balance import Spread
from hsops.plugins.openstack.workflows.weighing import Scope, spread_now
from hsops.workflow.values import Plan, RunInfo, RunStatus
from tests.plugins.openstack.drainbench import Bench, bench

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A small cloud whose hosts are small and whose servers are all on few of them."""
    async with bench(tmp_path, monkeypatch) as found:
        found.site.call(lambda world: _skew(world, found.host))
        yield found


def _skew(world: Any, host: str) -> None:
    """Everything that rests goes to one host of its zone; hosts are small enough that it shows."""
    compute = world.compute
    hot = compute.hypervisors[host]
    for server in list(compute.servers.values()):
        near = compute.hypervisors[server.host].service.zone == hot.service.zone if server.host else False
        if near and server.status == "ACTIVE" and server.host != host:
            compute.release(server.host, server.id)
            compute.move(server, host)
            compute.claim(host, server.id, server.flavor)
    for one in compute.hypervisors.values():
        one.memory = 2 * max(hot.memory_used, 4096) + one.memory_reserved
        one.memory_ratio = 1.0


async def spread(site: Bench) -> Spread:
    """As placement has it."""
    return await spread_now(await site.cloud(), Scope())


async def plan_of(site: Bench, **values: Any) -> Plan:
    return await site.engine.plan("hypervisors.rebalance", values, {}, site="simulated")


async def finish(site: Bench, **values: Any) -> RunInfo:
    run = await site.engine.submit("hypervisors.rebalance", values, {}, site="simulated", attended=False)
    return await site.engine.join(run)


async def test_the_plan_shows_the_gain_and_changes_nothing(site: Bench) -> None:
    before = await spread(site)
    assert before.heat > 0.3
    plan = await plan_of(site, moves=4)
    assert plan.obstacles == []
    moves = next(step for step in plan.steps if step.kind == "each")
    assert plan.touches["servers"] == len(moves.items) <= 4
    shown = str(plan.touches["spread"])
    first, last = (float(part.strip(" %")) for part in shown.split("→"))
    assert first == pytest.approx(before.heat * 100, abs=0.6)
    assert last < first
    assert all("--live-migration --host" in command for command in plan.commands())
    assert await spread(site) == before


async def test_hot_hosts_get_colder_and_a_second_run_finds_nothing(site: Bench) -> None:
    before = await spread(site)
    run = await finish(site, threshold=25, moves=20, parallel=2)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    after = await spread(site)
    assert after.heat < before.heat
    moved = {one: site.migrations(one) for one in site.site.call(lambda world: list(world.compute.servers))}
    assert set(moved.values()) <= {0, 1}
    again = await finish(site, threshold=25, moves=20)
    assert again.status is RunStatus.DONE
    notes = " ".join(await site.notes(again.id))
    assert "nothing to move" in notes or "no server could be moved" in notes
    assert {one: site.migrations(one) for one in moved} == moved


async def test_members_that_keep_apart_stay_apart(site: Bench) -> None:
    members = [server.id for server in site.servers()][:3]
    site.group("anti-affinity", *members)
    run = await finish(site, threshold=0, moves=20, parallel=2)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    hosts = [site.status(one)[0] for one in members if site.status(one)[0] != site.host]
    assert len(set(hosts)) == len(hosts)


async def test_members_that_stay_together_do_not_move(site: Bench) -> None:
    members = [server.id for server in site.servers()]
    site.group("affinity", *members)
    run = await finish(site, threshold=0, moves=20)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert all(site.status(one)[0] == site.host for one in members)


async def test_an_abort_moves_nothing_further(site: Bench) -> None:
    for server in site.servers():
        site.site.inject("migration.stall", server.id)
    run = await site.engine.submit(
        "hypervisors.rebalance", {"threshold": 0, "moves": 5}, {}, site="simulated", attended=True
    )
    await site.until(lambda: any(site.migrations(server.id) for server in site.servers()))
    await site.engine.abort(run)
    site.site.heal()
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.ROLLED_BACK
    assert sum(site.migrations(one) for one in site.site.call(lambda world: list(world.compute.servers))) == 1


async def test_it_stops_when_the_hosts_are_even_enough_meanwhile(site: Bench) -> None:
    first = site.servers()[0].id
    for server in site.servers():
        site.site.inject("migration.stall", server.id)
    run = await site.engine.submit(
        "hypervisors.rebalance", {"threshold": 10, "moves": 5}, {}, site="simulated", attended=False
    )
    await site.until(lambda: any(site.migrations(server.id) for server in site.servers()))
    site.site.call(_widen)
    site.site.heal()
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.DONE, await site.texts(run)
    assert sum(site.migrations(one) for one in site.site.call(lambda world: list(world.compute.servers))) == 1
    assert any("even enough" in text for text in (await site.texts(run)).values()), first


def _widen(world: Any) -> None:
    """Everybody gets so much memory and so many cores that all is even."""
    for one in world.compute.hypervisors.values():
        one.memory, one.vcpus = one.memory * 100, one.vcpus * 100


async def test_an_unknown_aggregate_is_refused(site: Bench) -> None:
    run = await finish(site, aggregate="nowhere")
    assert run.status is RunStatus.REFUSED
    assert "no such aggregate" in run.reason
