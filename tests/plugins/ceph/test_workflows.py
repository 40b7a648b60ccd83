"""Maintenance, drain and replacement on the simulated cluster, through its real SSH face and the durable engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.racks import racks
from hsops.workflow.values import RunStatus
from tests.plugins.ceph.simbench import SITE, SimBench, bench

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimBench]:
    """A small cluster and an engine."""
    async with bench(tmp_path, monkeypatch) as found:
        yield found


async def test_the_plan_of_a_host_changes_nothing(site: SimBench) -> None:
    plan = await site.plan("ceph.maintenance.enter", host=site.host)
    assert plan.obstacles == []
    assert [check.name for check in plan.checks] == [
        "ceph.clean", "ceph.host.free", "ceph.others.in", "ceph.upgrade.none", "ceph.mgr.standby", "ceph.mons.quorum",
        "ceph.osds.stoppable", "ceph.room",
    ]  # fmt: skip
    first, second = site.osds()
    assert list(plan.commands()) == [
        f"ceph osd set-group noout {site.host}", f"systemctl stop ceph-osd@{first}",
        f"systemctl stop ceph-osd@{second}",
    ]  # fmt: skip
    assert site.up([first, second]) == [True, True]
    assert site.flags() == {}


async def test_a_host_leaves_and_comes_back(site: SimBench) -> None:
    osds = site.osds()
    run = await site.finish("ceph.maintenance.enter", host=site.host)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.up(osds) == [False, False]
    assert site.flags() == {site.host: ["noout"]}
    again = await site.finish("ceph.maintenance.enter", host=site.host)
    assert again.status is RunStatus.REFUSED
    assert "noout is set for" in again.reason
    back = await site.finish("ceph.maintenance.exit", host=site.host)
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert site.up(osds) == [True, True]
    assert site.flags() == {}
    assert site.world(lambda world: len(world.ceph.unsettled)) == 0
    once_more = await site.finish("ceph.maintenance.exit", host=site.host)
    assert once_more.status is RunStatus.DONE, await site.texts(once_more.id)


async def test_one_host_at_a_time(site: SimBench) -> None:
    hosts = site.world(lambda world: list(world.ceph.hosts))
    assert (await site.finish("ceph.maintenance.enter", host=hosts[0])).status is RunStatus.DONE
    other = await site.finish("ceph.maintenance.enter", host=hosts[1])
    assert other.status is RunStatus.REFUSED
    assert f"in maintenance or offline: {hosts[0]}" in other.reason
    assert site.up(site.osds(hosts[1])) == [True, True]


async def test_an_abort_brings_a_host_back_and_leaves_what_others_set(site: SimBench) -> None:
    osds = site.osds()
    run = await site.start("ceph.maintenance.enter", host=site.host)
    await site.until(lambda: not all(site.up(osds)))
    await site.engine.abort(run)
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.ROLLED_BACK, await site.texts(run)
    await site.until(lambda: all(site.up(osds)))
    assert site.flags() == {}
    host = site.host
    site.world(lambda world: world.ceph.set_flag("noout", [host]))
    await site.until(lambda: site.world(lambda world: not world.ceph.unsettled))
    forced = await site.start("ceph.maintenance.enter", host=site.host, force={"ceph.host.free": "it is mine"})
    await site.until(lambda: not all(site.up(osds)))
    await site.engine.abort(forced)
    assert (await site.engine.join(forced)).status is RunStatus.ROLLED_BACK
    assert site.flags() == {site.host: ["noout"]}


async def test_the_host_of_the_active_manager_is_asked_about(site: SimBench) -> None:
    host = site.world(lambda world: world.ceph.services.alive()[0].name)
    plan = await site.plan("ceph.maintenance.enter", host=host)
    assert [(choice.key, choice.options, choice.answer) for choice in plan.choices] == [
        (f"mgr.{host}", ("fail-over", "leave"), "")
    ]
    assert (await site.finish("ceph.maintenance.enter", host=host)).status is RunStatus.REFUSED
    run = await site.finish("ceph.maintenance.enter", host=host, choices={f"mgr.{host}": "fail-over"})
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.world(lambda world: world.ceph.services.alive()[0].name) != host
    assert len(site.world(lambda world: world.ceph.quorum)) == 2
    back = await site.finish("ceph.maintenance.exit", host=host)
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert len(site.world(lambda world: world.ceph.quorum)) == 3


async def test_cephadm_enters_and_leaves(site: SimBench) -> None:
    site.world(lambda world: setattr(world.ceph.services, "cephadm", True))
    plan = await site.plan("ceph.maintenance.enter", host=site.host)
    assert list(plan.commands()) == [f"ceph orch host maintenance enter {site.host}"]
    run = await site.finish("ceph.maintenance.enter", host=site.host)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.world(lambda world: world.ceph.services.maintenance) == {site.host}
    assert "HOST_IN_MAINTENANCE" in site.world(lambda world: [check.code for check in world.checks()])
    back = await site.finish("ceph.maintenance.exit", host=site.host)
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert site.world(lambda world: world.ceph.services.maintenance) == set()
    assert all(site.up(site.osds()))


async def test_an_osd_is_drained_and_returned(site: SimBench) -> None:
    osd = site.osds()[0]
    before = site.weight(osd)
    plan = await site.plan("osd.drain", osd=osd)
    assert list(plan.commands()) == [f"ceph osd crush reweight osd.{osd} 0.0"]
    assert int(plan.touches["groups"]) > 0
    run = await site.finish("osd.drain", osd=osd)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.weight(osd) == 0
    assert site.world(lambda world: world.ceph.serves(osd)) is False
    again = await site.finish("osd.drain", osd=osd)
    assert again.status is RunStatus.REFUSED
    assert "somebody drains it" in again.reason
    back = await site.finish("osd.return", osd=osd)
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert site.weight(osd) == pytest.approx(before)


async def test_an_abort_in_mid_drain_restores_the_weight(site: SimBench) -> None:
    osd = site.osds()[0]
    before = site.weight(osd)
    run = await site.start("osd.drain", osd=osd)
    await site.until(lambda: site.weight(osd) == 0)
    await site.engine.abort(run)
    assert (await site.engine.join(run)).status is RunStatus.ROLLED_BACK
    assert site.weight(osd) == before


async def test_an_osd_is_replaced_under_its_id(site: SimBench) -> None:
    osd = site.osds()[0]
    before, disk = site.weight(osd), site.world(lambda world: world.ceph.osds[osd].uuid)
    run = await site.finish("osd.replace", osd=osd)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    now = site.world(lambda world: world.ceph.osds[osd])
    assert (now.up, now.inside, now.destroyed, now.uuid == disk) == (True, True, False, False)
    assert site.weight(osd) == pytest.approx(before)


async def test_cephadm_replaces_an_osd(site: SimBench) -> None:
    osd = site.osds()[0]
    site.world(lambda world: setattr(world.ceph.services, "cephadm", True))
    run = await site.start("osd.replace", osd=osd, zap=True)
    await site.until(lambda: site.world(lambda world: world.ceph.osds[osd].destroyed))
    site.world(lambda world: world.ceph.services.create(osd, "0b0c3a34-6a0e-4f67-9d1c-3a3b8f2b7a10"))
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.DONE, await site.texts(run)
    assert site.world(lambda world: world.ceph.serves(osd))


async def test_a_managed_specification_is_an_obstacle(site: SimBench) -> None:
    site.world(lambda world: setattr(world.ceph.services, "cephadm", True))
    site.world(lambda world: setattr(world.ceph.services, "unmanaged", False))
    run = await site.finish("osd.replace", osd=site.osds()[0])
    assert run.status is RunStatus.REFUSED
    assert "osd.all-disks" in run.reason


async def test_nothing_begins_while_copies_are_missing(site: SimBench) -> None:
    hosts = site.world(lambda world: list(world.ceph.hosts))
    site.world(lambda world: world.ceph.mark_down(world.ceph.hosts[hosts[0]][0].id))
    for workflow, values in (
        ("ceph.maintenance.enter", {"host": hosts[1]}), ("osd.drain", {"osd": site.osds(hosts[1])[0]}),
    ):  # fmt: skip
        plan = await site.plan(workflow, **values)
        assert "ceph.clean" in [check.name for check in plan.checks if not check.ok]


async def test_racks_are_those_of_the_crush_tree(site: SimBench) -> None:
    client: CephClient = await site.session.connection(SITE, "ceph")
    expected: dict[str, list[str]] = {}
    placed = site.world(lambda world: {name: members[0].rack for name, members in world.ceph.hosts.items()})
    for name, rack in placed.items():
        expected.setdefault(rack, []).append(name)
    assert {found: list(hosts) for found, hosts in (await racks(client)).items()} == expected


async def test_a_whole_host_is_drained_and_returned_with_cephs_part(site: SimBench) -> None:
    osds = site.osds()
    run = await site.finish("host.drain", host=site.host)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.up(osds) == [False, False]
    assert site.flags() == {site.host: ["noout"]}
    back = await site.finish("host.return", host=site.host)
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert site.up(osds) == [True, True]
    assert site.flags() == {}
