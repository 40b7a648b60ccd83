"""Evacuation, rebalancing and the way back on the real Nova; what happened is asked of `openstack`, never of hsops."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hsops.config import load_site
from hsops.plugins.openstack.gates import gates
from hsops.plugins.openstack.workflows.dead import sentence
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunInfo, RunStatus
from tests.journeys import nova
from tests.lab.env import Lab
from tests.lab.env import OpenStack as Where
from tests.lab.openstack import kill_compute, services
from tests.lab.openstack.seed import FLAVORS, PROJECTS
from tests.lab.place import place
from tests.plugins.openstack.test_lab import cloud_of, lab_site

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.asyncio, pytest.mark.timeout(900)]
WELL = {"ACTIVE", "SHUTOFF"}
ROOM = 56 * 1024
"""MiB of a lab host's memory that a test fills; 64 GiB are there."""


@pytest_asyncio.fixture
async def engine(
    lab: Lab, lab_openstack_mended: Where, lab_prometheus: object, tmp_path: Path
) -> AsyncIterator[Engine]:
    """An engine on the lab's site."""
    site_file = tmp_path / "site.yaml"
    site_file.write_text(lab_site(lab, lab_openstack_mended))
    registry = Registry.load()
    async with (
        Session([load_site(site_file, registry)], registry) as session,
        Engine(session, tmp_path / "runs.sqlite", registry.workflow) as found,
    ):
        yield found


async def finish(engine: Engine, workflow: str, **values: Any) -> RunInfo:
    """A run to its end."""
    run = await engine.submit(workflow, values, {}, site="lab", attended=False)
    return await engine.join(run)


async def texts(engine: Engine, run: RunInfo) -> list[str]:
    """What its steps said, for a test that fails."""
    return [run.reason, *(f"{step.key}: {step.text}" for step in await engine.steps(run.id))]


