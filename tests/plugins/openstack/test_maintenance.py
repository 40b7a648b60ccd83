"""Nova's part in the workflows over several layers, and what a drain looks at beyond the host's own servers."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hsops.plugins.openstack.workflows import guards
from hsops.plugins.openstack.workflows.masakari import KEPT, tell, watched
from hsops.workflow.values import RunStatus
from tests.plugins.openstack.drainbench import Bench, bench

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A small cloud with a Masakari."""
    async with bench(tmp_path, monkeypatch, masakari=True) as found:
        yield found


async def held(site: Bench, host: str = "") -> bool:
    """Whether masakari leaves the host alone, by its own word."""
    found = await watched(await site.cloud(), host or site.host)
    assert found is not None
    return found.on_maintenance


async def test_out_and_back_without_a_silence(site: Bench) -> None:
    count = len(site.servers())
    out = await site.finish("test.composed")
    assert out.status is RunStatus.DONE, await site.texts(out.id)
    assert f"hypervisor with {count} servers" in await site.notes(out.id)
    assert site.servers() == []
    assert site.service().reason == f"hsops:{out.id} maintenance"
    assert await held(site)
    assert site.silences() == [], "the silence belongs to the workflow that owns the whole"


async def test_one_run_takes_it_out_and_brings_it_back(site: Bench) -> None:
    run = await site.finish("test.composed", back=True)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.service().enabled
    assert site.servers() == []
    assert not await held(site)


async def test_its_plan_changes_nothing(site: Bench) -> None:
    plan = await site.engine.plan("test.composed", {"host": site.host, "back": True}, {}, site="simulated")
    assert plan.obstacles == []
    assert [step.name for step in plan.steps if step.kind in ("step", "each")] == [
        "masakari maintenance", "disable", "move", "enable",
    ]  # fmt: skip
    assert site.service().enabled
    assert not await held(site)


async def test_a_host_that_nova_does_not_know_is_nothing_to_it(site: Bench) -> None:
    run = await site.finish("test.composed", host="switch-1")
    assert run.status is RunStatus.REFUSED
    assert "nothing to nova" in await site.notes(run.id)


async def test_a_server_left_by_choice_stays_through_the_parts(site: Bench) -> None:
    off = site.servers()[0].id
    site.touch(off, status="SUSPENDED", vm_state="suspended", power_state=4)
    run = await site.finish("test.composed")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert [server.id for server in site.servers()] == [off]


async def test_an_abort_gives_masakari_the_host_back(site: Bench) -> None:
    fault = site.site.inject("migration.stall", site.servers()[0].id)
    run = await site.start("test.composed", attended=True)
    await site.until(lambda: not site.service().enabled)
    assert await held(site)
    await site.engine.abort(run)
    site.site.heal(fault.id)
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.ROLLED_BACK
    assert not await held(site)
    assert site.service().enabled


async def test_what_masakari_was_told_before_stays_told(site: Bench) -> None:
    assert await tell(await site.cloud(), site.host, maintenance=True) == "in maintenance"
    assert await tell(await site.cloud(), site.host, maintenance=True) == "in maintenance already"
    run = await site.finish("hypervisor.drain")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert (site.service().reason or "").endswith(KEPT)
    back = await site.finish("hypervisor.return")
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert await held(site), "somebody else began that"


async def test_a_masakari_that_is_away_is_a_check_of_its_own(site: Bench) -> None:
    site.site.inject("api.error", "openstack/instance-ha", status=503)
    plan = await site.plan()
    assert [check.name for check in plan.checks if not check.ok] == ["masakari"]
    run = await site.finish(force={"masakari": "its team knows"})
    assert run.status is RunStatus.DONE, await site.texts(run.id)


async def test_the_bastions_own_host_is_refused(site: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: f"{site.host}.example.net")
    plan = await site.plan()
    failed = [check for check in plan.checks if not check.ok]
    assert [check.name for check in failed] == ["bastion.elsewhere"]
    assert f"hsops itself runs on {site.host}" in failed[0].text
    run = await site.finish()
    assert (run.status, run.exit_code) == (RunStatus.REFUSED, 3)
    assert site.service().enabled
    forced = await site.finish(force={"bastion.elsewhere": "the bastion only has the same name"})
    assert forced.status is RunStatus.DONE, await site.texts(forced.id)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("cmp-1", "cmp-1", True),
        ("cmp-1.example.net", "cmp-1", True),
        ("CMP-1", "cmp-1.example.net.", True),
        ("cmp-1.a.net", "cmp-1.b.net", False),
        ("cmp-1", "cmp-10", False),
    ],
)
async def test_names_of_one_machine(one: str, other: str, same: bool) -> None:
    assert guards.is_same_name(one, other) is same


async def test_addresses_of_this_machine() -> None:
    assert not guards.is_own_address("127.0.0.1"), "loopback is everybody's"
    assert not guards.is_own_address("192.0.2.1"), "an address of documentation is nobody's"
    assert not guards.is_own_address("not an address")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no route, so no address of its own to try")
        own = probe.getsockname()[0]
    assert guards.is_own_address(own) or own.startswith("127.")


