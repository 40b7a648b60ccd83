"""Rows from recorded answers of the real services."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from hsops.api import Batch, Forbidden, Health, State
from hsops.model import Ref, Relation, Resource
from hsops.plugins.openstack import PLUGIN
from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.project import Project
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.sources import hypervisors, lists, projects, servers
from tests.plugins.openstack.recorded import Recorded, body_of, opened, rows

ADMIN = "9ed8fbc088c14a988ab9eb2f07a787ed"


def columns(kind: str, row: Resource) -> dict[str, Any]:
    """All columns of a row, states as their word."""
    values = {column.name: column.value(row) for column in PLUGIN.kind(kind).columns}
    return {name: value.word if isinstance(value, State) else value for name, value in values.items()}


def by_key(batch: Batch) -> dict[str, Any]:
    """The batch's rows."""
    return {row.key(): row for row in rows(batch)}


@pytest.mark.asyncio
async def test_servers_of_all_projects_with_names_and_links() -> None:
    server = Recorded("compute_servers_list", "identity")
    async with opened(server) as cloud:
        batch = await servers.poll(cloud, None)
    assert batch.full
    assert any("all_tenants=1" in asked for asked in server.asked)
    assert server.versions["/v2.1/servers/detail"] == "compute 2.90"
    row = by_key(batch)["66b94af2-a550-49b3-9201-2dd2a25ae840"]
    shown = columns(Server.KIND, row)
    assert (shown["name"], shown["status"], shown["host"], shown["power"]) == ("vm07", "ACTIVE", "hv1", "running")
    assert (shown["project"], shown["flavor"], shown["addresses"]) == ("admin", "tiny", ("10.20.2.15",))
    assert (shown["ram"], shown["disk"], shown["age"].isoformat()) == (64 << 20, 1 << 30, "2026-11-21T06:37:52+00:00")
    assert (Relation.DEPENDS, Ref("openstack.hypervisor", "hv1")) in list(row.links())
    assert (Relation.ABOUT, Ref("project", ADMIN)) in list(row.links())
    assert batch.cursor.everybody


@pytest.mark.asyncio
async def test_the_pages_of_a_list_are_followed_by_their_query_alone() -> None:
    """The recorded links name HOST:PORT of a server long gone: only their query is believed."""

    async def first_page(request: web.Request) -> web.Response | None:
        if request.path == "/v2.1/servers/detail" and "marker" not in request.query:
            body = json.loads(body_of("pagination", "/servers/detail"))
            body["servers_links"][0]["href"] = body["servers_links"][0]["href"].replace("HOST:PORT", "192.0.2.1:1")
            return web.json_response(body)
        return None

    server = Recorded("pagination", "identity", override=first_page)
    async with opened(server) as cloud:
        batch = await servers.poll(cloud, None)
    pages = [asked for asked in server.asked if "/servers/detail" in asked]
    assert len(pages) == 4
    assert len(rows(batch)) == len({row.key() for row in rows(batch)}) == 9


@pytest.mark.asyncio
async def test_a_list_that_never_ends_is_a_bad_answer() -> None:
    async def again(request: web.Request) -> web.Response | None:
        if request.path == "/v2.1/servers/detail":
            link = {"rel": "next", "href": f"{request.url.origin()}/v2.1/servers/detail?marker=x"}
            return web.json_response({"servers": [], "servers_links": [link]})
        return None

    async with opened(Recorded("identity", override=again)) as cloud:
        with pytest.raises(Exception, match="does not end"):
            await servers.poll(cloud, None)


@pytest.mark.asyncio
async def test_a_difference_looks_back_further_than_the_last_answer() -> None:
    server = Recorded("compute_changes_since_deleted", "identity")
    async with opened(server) as cloud:
        await servers.poll(cloud, servers.Cursor(since=1795243177.0, everybody=True))
    asked = next(asked for asked in server.asked if "changes-since" in asked)
    assert "changes-since=2026-11-21T06%3A38%3A37Z" in asked, "60 s before 06:39:37"


@pytest.mark.asyncio
async def test_deleted_rows_of_a_difference_are_removes() -> None:
    """Nova answers a deleted server to changes-since, with everything but its addresses."""

    async def changes(request: web.Request) -> web.Response | None:
        if request.path == "/v2.1/servers/detail":
            body = body_of(
                "compute_changes_since_deleted", "/servers/detail", 2 if "changes-since" in request.query else 1
            )
            return web.Response(body=body, content_type="application/json")
        return None

    gone = "08dba62c-0095-468c-b03e-d7394416d406"
    async with opened(Recorded("identity", override=changes)) as cloud:
        full = await servers.poll(cloud, None)
        assert cloud.directory.servers_by_node() == {"hv2": 1}
        difference = await servers.poll(cloud, full.cursor)
        assert cloud.directory.servers_by_node() == {}, "hypervisors no longer count it"
    assert ([row.key() for row in rows(full)], full.full) == ([gone], True)
    assert (difference.removes, rows(difference), difference.full) == ((Ref(Server.KIND, gone),), [], False)


@pytest.mark.asyncio
async def test_a_plain_member_sees_the_own_servers_and_is_told() -> None:
    async def only_own(request: web.Request) -> web.Response | None:
        if request.path == "/v2.1/servers/detail" and "all_tenants" in request.query:
            return web.json_response({"forbidden": {"code": 403, "message": "Policy doesn't allow"}}, status=403)
        return None

    server = Recorded("compute_servers_list", "identity", override=only_own)
    async with opened(server) as cloud:
        batch = await servers.poll(cloud, None)
        server.asked.clear()
        again = await servers.poll(cloud, batch.cursor)
    assert rows(batch)
    assert "admin" in batch.missing[0]
    assert not any("all_tenants" in asked for asked in server.asked), "what is forbidden is not asked again"
    assert again.missing == batch.missing


