"""The real parts of all bundled plugins together, on a simulated site with one host that computes and stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hsops.config import load_site
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.site import SimulatedSite
from hsops.simulator.world import World
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunStatus

pytestmark = [pytest.mark.asyncio, pytest.mark.slow, pytest.mark.timeout(300)]
HOST = "cmp-001"
SYSTEMS = ["openstack", "ceph", "alertmanager", "prometheus", "linux"]


def hyperconverge(world: World) -> None:
    """The disks of one storage host go into a compute host."""
    osds = world.ceph.hosts.pop(world.fleet.of("storage")[0].name)
    for osd in osds:
        osd.host = HOST
    world.ceph.hosts[HOST] = osds


@asynccontextmanager
async def stage(tmp_path: Path) -> AsyncIterator[tuple[SimulatedSite, Engine]]:
    """A site of twenty machines and an engine."""
    async with SimulatedSite(machines=20, servers=40, speed=10, only=SYSTEMS) as running:
        running.call(hyperconverge)
        registry = Registry.load()
        site = load_site(running.file, registry)
        async with (
            Session([site], registry) as session,
            Engine(session, tmp_path / "runs.sqlite", registry.workflow) as engine,
        ):
            yield running, engine


def servers_on(world: World) -> int:
    return sum(server.host == HOST for server in world.compute.servers.values())


def noout(world: World) -> bool:
    return "noout" in world.ceph.node_flags.get(HOST, set())


def silenced(world: World) -> int:
    now = world.clock.now()
    return sum(one.starts <= now < one.ends and HOST in str(one.matchers) for one in world.silences.all.values())


async def test_nova_and_ceph_leave_a_host_together_and_come_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as (site, engine):
        assert site.call(servers_on) > 0, "a drain of an empty host proves nothing"
        plan = await engine.plan("host.drain", {"host": HOST}, site="simulated")
        names = [check.name for check in plan.checks]
        assert names.index("headroom") < names.index("ceph.clean"), "nova's part comes before ceph's"
        assert not plan.obstacles
        assert site.call(silenced) == 0
        info = await engine.join(await engine.submit("host.drain", {"host": HOST}, site="simulated", attended=False))
        assert info.status is RunStatus.DONE, info.reason
        assert site.call(servers_on) == 0
        assert site.call(noout)
        assert site.call(silenced) == 1
        info = await engine.join(await engine.submit("host.return", {"host": HOST}, site="simulated", attended=False))
        assert info.status is RunStatus.DONE, info.reason
        assert not site.call(noout)
        assert site.call(silenced) == 0


async def test_a_roll_over_hosts_of_the_simulated_site(tmp_path: Path) -> None:
    async with stage(tmp_path) as (site, engine):
        before = {name: site.call(lambda world, name=name: world.fleet[name].changed) for name in (HOST, "cmp-002")}
        values = {"hosts": f"{HOST},cmp-002", "soak": "1s"}
        info = await engine.join(await engine.submit("hosts.upgrade", values, site="simulated", attended=False))
        steps = await engine.steps(info.id)
        assert info.status is RunStatus.DONE, (info.reason, [one.key for one in steps][-3:])
        assert [one.item for one in steps if one.kind == "item" and one.name == "reboot"] == [HOST, "cmp-002"]
        for name, changed in before.items():
            assert site.call(lambda world, name=name: world.fleet[name].changed) > changed
            assert site.call(lambda world, name=name: world.fleet[name].up)
        assert not site.call(noout)
