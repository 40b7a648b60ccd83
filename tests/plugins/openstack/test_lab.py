"""Against the real Keystone, Nova, Placement and Neutron: what hsops shows is what `openstack` prints."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from hsops.api import Forbidden, Health
from hsops.config import load_site
from hsops.plugins.openstack import PLUGIN
from hsops.plugins.openstack.client import OpenStack
from hsops.plugins.openstack.sources import hypervisors, lists, projects, servers
from hsops.registry import Registry
from hsops.session import Session
from hsops.testing import check_live, connected
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunInfo, RunStatus
from tests.lab.clients import amtool, openstack, openstack_json
from tests.lab.env import Lab
from tests.lab.env import OpenStack as Where
from tests.plugins.openstack.recorded import context, rows

pytestmark = [pytest.mark.lab, pytest.mark.asyncio, pytest.mark.timeout(900)]
SECONDS = 60.0


@asynccontextmanager
async def cloud_of(where: Where, name: str = "") -> AsyncIterator[OpenStack]:
    """A connection to the lab's cloud."""
    settings = {"cloud": name or where.cloud, "config_file": str(where.config_file)}
    async with connected(PLUGIN, settings, context(timeout=SECONDS)) as cloud:
        yield cloud


async def said(lab: Lab, *words: str) -> Any:
    """What `openstack … -f json` prints."""
    return await asyncio.to_thread(openstack_json, lab, *words)


async def test_the_contract_holds(lab_openstack: Where) -> None:
    async with cloud_of(lab_openstack) as cloud:
        listed = await check_live(PLUGIN, cloud)
        assert (await cloud.health()).health is Health.OK
    assert {name.partition(".")[2]: len(found) > 0 for name, found in listed.items()} == {
        "hypervisor": True, "server": True, "service": True, "aggregate": True, "project": True, "flavor": True,
        "migration": bool(listed["openstack.migration"]),
    }  # fmt: skip


async def test_servers_are_what_openstack_prints(lab: Lab, lab_openstack: Where) -> None:
    printed = await said(lab, "server", "list", "--all-projects", "--long")
    async with cloud_of(lab_openstack) as cloud:
        batch = await servers.poll(cloud, None)
    shown = {row.id: (row.name, row.status, row.host, row.flavor.original_name, row.texts) for row in rows(batch)}
    assert shown == {
        one["ID"]: (
            one["Name"], one["Status"], one["Host"], one["Flavor"],
            tuple(address for addresses in one["Networks"].values() for address in addresses),
        )
        for one in printed
    }  # fmt: skip
    assert len(shown) >= len(lab_openstack.servers)


async def test_hypervisors_are_what_openstack_prints(lab: Lab, lab_openstack: Where) -> None:
    printed = await said(lab, "hypervisor", "list", "--long")
    async with cloud_of(lab_openstack) as cloud:
        await servers.poll(cloud, None)
        batch = await hypervisors.poll(cloud, None)
    shown = {row.id: (row.hypervisor_hostname, row.hypervisor_type, row.host_ip, row.state) for row in rows(batch)}
    assert shown == {
        one["ID"]: (one["Hypervisor Hostname"], one["Hypervisor Type"], one["Host IP"], one["State"]) for one in printed
    }
    assert batch.missing == ()
    listed = await said(lab, "server", "list", "--all-projects", "--long")
    for row in rows(batch):
        assert row.vms == sum(one["Host"] == row.host for one in listed)
        usages = await said(lab, "resource", "provider", "usage", "show", row.id) if _has_placement() else []
        amounts = {"VCPU": row.vcpu, "MEMORY_MB": row.memory, "DISK_GB": row.disk}
        for one in usages:
            assert amounts[one["resource_class"]].used == one["usage"]


def _has_placement() -> bool:
    """Whether the command line has placement's commands; hsops does not need them."""
    try:
        import osc_placement  # noqa: F401
    except ImportError:
        return False
    return True


async def test_services_and_projects_are_what_openstack_prints(lab: Lab, lab_openstack: Where) -> None:
    services = await said(lab, "compute", "service", "list")
    tenants = await said(lab, "project", "list")
    async with cloud_of(lab_openstack) as cloud:
        shown = {row.id: (row.binary, row.host, row.zone, row.status, row.state)
                 for row in rows(await lists.services(cloud, None))}  # fmt: skip
        found = {row.id: row for row in rows(await projects.poll(cloud, None))}
    assert shown == {
        one["ID"]: (one["Binary"], one["Host"], one["Zone"], one["Status"], one["State"]) for one in services
    }
    assert {id_: row.name for id_, row in found.items()} == {one["ID"]: one["Name"] for one in tenants}
    web = next(row for row in found.values() if row.name == lab_openstack.projects[0])
    quota = await said(lab, "quota", "show", "--compute", "--usage", web.id)
    used = {one["Resource"]: (one["In Use"], one["Limit"]) for one in quota}
    assert web.quota is not None
    assert (web.quota.instances.in_use, web.quota.instances.limit) == used["instances"]
    assert (web.quota.ram.in_use, web.quota.ram.limit) == used["ram"]