async def test_claims_of_nobody_are_named_and_passed_over_when_forced(site: Bench) -> None:
    ghost = "00000000-1111-4222-8333-444444444444"

    def haunt(world: object) -> None:
        flavor = next(iter(world.compute.flavors.values()))  # type: ignore[attr-defined]
        world.compute.claim(site.host, ghost, flavor)  # type: ignore[attr-defined]

    site.site.call(haunt)
    plan = await site.plan()
    failed = {check.name: check.text for check in plan.checks if not check.ok}
    assert list(failed) == ["allocations.known"]
    assert ghost in failed["allocations.known"]
    run = await site.finish(force={"allocations.known": "it is cleaned up tomorrow"})
    assert run.status is RunStatus.DONE, await site.texts(run.id)


async def test_a_group_that_keeps_apart_is_said_and_counts_for_the_room(site: Bench) -> None:
    members = [server.id for server in site.servers()][:2]
    site.group("anti-affinity", *members)
    plan = await site.plan()
    assert {choice.key: choice.answer for choice in plan.choices} == dict.fromkeys(members, "live")
    others = site.site.call(lambda world: [host for host in world.compute.hypervisors if host != site.host])
    elsewhere = site.site.call(lambda world: {s.id: s.host for s in world.compute.servers.values()})
    crowd = [next(id_ for id_, host in elsewhere.items() if host == other) for other in others if other in
             elsewhere.values()]  # fmt: skip
    site.group("anti-affinity", *members, *crowd)
    full = await site.plan()
    verdicts = {check.name: check for check in full.checks}
    if len(crowd) == len(others):
        assert not verdicts["headroom"].ok
        assert "no room for 2" in verdicts["headroom"].text
    else:
        assert verdicts["headroom"].ok is (len(others) - len(crowd) >= len(members))


async def test_room_for_one_more_loss_is_a_warning(site: Bench) -> None:
    def crowd(world: Any) -> None:
        """One other host has more on it than all the rest have room for."""
        others = [one for one in world.compute.hypervisors.values() if one.host != site.host]
        room = sum(one.memory for one in others) * 2
        others[0].memory_used += room
        others[0].memory += room

    site.site.call(crowd)
    plan = await site.plan()
    spare = next(check for check in plan.checks if check.name == "headroom.spare")
    assert (spare.ok, spare.warning) == (True, True), spare.text
    assert "no room for one more failure" in spare.text


async def test_a_return_tries_the_host_with_a_server_and_moves_the_others_back(site: Bench) -> None:
    servers = {server.id for server in site.servers()}
    drain = await site.finish("hypervisor.drain", parallel=2)
    assert drain.status is RunStatus.DONE, await site.texts(drain.id)
    image = site.site.call(lambda world: next(iter(world.compute.images)))
    back = await site.finish("hypervisor.return", smoke=image, move_back=True, parallel=2)
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert "smoke server runs" in await site.texts(back.id)
    assert {server.id for server in site.servers()} == servers, "all are home, and the smoke server is gone"
    assert all(site.migrations(server) == 2 for server in servers)
    again = await site.finish("hypervisor.return", move_back=True, most=10)
    assert again.status is RunStatus.DONE, await site.texts(again.id)
    assert all(site.migrations(server) == 2 for server in servers), "a second return moves nothing"


async def test_a_server_may_stay_where_the_drain_put_it(site: Bench) -> None:
    settled, *others = [server.id for server in site.servers()]
    drain = await site.finish("hypervisor.drain", parallel=2)
    assert drain.status is RunStatus.DONE, await site.texts(drain.id)
    back = await site.finish("hypervisor.return", move_back=True, choices={settled: "stay"})
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert sorted(server.id for server in site.servers()) == sorted(others)


async def test_a_smoke_server_that_does_not_start_takes_the_return_back(site: Bench) -> None:
    drain = await site.finish("hypervisor.drain", parallel=2)
    assert drain.status is RunStatus.DONE, await site.texts(drain.id)
    hypervisor = site.site.call(lambda world: world.compute.hypervisors[site.host])
    site.site.call(lambda world: setattr(hypervisor, "memory", hypervisor.memory_reserved))
    back = await site.finish("hypervisor.return", smoke="some-image")
    assert back.status is RunStatus.STOPPED
    assert "did not start" in back.reason
    await site.engine.abort(back.id)
    ended = await site.engine.join(back.id)
    assert ended.status is RunStatus.ROLLED_BACK
    assert not site.service().enabled

    def names() -> list[str]:
        return site.site.call(lambda world: [server.name for server in world.compute.servers.values()])

    await site.until(lambda: not [name for name in names() if name.startswith("hsops-smoke")])


async def test_a_host_that_disappears_stops_the_run_in_words_and_it_can_go_on(site: Bench) -> None:
    provider = site.site.call(lambda world: world.compute.hypervisors[site.host].id)
    stall = site.site.inject("migration.stall", site.servers()[0].id)
    run = await site.start(parallel=4)
    await site.until(lambda: any(site.migrations(server.id) for server in site.servers()))
    lost = site.site.inject("api.error", "openstack/placement", status=404, path=f"/{provider}/allocations")
    site.site.heal(stall.id)
    ended = await site.engine.join(run)
    assert (ended.status, ended.exit_code) == (RunStatus.STOPPED, 4), await site.texts(run)
    assert "placement does not know the hypervisor any more" in ended.reason
    site.site.heal(lost.id)
    await site.engine.resume(run)
    again = await site.engine.join(run)
    assert again.status is RunStatus.DONE, await site.texts(run)
    assert site.servers() == []