async def asked(ask: Callable[..., Any], *arguments: Any) -> Any:
    """A question to the `openstack` client, beside the event loop."""
    return await asyncio.to_thread(ask, *arguments)


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for the world."""
    for _ in range(120):
        if await condition():
            return
        await asyncio.sleep(1)
    pytest.fail(what)


async def fullest(cloud: Where) -> tuple[str, set[str]]:
    """The host with most servers, and these."""
    hosts = await asked(nova.servers_by_host, cloud)
    host = max(cloud.hosts, key=lambda name: len(hosts[name]))
    return host, hosts[host]


def statuses(cloud: Where) -> dict[str, str]:
    """Status of every server."""
    return {one["ID"]: one["Status"] for one in nova.ask(cloud, "server", "list", "--all-projects", "--long")}


async def test_a_host_whose_compute_was_killed_is_evacuated_and_returned(
    engine: Engine, lab_openstack_mended: Where
) -> None:
    cloud = lab_openstack_mended
    host, servers = await fullest(cloud)
    assert servers
    values = {"host": host, "fenced": sentence(host), "storage": "rebuild", "parallel": 2, "silence": "0"}
    alive = await finish(engine, "hypervisor.evacuate", **values)
    assert alive.status is RunStatus.REFUSED
    assert "service.dead" in alive.reason
    known = {record["Id"] for record in await asked(nova.migrations, cloud)}
    async with cloud_of(cloud) as connection:
        baselines = [(gate, await gate.baseline()) for gate in gates(connection)]
        assert [(await gate.look(before)).ok for gate, before in baselines] == [True, True, True]
        await asyncio.to_thread(kill_compute, host)
        await _notices(cloud, host)
        verdicts = {gate.name: await gate.look(before) for gate, before in baselines}
    assert [name for name, verdict in verdicts.items() if not verdict.ok] == ["services.down"]
    assert f"nova-compute on {host}" in verdicts["services.down"].text
    unsaid = await finish(engine, "hypervisor.evacuate", **{**values, "fenced": ""})
    assert unsaid.status is RunStatus.REFUSED
    assert (await asked(nova.servers_by_host, cloud))[host] == servers
    run = await finish(engine, "hypervisor.evacuate", **values)
    assert run.status is RunStatus.DONE, await texts(engine, run)
    hosts, states = await asked(nova.servers_by_host, cloud), await asked(statuses, cloud)
    assert hosts[host] == set()
    assert servers <= set().union(*hosts.values())
    assert {states[server] for server in servers} <= WELL
    records = [one for one in await asked(nova.migrations, cloud) if one["Id"] not in known]
    assert {one["Type"] for one in records} == {"evacuation"}
    assert sorted(one["Server UUID"] for one in records) == sorted(servers), "each once"
    early = await finish(engine, "hypervisor.return", host=host)
    assert early.status is RunStatus.REFUSED
    assert "domains.stale" in early.reason
    await asyncio.to_thread(services.start_compute, place("openstack"), host)

    async def cleaned() -> bool:
        rows = [one for one in await asked(nova.migrations, cloud) if one["Id"] not in known]
        return {one["Status"] for one in rows} == {"completed"}

    await until(cleaned, "nova-compute never cleaned up")
    back = await finish(engine, "hypervisor.return", host=host)
    assert back.status is RunStatus.DONE, await texts(engine, back)
    service = await asked(nova.service, cloud, host)
    assert (service["Status"], service["State"]) == ("enabled", "up")
    assert await asked(nova.allocations, cloud, host) == 0


async def _notices(cloud: Where, host: str) -> None:
    async def is_down() -> bool:
        return bool((await asked(nova.service, cloud, host))["State"] == "down")

    await until(is_down, "nova never noticed")


@pytest.mark.long
async def test_hot_hosts_are_relieved(engine: Engine, lab_openstack_mended: Where) -> None:
    cloud = lab_openstack_mended
    host, servers = await fullest(cloud)
    await skew(cloud, host)
    before = await asked(memory_by_host, cloud)
    known = {record["Id"] for record in await asked(nova.migrations, cloud)}
    plan = await engine.plan("hypervisors.rebalance", {"threshold": 10, "moves": 4}, {}, site="lab")
    planned = {item.key: item.command[-1] for step in plan.steps for item in step.items}
    assert planned
    run = await finish(engine, "hypervisors.rebalance", threshold=10, moves=4)
    assert run.status is RunStatus.DONE, await texts(engine, run)
    after = await asked(memory_by_host, cloud)
    assert max(after.values()) - min(after.values()) < max(before.values()) - min(before.values())
    moves = [one for one in await asked(nova.migrations, cloud) if one["Id"] not in known]
    assert 0 < len(moves) <= 4
    assert all(planned[one["Server UUID"]] == one["Dest Compute"] for one in moves)
    assert {one["Status"] for one in moves} == {"completed"}
    again = await finish(engine, "hypervisors.rebalance", threshold=30, moves=4)
    assert again.status is RunStatus.DONE
    assert len(await asked(nova.migrations, cloud)) == len(known) + len(moves), f"even enough: {after}, {servers}"


async def skew(cloud: Where, host: str) -> None:
    """Running servers of other hosts go to one host, by hand, as many as have room there."""
    rows = await asked(nova.ask, cloud, "server", "list", "--all-projects", "--long")
    left = ROOM - (await asked(memory_by_host, cloud))[host]
    for one in rows:
        left -= FLAVORS[one["Flavor"]][1]
        if one["Host"] == host or one["Status"] != "ACTIVE" or left < 0:
            left += FLAVORS[one["Flavor"]][1]
            continue
        await asked(_migrate, cloud, one["ID"], host)

        async def arrived(server: str = one["ID"]) -> bool:
            return server in (await asked(nova.servers_by_host, cloud))[host]

        await until(arrived, f"{one['Name']} never came to {host}")


def _migrate(cloud: Where, server: str, host: str) -> None:
    command = ["--os-compute-api-version", "2.30", "server", "migrate", server, "--live-migration", "--host", host]
    env = {**os.environ, "OS_CLIENT_CONFIG_FILE": str(cloud.config_file)}
    subprocess.run([nova.OPENSTACK, "--os-cloud", cloud.cloud, *command], env=env, check=True, timeout=120)


def memory_by_host(cloud: Where) -> dict[str, int]:
    """MiB that the servers of each host have by their flavor."""
    found = dict.fromkeys(cloud.hosts, 0)
    for one in nova.ask(cloud, "server", "list", "--all-projects", "--long"):
        found[one["Host"]] += FLAVORS[one["Flavor"]][1]
    return found


@pytest.mark.long
async def test_a_drained_host_gets_its_servers_back(engine: Engine, lab_openstack_mended: Where) -> None:
    cloud = lab_openstack_mended
    host, servers = await fullest(cloud)
    assert servers, PROJECTS
    drain = await finish(engine, "hypervisor.drain", host=host, parallel=2, silence="0")
    assert drain.status is RunStatus.DONE, await texts(engine, drain)
    assert (await asked(nova.servers_by_host, cloud))[host] == set()
    plan = await engine.plan("hypervisor.return", {"host": host, "move_back": True}, {}, site="lab")
    listed = {item.key for step in plan.steps for item in step.items}
    assert servers <= listed
    strays = dict.fromkeys(listed - servers, "stay")  # mended hosts have sent servers home before the drain
    values = {"host": host, "move_back": True, "parallel": 2}
    back = await engine.join(await engine.submit("hypervisor.return", values, strays, site="lab", attended=False))
    assert back.status is RunStatus.DONE, await texts(engine, back)
    assert (await asked(nova.servers_by_host, cloud))[host] == servers
    states = await asked(statuses, cloud)
    assert {states[server] for server in servers} <= WELL
    assert (await asked(nova.service, cloud, host))["Status"] == "enabled"