async def test_a_difference_shows_a_server_that_starts(lab: Lab, lab_openstack: Where) -> None:
    async with cloud_of(lab_openstack) as cloud:
        batch = await servers.poll(cloud, None)
        stopped = next(row for row in rows(batch) if row.name == lab_openstack.stopped)
        assert (stopped.status, stopped.health()) == ("SHUTOFF", Health.MAINTENANCE)
        try:
            await asyncio.to_thread(openstack, lab, "server", "start", stopped.id)
            await _until(lambda: _has(cloud, batch.cursor, stopped.id, "ACTIVE"))
        finally:
            await asyncio.to_thread(openstack, lab, "server", "stop", stopped.id)
            await _until(lambda: _has(cloud, batch.cursor, stopped.id, "SHUTOFF"))


async def _has(cloud: OpenStack, cursor: Any, server: str, status: str) -> bool:
    difference = await servers.poll(cloud, cursor)
    assert not difference.full
    return any((row.id, row.status) == (server, status) for row in rows(difference))


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(120):
        if await condition():
            return
        await asyncio.sleep(1)
    pytest.fail("it did not come")


async def test_a_plain_member_works_with_what_may_be_seen(lab_openstack: Where) -> None:
    async with cloud_of(lab_openstack, lab_openstack.member_cloud) as cloud:
        batch = await servers.poll(cloud, None)
        assert rows(batch)
        assert {row.project for row in rows(batch)} == {lab_openstack.projects[0]}
        assert "admin" in batch.missing[0]
        for poll in (lists.services, hypervisors.poll):
            with pytest.raises(Forbidden):
                await poll(cloud, None)


@pytest.mark.slow
async def test_a_real_host_is_drained_and_returned(
    lab: Lab, lab_openstack_mended: Where, lab_prometheus: object, tmp_path: Path
) -> None:
    host = lab_openstack_mended.hosts[1]
    site_file = tmp_path / "site.yaml"
    config = yaml.safe_load(lab_site(lab, lab_openstack_mended))
    site_file.write_text(yaml.safe_dump(config))
    registry = Registry.load()
    async with (
        Session([load_site(site_file, registry)], registry) as session,
        Engine(session, tmp_path / "runs.sqlite", registry.workflow) as engine,
    ):
        before = await on_host(lab, host)
        assert before, "the lab spreads its servers"
        try:
            run = await finish(engine, "hypervisor.drain", host, parallel="2", reason="a test of the lab")
            assert run.status is RunStatus.DONE, run.reason
            assert await on_host(lab, host) == {}
            moved = {one["ID"]: one for one in await said(lab, "server", "list", "--all-projects", "--long")}
            assert {moved[server]["Status"] for server in before} <= {"ACTIVE", "SHUTOFF"}
            records = await said(lab, "server", "migration", "list", "--host", host)
            assert all(sum(_server_of(one) == server for one in records if _recent(one, run)) == 1 for server in before)
            service = await _service(lab, host)
            assert (service["Status"], service["State"]) == ("disabled", "up")
            assert f"hsops:{run.id} a test of the lab" == service["Disabled Reason"]
            assert f"hsops:{run.id} drain of {host}" in await asyncio.to_thread(amtool, lab, "silence", "query")
        finally:
            back = await finish(engine, "hypervisor.return", host)
        assert back.status is RunStatus.DONE, back.reason
        assert (await _service(lab, host))["Status"] == "enabled"
        assert f"hsops:{run.id}" not in await asyncio.to_thread(amtool, lab, "silence", "query")


def _server_of(record: dict[str, Any]) -> str:
    return str(record.get("Server UUID") or record.get("Instance UUID"))


def _recent(record: dict[str, Any], run: RunInfo) -> bool:
    return str(record["Created At"]) >= run.created.strftime("%Y-%m-%dT%H:%M:%S")


async def _service(lab: Lab, host: str) -> Any:
    return (await said(lab, "compute", "service", "list", "--long", "--host", host, "--service", "nova-compute"))[0]


async def on_host(lab: Lab, host: str) -> dict[str, str]:
    """Servers that `openstack` sees on a host."""
    printed = await said(lab, "server", "list", "--all-projects", "--long")
    return {one["ID"]: one["Name"] for one in printed if one["Host"] == host}


async def finish(engine: Engine, workflow: str, host: str, **values: str) -> RunInfo:
    """A run to its end."""
    run = await engine.submit(workflow, {"host": host, **values}, {}, site="lab", attended=False)
    return await engine.join(run)


def lab_site(lab: Lab, where: Where) -> str:
    """A site file of the cloud and the Alertmanager."""
    systems = [
        {"plugin": "openstack", "cloud": where.cloud, "config_file": str(where.config_file), "timeout": SECONDS},
        {"plugin": "alertmanager", "url": lab.prometheus.alertmanager_url},
    ]
    return yaml.safe_dump({"site": "lab", "tier": "lab", "systems": systems})
