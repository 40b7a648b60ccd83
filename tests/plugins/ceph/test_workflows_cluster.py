"""Placement groups, rebalancing and upgrades on the simulated cluster, through its SSH face and the durable engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hsops.plugins.ceph.workflows import orchestrated, rolling
from hsops.simulator.cephvalues import Pool
from hsops.simulator.world import World
from hsops.workflow.values import RunStatus
from tests.plugins.ceph.simbench import SimBench, bench

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
POOL = "images"


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimBench]:
    """A small cluster and an engine."""
    monkeypatch.setattr(rolling, "EVERY", 0.05)
    monkeypatch.setattr(orchestrated, "EVERY", 0.1)
    async with bench(tmp_path, monkeypatch) as found:
        yield found


def groups(site: SimBench) -> int:
    """How many the pool has."""
    return site.world(lambda world: next(pool.pg_num for pool in world.ceph.pools.values() if pool.name == POOL))


def used(site: SimBench) -> int:
    """Bytes on all OSDs."""
    return site.world(lambda world: sum(osd.used for osd in world.ceph.osds.values()))


async def test_a_pool_gets_more_groups_and_fewer_again(site: SimBench) -> None:
    before = groups(site)
    site.world(lambda world: setattr(_pool(world), "autoscale", "on"))
    plan = await site.plan("pool.pg-num", pool=POOL, pg_num=before * 2)
    assert list(plan.commands()) == [
        f"ceph osd pool set {POOL} pg_autoscale_mode off", f"ceph osd pool set {POOL} pg_num {before * 2}",
    ]  # fmt: skip
    run = await site.finish("pool.pg-num", pool=POOL, pg_num=before * 2)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert groups(site) == before * 2
    assert site.world(lambda world: (_pool(world).placed, _pool(world).autoscale)) == (before * 2, "off")
    again = await site.finish("pool.pg-num", pool=POOL, pg_num=before * 2)
    assert again.status is RunStatus.REFUSED
    back = await site.finish("pool.pg-num", pool=POOL, pg_num=before)
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert groups(site) == before
    assert site.world(lambda world: sum(pg.pool == _pool(world).id for pg in world.ceph.pgs.values())) == before


def _pool(world: World) -> Pool:
    return next(pool for pool in world.ceph.pools.values() if pool.name == POOL)


async def test_too_many_groups_are_refused(site: SimBench) -> None:
    run = await site.finish("pool.pg-num", pool=POOL, pg_num=4096)
    assert run.status is RunStatus.REFUSED
    assert "mon_max_pg_per_osd is 250" in run.reason


async def test_an_abort_takes_the_number_back(site: SimBench) -> None:
    before = groups(site)
    run = await site.start("pool.pg-num", pool=POOL, pg_num=before * 4)
    await site.until(lambda: groups(site) != before)
    await site.engine.abort(run)
    assert (await site.engine.join(run)).status is RunStatus.ROLLED_BACK
    await site.until(lambda: groups(site) == before)


async def test_the_balancer_proposes_and_the_run_moves_that(site: SimBench) -> None:
    site.world(lambda world: setattr(world.ceph, "balancing", False))
    plan = await site.plan("ceph.rebalance")
    moves = [item for step in plan.steps if step.kind == "each" for item in step.items]
    assert moves
    assert plan.touches["groups"] == len(moves)
    assert all(item.command[:3] == ("ceph", "osd", "pg-upmap-items") for item in moves)
    assert site.world(lambda world: world.ceph.plans) == {}
    spread = _spread(site)
    run = await site.finish("ceph.rebalance")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.world(lambda world: set(world.ceph.upmaps)) == {item.key for item in moves}
    assert _spread(site) < spread


def _spread(site: SimBench) -> int:
    counts = site.world(lambda world: [osd.pgs for osd in world.ceph.osds.values()])
    return max(counts) - min(counts)


async def test_the_automatic_balancer_is_off_meanwhile_and_on_again(site: SimBench) -> None:
    plan = await site.plan("ceph.rebalance")
    assert any("makes no plan to look at" in note for note in plan.notes)
    run = await site.finish("ceph.rebalance", deviation=3)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.world(lambda world: world.ceph.balancing)
    assert site.world(lambda world: world.ceph.services.config)["mgr", "mgr/balancer/upmap_max_deviation"] == "5"


async def test_nothing_is_rebalanced_while_copies_are_missing(site: SimBench) -> None:
    site.world(lambda world: world.ceph.mark_down(0))
    run = await site.finish("ceph.rebalance")
    assert run.status is RunStatus.REFUSED
    assert "ceph.clean" in run.reason
    assert site.world(lambda world: world.ceph.balancing)


def _install(site: SimBench, version: str) -> None:
    def install(world: World) -> None:
        for type_, id_ in world.ceph.services.daemons():
            world.ceph.services.installed[world.ceph.services.host_of(type_, id_)] = version

    site.world(install)


def _versions(site: SimBench) -> set[str]:
    return site.world(lambda world: {world.ceph.services.version(*one) for one in world.ceph.services.daemons()})


async def test_packages_are_taken_up_host_by_host(site: SimBench) -> None:
    _install(site, "17.2.7")
    run = await site.finish("ceph.upgrade", version="17.2.7", release="quincy")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert _versions(site) == {"17.2.7"}
    assert site.world(lambda world: world.ceph.services.required) == "quincy"
    assert site.world(lambda world: ("noout" in world.ceph.flags, world.ceph.services.noautoscale)) == (False, False)
    names = [step.name for step in await site.engine.steps(run.id)]
    kinds = [name.split()[1].partition(".")[0] for name in names if name.startswith("restart ")]
    assert list(dict.fromkeys(kinds)) == ["mgr", "mon", "osd"]


async def test_packages_that_are_not_there_are_noticed(site: SimBench) -> None:
    run = await site.finish("ceph.upgrade", version="17.2.7", types="mgr")
    assert run.status is RunStatus.STOPPED
    assert "and not 17.2.7" in run.reason


async def test_cephadm_upgrades(site: SimBench) -> None:
    site.world(lambda world: setattr(world.ceph.services, "cephadm", True))
    run = await site.finish("ceph.upgrade", version="17.2.7")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert _versions(site) == {"17.2.7"}


async def test_an_image_that_cannot_be_pulled_is_refused(site: SimBench) -> None:
    site.world(lambda world: setattr(world.ceph.services, "cephadm", True))
    run = await site.finish("ceph.upgrade", image="quay.io/ceph/missing:v17.2.7")
    assert run.status is RunStatus.REFUSED
    assert "manifest unknown" in run.reason


async def test_a_paused_upgrade_says_why_and_goes_on_when_asked(site: SimBench) -> None:
    site.world(lambda world: setattr(world.ceph.services, "cephadm", True))
    run = await site.start("ceph.upgrade", version="17.2.7", attended=True)
    await site.until(lambda: site.world(lambda world: world.ceph.services.upgrade is not None))

    def lose(world: World) -> None:
        for one in world.ceph.services.alive()[1:]:
            one.up = False

    def find(world: World) -> None:
        for one in world.ceph.services.managers.values():
            one.up = True

    site.world(lose)
    for _ in range(300):
        if "UPGRADE_NO_STANDBY_MGR" in (await site.texts(run)).get("cluster", ""):
            break
        await asyncio.sleep(0.1)
    site.world(find)
    await site.engine.decide(run, "cluster", "retry")
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.DONE, await site.texts(run)
    assert _versions(site) == {"17.2.7"}


async def test_an_abort_stops_cephadms_upgrade(site: SimBench) -> None:
    site.world(lambda world: setattr(world.ceph.services, "cephadm", True))
    run = await site.start("ceph.upgrade", version="17.2.7")
    await site.until(lambda: len(_versions(site)) == 2)
    await site.engine.abort(run)
    assert (await site.engine.join(run)).status is RunStatus.ROLLED_BACK
    assert site.world(lambda world: world.ceph.services.upgrade) is None
    assert site.world(lambda world: world.ceph.services.noautoscale) is False
