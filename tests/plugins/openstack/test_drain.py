"""hypervisor.drain and hypervisor.return through the durable engine, on the simulated site's own wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hsops.errors import Unreachable
from hsops.plugins.openstack.client import OpenStack
from hsops.plugins.openstack.workflows import checks
from hsops.workflow.values import RunStatus, Verdict
from tests.plugins.openstack.drainbench import Bench, bench

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A small cloud, an Alertmanager and an engine."""
    async with bench(tmp_path, monkeypatch) as found:
        yield found


async def test_the_plan_changes_nothing_and_says_everything(site: Bench) -> None:
    plan = await site.plan(reason="new disk; see OPS-1")
    assert plan.obstacles == []
    assert [check.name for check in plan.checks] == [
        "service.up", "service.free", "bastion.elsewhere", "servers.settled", "migrations.none", "allocations.known",
        "hosts.spare", "headroom", "headroom.spare", "neutron.up", "login", "masakari",
    ]  # fmt: skip
    servers = site.servers()
    assert plan.touches == {"servers": len(servers), "projects": len({server.project for server in servers})}
    commands = list(plan.commands())
    reason = "'hsops:RUN new disk; see OPS-1'"
    assert commands[0] == f"openstack compute service set --disable --disable-reason {reason} {site.host} nova-compute"
    assert set(commands[1:]) == {
        f"openstack --os-compute-api-version 2.30 server migrate {server.id} --live-migration" for server in servers
    }
    assert [step.name for step in plan.steps if step.kind == "verify"] == [
        "no servers", "no migrations", "no allocations", "servers well",
    ]  # fmt: skip
    assert site.service().enabled
    assert site.silences() == []


async def test_a_host_is_emptied_and_returned(site: Bench) -> None:
    moved = [server.id for server in site.servers()]
    run = await site.finish(parallel=2)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.servers() == []
    assert [site.migrations(server) for server in moved] == [1] * len(moved)
    assert (site.service().enabled, site.service().reason) == (False, f"hsops:{run.id} maintenance")
    assert site.silences() == [(f"hsops:{run.id} drain of {site.host}", "active")]
    back = await site.finish("hypervisor.return")
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert site.service().enabled
    assert [state for _, state in site.silences()] == ["expired"]


async def test_a_server_that_is_off_moves_cold_and_is_confirmed(site: Bench) -> None:
    off = site.servers()[0].id
    site.touch(off, status="SHUTOFF", vm_state="stopped", power_state=4)
    plan = await site.plan()
    assert [(choice.key, choice.answer) for choice in plan.choices] == [(off, "cold")]
    run = await site.finish()
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    server = site.site.call(lambda world: world.compute.servers[off])
    assert (server.status, server.host != site.host) == ("SHUTOFF", True)
    assert site.servers() == []


async def test_a_server_may_be_left_by_choice(site: Bench) -> None:
    off = site.servers()[0].id
    site.touch(off, status="SHUTOFF", vm_state="stopped", power_state=4)
    run = await site.finish(choices={off: "leave"})
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert [server.id for server in site.servers()] == [off]
    assert f"left on {site.host}: {off}" in await site.notes(run.id)


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        ("service.free", "taken"),
        ("service.up", "down"),
        ("servers.settled", "error"),
        ("hosts.spare", "last"),
        ("headroom", "full"),
    ],
)
async def test_a_check_that_fails_refuses_the_run(site: Bench, check: str, spoil: str) -> None:
    _spoil(site, spoil)
    plan = await site.plan()
    assert check in [one.name for one in plan.checks if not one.ok], [(one.name, one.text) for one in plan.checks]
    hint = next(one.hint for one in plan.checks if one.name == check)
    assert hint, "it says what to do"
    run = await site.finish()
    assert (run.status, run.exit_code) == (RunStatus.REFUSED, 3)
    assert site.silences() == []
    assert sum(site.migrations(server.id) for server in site.servers()) == 0


def _spoil(site: Bench, how: str) -> None:
    host = site.host

    def others(world: object, change: object) -> None:
        for service in world.compute.services.values():  # type: ignore[attr-defined]
            if service.binary == "nova-compute" and service.host != host:
                change(service)  # type: ignore[operator]

    def fill(world: object) -> None:
        for hypervisor in world.compute.hypervisors.values():  # type: ignore[attr-defined]
            if hypervisor.host != host:
                hypervisor.memory = hypervisor.memory_reserved + hypervisor.memory_used

    if how == "taken":
        service = site.service()
        site.site.call(lambda world: (setattr(service, "enabled", False), setattr(service, "reason", "colleague")))
    elif how == "down":
        service = site.service()
        site.site.call(lambda world: setattr(service, "forced_down", True))
    elif how == "error":
        site.site.inject("server.error", site.servers()[0].id)
    elif how == "last":
        site.site.call(lambda world: others(world, lambda service: setattr(service, "enabled", False)))
    else:
        site.site.call(fill)


async def test_without_neutron_nova_cannot_even_list_and_the_plan_says_why(site: Bench) -> None:
    site.site.inject("api.refused", "openstack/network")
    with pytest.raises(Unreachable, match="neutron does not answer"):
        await site.plan()
    assert not (await checks.neutron_up(await site.cloud())).ok
    run = await site.finish()
    assert (run.status, run.exit_code) == (RunStatus.REFUSED, 9)
    assert "bring neutron back" in run.reason
    assert site.service().enabled


