"""hypervisor.evacuate, and the way back, on the simulated site's own wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hsops.plugins.openstack.workflows import dead
from hsops.plugins.openstack.workflows.dead import sentence
from hsops.workflow.values import RunStatus
from tests.plugins.openstack.drainbench import Bench, bench

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A small cloud; the host dies in the tests. Ten seconds of its world are half a second."""
    monkeypatch.setattr(dead, "LISTENS", 1.5)
    async with bench(tmp_path, monkeypatch) as found:
        yield found


async def dies(site: Bench) -> str:
    """The machine loses its power, and nova has noticed. Gives the fault's id."""
    fault = site.site.inject("host.down", site.host)
    service = site.service()
    await site.until(lambda: not site.site.call(lambda world: world.compute.service_up(service)))
    return fault.id


async def plan_of(site: Bench, **values: Any) -> dict[str, str]:
    """Checks that do not hold, and why."""
    plan = await site.engine.plan("hypervisor.evacuate", {"host": site.host, **values}, {}, site="simulated")
    return {check.name: check.text for check in plan.checks if not check.ok}


def said(site: Bench) -> dict[str, str]:
    """What a person says who has looked."""
    return {"fenced": sentence(site.host), "storage": "shared"}


async def test_a_host_that_lives_is_never_evacuated(site: Bench) -> None:
    failed = await plan_of(site, **said(site))
    assert set(failed) == {"service.dead", "host.silent"}
    assert "lives" in failed["service.dead"]
    run = await site.finish("hypervisor.evacuate", **said(site))
    assert (run.status, run.exit_code) == (RunStatus.REFUSED, 3)
    assert (site.service().enabled, site.service().forced_down) == (True, False)


async def test_a_host_that_was_only_called_dead_is_not(site: Bench) -> None:
    """Forced down by somebody, but it reports."""
    service = site.service()
    site.site.call(lambda world: setattr(service, "forced_down", True))
    assert "forced down and reports" in (await plan_of(site, **said(site)))["service.dead"]


async def test_nobody_has_said_that_it_is_fenced(site: Bench) -> None:
    await dies(site)
    failed = await plan_of(site, storage="shared")
    assert list(failed) == ["fenced"]
    assert list(await plan_of(site, storage="shared", fenced="cmp-999 is fenced")) == ["fenced"]
    assert list(await plan_of(site, fenced=sentence(site.host))) == ["storage"]
    assert await plan_of(site, **said(site)) == {}


async def test_a_dead_host_is_evacuated_and_comes_back(site: Bench) -> None:
    fault = await dies(site)
    servers = [server.id for server in site.servers()]
    run = await site.finish("hypervisor.evacuate", **said(site), parallel=3)
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.servers() == []
    assert {site.status(server)[1] for server in servers} == {"ACTIVE"}
    assert [site.migrations(server) for server in servers] == [1] * len(servers)
    assert (site.service().forced_down, site.service().enabled) == (True, False)
    early = await site.finish("hypervisor.return")
    assert early.status is RunStatus.REFUSED
    assert "may still be there" in early.reason
    assert site.service().forced_down
    site.site.heal(fault)
    back = await site.finish("hypervisor.return")
    assert back.status is RunStatus.DONE, await site.texts(back.id)
    assert (site.service().forced_down, site.service().enabled) == (False, True)
    assert site.servers() == []


async def test_the_same_again_leaves_the_same_state(site: Bench) -> None:
    await dies(site)
    servers = [server.id for server in site.servers()]
    first = await site.finish("hypervisor.evacuate", **said(site))
    assert first.status is RunStatus.DONE, await site.texts(first.id)
    where = [site.status(server) for server in servers]
    again = await site.finish("hypervisor.evacuate", **said(site), force={"service.free": "it was hsops itself"})
    assert again.status is RunStatus.DONE, await site.texts(again.id)
    assert [site.status(server) for server in servers] == where
    assert [site.migrations(server) for server in servers] == [1] * len(servers)


async def test_what_cannot_be_evacuated_is_named_and_stays(site: Bench) -> None:
    await dies(site)
    paused = site.servers()[0].id
    site.touch(paused, status="PAUSED", vm_state="paused", power_state=3)
    run = await site.finish("hypervisor.evacuate", **said(site))
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert [server.id for server in site.servers()] == [paused]
    assert f"could not be evacuated from {site.host}: {paused}" in await site.notes(run.id)


async def test_a_server_in_error_is_evacuated_too(site: Bench) -> None:
    await dies(site)
    broken = site.servers()[0].id
    site.touch(broken, status="ERROR", vm_state="error")
    run = await site.finish("hypervisor.evacuate", **said(site))
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.status(broken)[1] == "ACTIVE"


async def test_what_was_going_on_when_the_host_died_is_no_hindrance(site: Bench) -> None:
    await dies(site)
    busy = site.servers()[0].id
    site.touch(busy, task_state="powering-off")
    run = await site.finish("hypervisor.evacuate", **said(site))
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    assert site.status(busy)[1] == "ACTIVE"
    assert site.servers() == []


async def test_an_affinity_group_is_refused_by_the_scheduler_and_said_so(site: Bench) -> None:
    await dies(site)
    together = [server.id for server in site.servers()][:2]
    site.group("affinity", *together)
    run = await site.finish("hypervisor.evacuate", **said(site), parallel=4)
    assert (run.status, run.exit_code) == (RunStatus.STOPPED, 4)
    texts = await site.texts(run.id)
    assert all("No valid host" in texts[server] for server in together)
    assert {server.id for server in site.servers()} == set(together)
    await site.engine.abort(run.id)
    ended = await site.engine.join(run.id)
    assert ended.status is RunStatus.ROLLED_BACK
    assert (site.service().forced_down, site.service().enabled) == (True, False), "servers were evacuated from it"


async def test_backing_out_before_anything_moved_gives_the_host_back(site: Bench) -> None:
    await dies(site)
    together = [server.id for server in site.servers()]
    site.group("affinity", *together)
    run = await site.finish("hypervisor.evacuate", **said(site))
    assert run.status is RunStatus.STOPPED
    await site.engine.abort(run.id)
    ended = await site.engine.join(run.id)
    assert ended.status is RunStatus.ROLLED_BACK
    assert (site.service().forced_down, site.service().enabled) == (False, True)
