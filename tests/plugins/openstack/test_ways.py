"""One server at a time: every way looks first, and one empty answer proves nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from hsops.errors import NotFound
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.workflows import cold, live
from hsops.plugins.openstack.workflows.facts import Host, find_host, guests, idle_ports
from hsops.plugins.openstack.workflows.journey import Trip, Watch
from hsops.plugins.openstack.workflows.proof import Leftovers
from tests.plugins.openstack.drainbench import Bench, bench
from tests.plugins.openstack.recorded import Recorded, opened

pytestmark = pytest.mark.asyncio

HV1 = Host("hv1", "hv1", "93698b29-6261-4c38-ad30-a7ecb077f3c6", "nova", ())


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A small cloud."""
    async with bench(tmp_path, monkeypatch) as found:
        yield found


def shown(texts: list[str]) -> Any:
    """A progress that remembers."""

    def progress(text: str, *, fraction: float | None = None, left: float | None = None) -> None:
        texts.append(text)

    return progress


async def watch(site: Bench, server: str, **more: Any) -> Watch:
    """A watch on a server of the host."""
    return Watch(await site.cloud(), server, Trip(host=site.host, **more), shown([]))


async def test_a_server_that_moves_already_is_only_watched(site: Bench) -> None:
    """What a run finds after a crash in the middle of a migration."""
    server = site.servers()[0].id
    await compute.live_migrate(await site.cloud(), server)
    outcome = await live.migrate(await watch(site, server))
    assert outcome.status == "done"
    assert site.migrations(server) == 1


async def test_a_server_that_is_away_is_done(site: Bench) -> None:
    server = site.servers()[0].id
    assert (await live.migrate(await watch(site, server))).status == "done"
    again = await live.migrate(await watch(site, server))
    assert (again.status, site.migrations(server)) == ("done", 1)


async def test_a_cold_migration_goes_on_at_its_confirmation(site: Bench) -> None:
    server = site.servers()[0].id
    site.touch(server, status="SHUTOFF", vm_state="stopped", power_state=4)
    cloud = await site.cloud()
    await compute.act(cloud, server, {"migrate": None})
    await site.until(lambda: site.site.call(lambda world: world.compute.servers[server].status) == "VERIFY_RESIZE")
    outcome = await cold.migrate(await watch(site, server))
    assert outcome.status == "done", outcome.text
    assert site.migrations(server) == 1
    assert site.site.call(lambda world: world.compute.servers[server].status) == "SHUTOFF"


async def test_a_resize_of_its_owner_is_not_confirmed(site: Bench) -> None:
    server = site.servers()[0].id
    cloud = await site.cloud()
    flavor = site.servers()[0].flavor.id
    other = site.site.call(lambda world: next(one for one in world.compute.flavors if one != flavor))
    await compute.act(cloud, server, {"resize": {"flavorRef": other}})
    await site.until(lambda: site.site.call(lambda world: world.compute.servers[server].status) == "VERIFY_RESIZE")
    outcome = await cold.migrate(await watch(site, server))
    assert outcome.status == "failed"
    assert "owner" in outcome.text
    assert site.site.call(lambda world: world.compute.servers[server].status) == "VERIFY_RESIZE"


async def test_no_valid_host_is_said(site: Bench) -> None:
    for service in site.site.call(lambda world: list(world.compute.services.values())):
        if service.host != site.host:
            site.site.call(lambda world, one=service: setattr(one, "enabled", False))
    outcome = await live.migrate(await watch(site, site.servers()[0].id))
    assert outcome.status == "failed"
    assert "No valid host" in outcome.text


async def test_a_server_in_error_is_not_touched(site: Bench) -> None:
    server = site.servers()[0].id
    site.site.inject("server.error", server)
    outcome = await live.migrate(await watch(site, server))
    assert (outcome.status, site.migrations(server)) == ("failed", 0)
    assert "ERROR" in outcome.text


async def test_the_host_is_found_by_either_name_and_its_guests_are_known(site: Bench) -> None:
    cloud = await site.cloud()
    host = Host.of(await find_host(cloud, site.host))
    found = await guests(cloud, host)
    assert {one["id"] for one in found} == {server.id for server in site.servers()}
    assert all(one["needs"]["MEMORY_MB"] > 0 for one in found), "what placement holds for it"
    assert await idle_ports(cloud, [one["id"] for one in found]) == 0
    with pytest.raises(NotFound, match="no such hypervisor"):
        await find_host(cloud, "nowhere")


# -- two witnesses


async def _left(servers: list[dict[str, str]] | None, allocations: dict[str, Any] | None) -> Any:
    """What the proof says when nova and placement answer so; None is placement's 404."""

    async def answers(request: web.Request) -> web.Response | None:
        if request.path == "/v2.1/servers/detail":
            assert request.query["host"] == "hv1"
            return web.json_response({"servers": servers})
        if request.path.endswith("/allocations"):
            return web.json_response({"allocations": allocations}) if allocations is not None else None
        return web.json_response({"migrations": []}) if request.path == "/v2.1/os-migrations" else None

    async with opened(Recorded(override=answers)) as cloud:
        proof = Leftovers(lambda: cloud, HV1, frozenset({"stays"}))
        no_servers, no_allocations = await proof.no_servers(), await proof.no_allocations()
        sample = await proof.sample() if allocations is not None else None
    return no_servers, no_allocations, sample


SERVER = {"id": "s1", "name": "vm", "status": "SHUTOFF"}
CLAIM = {"s1": {"resources": {"VCPU": 1}}}


async def test_both_witnesses_must_see_nothing() -> None:
    no_servers, no_allocations, sample = await _left([], {})
    assert (no_servers.ok, no_allocations.ok, sample.done) == (True, True, True)


async def test_an_empty_list_of_servers_is_not_enough() -> None:
    no_servers, no_allocations, sample = await _left([], CLAIM)
    assert (no_servers.ok, no_allocations.ok, sample.done) == (True, False, False)


async def test_empty_allocations_are_not_enough() -> None:
    no_servers, _, sample = await _left([SERVER], {})
    assert (no_servers.ok, sample.done) == (False, False)
    assert "vm (SHUTOFF)" in no_servers.text


async def test_a_host_that_placement_does_not_know_is_not_proved() -> None:
    _, no_allocations, _ = await _left([], None)
    assert not no_allocations.ok
    assert "placement does not know" in no_allocations.text


async def test_what_stays_by_choice_is_not_in_the_way() -> None:
    stays = {"stays": {"resources": {"VCPU": 1}}}
    no_servers, no_allocations, sample = await _left([{"id": "stays", "name": "x", "status": "ERROR"}], stays)
    assert (no_servers.ok, no_allocations.ok, sample.done) == (True, True, True)