async def test_a_forced_check_does_not_take_the_service_from_somebody_else(site: Bench) -> None:
    _spoil(site, "taken")
    run = await site.finish(force={"service.free": "she is away"})
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.servers() == []
    assert (site.service().enabled, site.service().reason) == (False, "colleague")
    back = await site.finish("hypervisor.return")
    assert (back.status, back.exit_code) == (RunStatus.REFUSED, 3)
    assert not site.service().enabled
    forced = await site.finish("hypervisor.return", force={"reason.ours": "she said yes"})
    assert forced.status is RunStatus.DONE, await site.texts(forced.id)
    assert site.service().enabled


async def test_an_abort_enables_the_service_and_ends_the_silence(site: Bench) -> None:
    fault = site.site.inject("migration.stall", site.servers()[0].id)
    run = await site.start(parallel=4, attended=True)
    await site.until(lambda: not site.service().enabled)
    await site.until(lambda: any(site.migrations(server.id) for server in site.servers()))
    await site.engine.abort(run)
    site.site.heal(fault.id)
    ended = await site.engine.join(run)
    assert (ended.status, ended.exit_code) == (RunStatus.ROLLED_BACK, 5)
    assert site.service().enabled
    assert [state for _, state in site.silences()] == ["expired"]
    busy = site.site.call(lambda world: len(world.compute.underway))
    assert busy == 0, "migrations in flight have come to their end"


async def test_an_abort_leaves_a_reason_that_somebody_changed(site: Bench) -> None:
    fault = site.site.inject("migration.stall", site.servers()[0].id)
    run = await site.start(attended=True)
    await site.until(lambda: not site.service().enabled)
    service = site.service()
    site.site.call(lambda world: setattr(service, "reason", "the board is on fire"))
    await site.engine.abort(run)
    site.site.heal(fault.id)
    await site.engine.join(run)
    assert (site.service().enabled, site.service().reason) == (False, "the board is on fire")


async def test_a_failed_migration_stops_the_run_and_resumes_there(site: Bench) -> None:
    victim, *others = [server.id for server in site.servers()]
    fault = site.site.inject("migration.fail", victim)
    run = await site.finish(parallel=3)
    assert (run.status, run.exit_code) == (RunStatus.STOPPED, 4)
    assert "error" in (await site.texts(run.id))[victim]
    assert [server.id for server in site.servers()] == [victim]
    site.site.heal(fault.id)
    await site.engine.resume(run.id)
    again = await site.engine.join(run.id)
    assert again.status is RunStatus.DONE, await site.texts(run.id)
    assert [site.migrations(server) for server in others] == [1] * len(others), "only the failed one again"


async def test_a_failed_migration_may_be_skipped(site: Bench) -> None:
    victim = site.servers()[0].id
    site.site.inject("migration.fail", victim)
    run = await site.start(parallel=3, attended=True)
    for _ in range(600):
        if [step for step in await site.engine.steps(run) if step.item == victim and step.verdicts]:
            break
        await asyncio.sleep(0.1)
    await site.engine.decide(run, victim, Verdict.SKIP)
    ended = await site.engine.join(run)
    assert (ended.status, ended.exit_code) == (RunStatus.DONE, 7)
    assert [server.id for server in site.servers()] == [victim]


async def test_a_stuck_migration_is_aborted_and_says_so(site: Bench) -> None:
    victim = site.servers()[0].id
    site.site.inject("migration.stall", victim)
    run = await site.finish(parallel=3, patience="1s")
    assert run.status is RunStatus.STOPPED
    assert "aborted, the server stays" in (await site.texts(run.id))[victim]
    server = site.site.call(lambda world: world.compute.servers[victim])
    assert (server.host, server.status, server.task_state) == (site.host, "ACTIVE", None)


async def test_a_stuck_migration_is_forced_when_that_was_chosen(site: Bench) -> None:
    victim = site.servers()[0].id
    site.site.inject("migration.stall", victim)
    run = await site.finish(parallel=3, patience="1s", stuck="force")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.migrations(victim) == 1


async def test_nova_may_be_away_while_servers_move(site: Bench) -> None:
    run = await site.start(parallel=1)
    await site.until(lambda: any(site.migrations(server.id) for server in site.servers()))
    site.site.inject("api.error", "openstack/compute", status=503, count=6)
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.DONE, await site.texts(run)


async def test_a_server_that_is_deleted_meanwhile_is_no_failure(site: Bench) -> None:
    first, *_, last = [server.id for server in site.servers()]
    fault = site.site.inject("migration.stall", first)
    run = await site.start(parallel=1)
    await site.until(lambda: site.migrations(first) or site.migrations(last))
    waiting = last if site.migrations(first) else first
    site.site.call(lambda world: world.compute.delete(world.compute.servers[waiting]))
    site.site.heal(fault.id)
    ended = await site.engine.join(run)
    assert ended.status is RunStatus.DONE, await site.texts(run)
    assert (await site.texts(run))[waiting] == "deleted meanwhile"


async def test_a_return_of_a_host_that_serves_is_nothing_to_do(site: Bench) -> None:
    run = await site.finish("hypervisor.return")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.service().enabled


async def test_an_unknown_host_is_refused(site: Bench) -> None:
    run = await site.engine.join(await site.engine.submit(
        "hypervisor.drain", {"host": "nowhere"}, {}, site="simulated", attended=False
    ))  # fmt: skip
    assert run.status is RunStatus.REFUSED
    assert "no such hypervisor" in run.reason


async def test_the_connection_is_the_sessions_own(site: Bench) -> None:
    assert isinstance(await site.cloud(), OpenStack)