@pytest.mark.asyncio
async def test_hypervisors_with_placements_amounts() -> None:
    server = Recorded(
        "compute_hypervisors", "placement", "compute_services_list", "compute_aggregates_zones", "live_migrate"
    )
    async with opened(server) as cloud:
        batch = await hypervisors.poll(cloud, None)
    assert batch.full
    row = by_key(batch)["hv2"]
    shown = columns(Hypervisor.KIND, row)
    assert (shown["state"], shown["zone"], shown["aggregates"]) == ("up", "nova", ("rack-a",))
    assert (shown["vcpu"], shown["vcpus"], shown["vcpu-ratio"]) == ("1/16000", 1000, 16.0)
    assert (shown["memory-total"], shown["memory-ratio"]) == (800000 << 20, 1.5)
    assert row.memory.capacity == 1199232
    assert (Relation.IS, Ref("host", "hv2")) in list(row.links())
    assert server.versions["/v2.1/os-hypervisors/detail"] == "compute 2.87"
    assert server.versions["/allocation_candidates"] == "placement 1.38"


@pytest.mark.asyncio
async def test_hypervisors_stay_when_placement_is_away() -> None:
    async def no_placement(request: web.Request) -> web.Response | None:
        away = request.path.startswith(("/resource_providers", "/allocation_candidates"))
        return web.Response(status=503, text="away") if away else None

    server = Recorded("compute_hypervisors", "compute_services_list", "compute_aggregates_zones", override=no_placement)
    async with opened(server) as cloud:
        batch = await hypervisors.poll(cloud, None)
    assert len(rows(batch)) == 4
    assert by_key(batch)["hv1"].vcpu is None, "what is not known is not drawn as zero"
    assert any("vcpu" in text for text in batch.missing)


@pytest.mark.asyncio
async def test_services_and_their_health() -> None:
    async with opened(Recorded("compute_services_list")) as cloud:
        found = by_key(await lists.services(cloud, None))
    assert found["nova-compute@hv1"].health() is Health.OK
    assert columns(Service.KIND, found["nova-compute@hv1"])["zone"] == "nova"


@pytest.mark.parametrize(
    ("status", "state", "health"),
    [
        ("enabled", "up", Health.OK),
        ("enabled", "down", Health.CRITICAL),
        ("disabled", "up", Health.MAINTENANCE),
        ("disabled", "down", Health.MAINTENANCE),
        ("enabled", "strange", Health.UNKNOWN),
    ],
)
def test_health_of_a_service(status: str, state: str, health: Health) -> None:
    assert Service(binary="nova-compute", host="h", status=status, state=state).health() is health


@pytest.mark.asyncio
async def test_aggregates_and_flavors() -> None:
    async with opened(Recorded("compute_aggregates_zones", "compute_flavors_keypairs_groups")) as cloud:
        aggregates = by_key(await lists.aggregates(cloud, None))
        flavors = await lists.flavors(cloud, None)
    shown = columns(Aggregate.KIND, aggregates["rack-a"])
    assert (shown["zone"], shown["hosts"], shown["properties"]) == ("az-a", ("hv2",), ("rack=a", "ssd=true"))
    assert [row.title() for row in rows(flavors)] == ["tiny"]


@pytest.mark.asyncio
async def test_migrations_tell_where_from_and_where_to() -> None:
    server = Recorded("live_migrate")
    async with opened(server) as cloud:
        batch = await lists.migrations(cloud, None)
        await lists.migrations(cloud, batch.cursor)
    row = rows(batch)[0]
    shown = columns(Migration.KIND, row)
    assert shown["type"] in ("live-migration", "migration")
    assert shown["from"].startswith("hv")
    assert sum("changes-since" in asked for asked in server.asked) == 2


def test_a_driver_that_reports_zeros_knows_nothing() -> None:
    unknown = Migration(id=1, memory_total_bytes=None, memory_remaining_bytes=None)
    assert (unknown.left, unknown.fraction) == (None, None)
    known = Migration(id=1, memory_total_bytes=1000, memory_remaining_bytes=250)
    assert (known.left, known.fraction) == (250, 0.75)


@pytest.mark.asyncio
async def test_projects_with_their_quota() -> None:
    async with opened(Recorded("identity", "quotas_limits")) as cloud:
        batch = await projects.poll(cloud, None)
    shown = columns(Project.KIND, by_key(batch)[ADMIN])
    assert (shown["name"], shown["servers"], shown["servers-use"]) == ("admin", 10, 0.1)
    assert (shown["vcpus"], shown["vcpus-quota"], shown["ram"]) == (11, 200, 704 << 20)


@pytest.mark.asyncio
async def test_projects_without_the_right_to_read_quotas() -> None:
    async def no_quotas(request: web.Request) -> web.Response | None:
        return web.json_response({"forbidden": {}}, status=403) if "os-quota-sets" in request.path else None

    async with opened(Recorded("identity", override=no_quotas)) as cloud:
        batch = await projects.poll(cloud, None)
    assert by_key(batch)[ADMIN].quota is None
    assert "admin" in batch.missing[0]


@pytest.mark.asyncio
async def test_a_kind_that_is_forbidden_says_so() -> None:
    async def no_services(request: web.Request) -> web.Response | None:
        return (
            web.json_response({"forbidden": {"message": "no"}}, status=403) if "os-services" in request.path else None
        )

    async with opened(Recorded("compute_aggregates_zones", override=no_services)) as cloud:
        with pytest.raises(Forbidden, match="os-services"):
            await lists.services(cloud, None)
        assert rows(await lists.aggregates(cloud, None)), "other kinds go on"
