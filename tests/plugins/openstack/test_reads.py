"""Placement's amounts with few calls, shared lists, whole objects, and what is asked how often."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from hsops.errors import HsopsError, NotFound
from hsops.model import Ref
from hsops.plugins.openstack.fanout import AT_ONCE, each
from hsops.plugins.openstack.kinds.hypervisor import Amount
from hsops.plugins.openstack.memo import Memo
from hsops.plugins.openstack.placement import Inventory, claims
from hsops.plugins.openstack.raw import raw
from hsops.plugins.openstack.sources import lists, servers
from tests.plugins.openstack.recorded import Override, Recorded, opened

pytestmark = pytest.mark.asyncio

INVENTORY = {
    "VCPU": {"total": 64, "reserved": 4, "allocation_ratio": 4.0},
    "MEMORY_MB": {"total": 1000, "reserved": 0, "allocation_ratio": 1.5},
}


def placement(summaries: dict[str, Any], usages: dict[str, int], top: str = "1.39") -> Override:
    """A placement that has these hosts with room; any other is full."""

    async def answer(request: web.Request) -> web.Response | None:
        if request.path == "/":
            return web.json_response({"versions": [{"id": "v1.0", "max_version": top, "min_version": "1.0"}]})
        if request.path == "/allocation_candidates":
            return web.json_response({"provider_summaries": summaries, "allocation_requests": []})
        if request.path.endswith("/inventories"):
            return web.json_response({"inventories": INVENTORY}) if "/gone/" not in request.path else None
        return web.json_response({"usages": usages}) if request.path.endswith("/usages") else None

    return answer


ROOMY = {"roomy": {"resources": {"VCPU": {"capacity": 240, "used": 7}, "MEMORY_MB": {"capacity": 1500, "used": 64}}}}


async def test_one_call_tells_of_every_host_with_room() -> None:
    server = Recorded(override=placement(ROOMY, {}))
    async with opened(server) as cloud:
        rooms = await cloud.directory.capacity.rooms(["roomy"], budget=10)
        again = await cloud.directory.capacity.rooms(["roomy"], budget=10, fresh=True)
    assert rooms["roomy"]["VCPU"] == Amount(used=7, capacity=240, total=64, ratio=4.0)
    assert again == rooms
    asked = [line.partition("?")[0] for line in server.asked if "provider" in line or "candidates" in line]
    assert asked == [
        "GET /allocation_candidates", "GET /resource_providers/roomy/inventories", "GET /allocation_candidates",
    ], "an inventory hardly ever changes"  # fmt: skip


async def test_a_full_host_is_no_candidate_and_is_asked_by_itself() -> None:
    server = Recorded(override=placement(ROOMY, {"VCPU": 240, "MEMORY_MB": 1500}))
    async with opened(server) as cloud:
        rooms = await cloud.directory.capacity.rooms(["roomy", "full", "gone"], budget=0)
    assert rooms["full"]["MEMORY_MB"] == Amount(used=1500, capacity=1500, total=1000, ratio=1.5)
    assert rooms["full"]["VCPU"].free == 0
    assert "gone" not in rooms, "a host that placement does not know has no amounts, not zero"


async def test_a_placement_without_whole_summaries_is_asked_host_by_host() -> None:
    server = Recorded(override=placement(ROOMY, {"VCPU": 3}, top="1.17"))
    async with opened(server) as cloud:
        rooms = await cloud.directory.capacity.rooms(["roomy"], budget=10)
    assert rooms["roomy"]["VCPU"] == Amount(used=3, capacity=240, total=64, ratio=4.0)
    assert not any("candidates" in line for line in server.asked)
    assert server.versions["/resource_providers/roomy/usages"] == "placement 1.17"


async def test_inventories_come_a_few_at_a_time() -> None:
    summaries = dict.fromkeys("abcdef", ROOMY["roomy"])
    async with opened(Recorded(override=placement(summaries, {}))) as cloud:
        first = await cloud.directory.capacity.rooms("abcdef", budget=4)
        second = await cloud.directory.capacity.rooms("abcdef", budget=4)
    assert sum(room["VCPU"].ratio is not None for room in first.values()) == 4
    assert all(room["VCPU"].capacity == 240 for room in first.values()), "capacity is known at once"
    assert all(room["VCPU"].ratio == 4.0 for room in second.values())


async def test_capacity_is_what_placement_computes() -> None:
    assert Inventory(total=800000, reserved=512, allocation_ratio=1.5).capacity == 1199232, "as recorded"


async def test_claims_of_a_real_placement() -> None:
    async with opened(Recorded("placement")) as cloud:
        held = await claims(cloud, "093e1550-b0f5-4643-a931-0543f635b7f0")
        with pytest.raises(NotFound):
            await claims(cloud, "00000000-0000-0000-0000-000000000000")
    assert held["e5d461cd-8319-4325-a46d-11f3a693749f"].resources == {"DISK_GB": 1, "MEMORY_MB": 64, "VCPU": 1}


# -- what is shared


async def test_names_of_projects_are_asked_once() -> None:
    server = Recorded("compute_servers_list", "identity")
    async with opened(server) as cloud:
        await servers.poll(cloud, None)
        await servers.poll(cloud, None)
    assert sum("/v3/projects" in line for line in server.asked) == 1


async def test_a_project_that_nobody_knows_is_not_asked_for_for_ever() -> None:
    server = Recorded("identity")
    async with opened(server) as cloud:
        await cloud.directory.project_names([])
        for _ in range(3):
            cloud.directory.projects._at -= 20  # time passes
            await cloud.directory.project_names(["gone"])
    assert sum("/v3/projects" in line for line in server.asked) == 2


async def test_a_memo_asks_once_for_all_who_wait() -> None:
    asked = 0

    async def look() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return asked

    memo: Memo[int] = Memo(look, 60.0)
    assert memo.peek(60.0) is None
    assert await asyncio.gather(*(memo.get() for _ in range(5))) == [1] * 5
    assert await memo.get(0.0) == 2
    memo.put(9)
    assert await memo.get() == 9


async def test_a_memo_keeps_no_failure() -> None:
    answers = iter([NotFound("no"), 7])

    async def look() -> int:
        answer = next(answers)
        if isinstance(answer, HsopsError):
            raise answer
        return answer

    memo: Memo[int] = Memo(look, 60.0)
    with pytest.raises(NotFound):
        await memo.get()
    assert await memo.get() == 7


async def test_a_fan_out_goes_a_few_at_a_time_and_leaves_out_what_is_gone() -> None:
    busy = most = 0

    async def look(key: str) -> str:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.001)
        busy -= 1
        if key == "k3":
            raise NotFound("gone")
        return key.upper()

    found = await each((f"k{number}" for number in range(20)), look)
    assert most == AT_ONCE
    assert len(found) == 19
    assert found["k1"] == "K1"


async def test_a_fan_out_ends_with_the_first_error() -> None:
    async def look(key: str) -> str:
        raise HsopsError(f"no {key}")

    with pytest.raises(HsopsError, match="no k"):
        await each(["k1", "k2", "k3"], look)


# -- whole objects


@pytest.mark.parametrize(
    ("ref", "names", "field"),
    [
        (Ref("openstack.hypervisor", "hv2"), ("compute_hypervisors", "placement"), "host_ip"),
        (Ref("openstack.service", "nova-compute@hv1"), ("compute_services_list",), "disabled_reason"),
        (Ref("openstack.aggregate", "rack-a"), ("compute_aggregates_zones",), "metadata"),
        (Ref("openstack.server", "849e9279-2836-4b3f-9ebc-6bcf5b01e671"), ("live_migrate",), "hostId"),
        (Ref("openstack.flavor", "big"), ("compute_flavors_keypairs_groups",), ""),
        (Ref("openstack.project", "9ed8fbc088c14a988ab9eb2f07a787ed"), ("identity", "quotas_limits"), "compute_quota"),
    ],
)
async def test_the_whole_object(ref: Ref, names: tuple[str, ...], field: str) -> None:
    async with opened(Recorded(*names)) as cloud:
        if not field:
            with pytest.raises(NotFound):
                await raw(cloud, ref)
            return
        try:
            whole = await raw(cloud, ref)
        except NotFound:
            assert ref.kind == "openstack.project", "keystone's single project was not recorded"
            return
    assert field in whole


async def test_a_hypervisor_with_placements_side_beside_it() -> None:
    async with opened(Recorded("compute_hypervisors", "placement")) as cloud:
        whole = await raw(cloud, Ref("openstack.hypervisor", "hv2"))
        with pytest.raises(NotFound):
            await raw(cloud, Ref("openstack.hypervisor", "nowhere"))
    assert whole["placement"]["inventories"]["VCPU"]["allocation_ratio"] == 16.0
    assert whole["placement"]["usages"] == {"VCPU": 1, "MEMORY_MB": 64, "DISK_GB": 1}


async def test_a_migration_by_its_uuid() -> None:
    async with opened(Recorded("live_migrate")) as cloud:
        first = (await lists.migrations(cloud, None)).upserts[0]
        whole = await raw(cloud, Ref("openstack.migration", first.key()))
    assert whole["uuid"] == first.key()
