"""Rows from recorded answers, what is asked again and what is not, and what is said when a part is missing."""

from __future__ import annotations

import copy

import pytest

from hsops.api import BadAnswer, Health, Ref, Relation, TimedOut
from hsops.plugins.ceph import PLUGIN
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.raw import raw
from hsops.plugins.ceph.rows.cluster import Cluster
from hsops.plugins.ceph.rows.osd import Osd
from hsops.plugins.ceph.rows.pg import Pg
from hsops.plugins.ceph.rows.pool import Pool
from hsops.plugins.ceph.sources import cluster, osds, pgs, pools
from hsops.plugins.ceph.transport.base import Reply
from tests.plugins.ceph.helping import Player, playing, recorded

pytestmark = pytest.mark.asyncio


async def test_osds_equal_what_ceph_says() -> None:
    _, client = playing()
    batch = await osds.poll(client, None)
    rows = {row.id: row for row in batch.upserts if isinstance(row, Osd)}
    hosts = {node["name"]: node["children"] for node in recorded("osd_tree")["nodes"] if node["type"] == "host"}
    for usage in recorded("osd_df")["nodes"]:
        row = rows.pop(usage["id"])
        assert (row.size, row.used) == (usage["kb"] * 1024, usage["kb_used"] * 1024)
        assert (row.pgs, row.reweight) == (usage["pgs"], usage["reweight"])
        assert row.fill == pytest.approx(usage["utilization"] / 100)
        assert usage["id"] in hosts[row.host]
        assert (row.up, row.is_in, row.health()) == (True, True, Health.OK)
    assert not rows
    assert {row.key() for row in batch.upserts if row.KIND == "ceph.host"} == set(hosts)
    assert batch.full
    assert batch.missing == ()


async def test_a_quiet_cluster_is_asked_for_its_status_only() -> None:
    player, client = playing()
    batch = await osds.poll(client, None)
    player.asked.clear()
    client.forget_status()
    again = await osds.poll(client, batch.cursor)
    assert player.asked == ["ceph status"]
    assert (again.full, again.upserts) == (False, ())


async def test_a_dead_osd_shows_at_the_next_poll() -> None:
    player, client = playing()
    batch = await osds.poll(client, None)
    status, dump = player.answers["ceph status"], player.answers["ceph osd dump"]
    status["osdmap"]["epoch"] = dump["epoch"] = dump["epoch"] + 1
    dump["osds"][3] |= {"up": 0, "state": ["exists"]}
    dump["osd_xinfo"][3]["down_stamp"] = "2026-11-21T13:54:52.500000+0000"
    client.forget_status()
    again = await osds.poll(client, batch.cursor)
    row = next(row for row in again.upserts if row.key() == "3" and row.KIND == "ceph.osd")
    assert isinstance(row, Osd)
    assert (row.up, row.word, row.health()) == (False, "down", Health.CRITICAL)
    assert row.down_since == 1795269292.5
    host = next(one for one in again.upserts if one.KIND == "ceph.host" and one.key() == "ceph-h2")
    assert host.health() is Health.WARN


async def test_noout_makes_a_dead_osd_a_maintenance() -> None:
    player, client = playing()
    player.answers["ceph osd dump"]["crush_node_flags"] = {"ceph-h2": ["noout"]}
    player.answers["ceph osd dump"]["osds"][3] |= {"up": 0, "state": ["exists"]}
    rows = {(row.KIND, row.key()): row for row in (await osds.poll(client, None)).upserts}
    assert rows["ceph.osd", "3"].health() is Health.MAINTENANCE
    assert rows["ceph.host", "ceph-h2"].health() is Health.MAINTENANCE
    assert rows["ceph.host", "ceph-h1"].health() is Health.OK


async def test_without_a_manager_up_and_down_are_still_told() -> None:
    player, client = playing()
    player.answers["ceph osd df"] = TimedOut("no manager answered in time")
    batch = await osds.poll(client, None)
    rows = [row for row in batch.upserts if isinstance(row, Osd)]
    assert all(row.up and row.size is None and row.fill is None for row in rows)
    assert batch.missing[0].startswith("fill, latency and number of placement groups: no manager")


async def test_not_a_number_is_read_as_nothing() -> None:
    player, client = playing()
    body = b'{"nodes":[{"id":0,"kb":0,"kb_used":0,"utilization":-nan,"var":nan,"pgs":0}],"summary":{"dev":nan}}'
    player.answers["ceph osd df"] = body
    rows = {row.key(): row for row in (await osds.poll(client, None)).upserts if isinstance(row, Osd)}
    assert rows["0"].fill is None


async def test_cluster_counts() -> None:
    _, client = playing()
    batch = await cluster.poll(client, None)
    row = batch.upserts[0]
    assert isinstance(row, Cluster)
    assert (row.status, row.clean, row.pg_word.word) == ("HEALTH_OK", True, "65 clean")
    assert (row.mons, row.quorum, row.up, row.is_in, row.osds) == (3, ("a", "b", "c"), 6, 6, 6)
    assert (row.write, row.writes, row.read, row.version) == (97562965, 372, 0, "16.2.15")
    assert row.fill == pytest.approx(4110057472 / 25769803776)
    assert [(link.relation, link.target.id) for link in row.links()] == [
        (Relation.DEPENDS, f"ceph-h{number}") for number in (1, 2, 3)
    ]


async def test_health_ok_is_not_clean() -> None:
    player, client = playing()
    player.answers["ceph status"]["pgmap"]["pgs_by_state"] = [
        {"state_name": "active+clean", "count": 54}, {"state_name": "active+remapped+backfill_wait", "count": 11},
    ]  # fmt: skip
    row = (await cluster.poll(client, None)).upserts[0]
    assert isinstance(row, Cluster)
    assert row.health() is Health.OK
    assert not row.clean
    assert row.pg_word.word == "54 of 65 clean"
    assert row.pg_word.health is Health.WARN


async def test_no_quorum_is_critical_whatever_the_monitors_repeat() -> None:
    player, client = playing()
    await cluster.poll(client, None)
    player.answers["ceph status"] |= {"quorum": [], "quorum_names": []}
    client.forget_status()
    player.asked.clear()
    batch = await cluster.poll(client, True)
    row = batch.upserts[0]
    assert isinstance(row, Cluster)
    assert (row.status, row.health(), row.word) == ("HEALTH_OK", Health.CRITICAL, "no quorum, data stale")
    assert not row.clean
    assert batch.missing[0].startswith("no quorum among 3 monitors")
    assert player.asked == ["ceph status"]
    client.forget_status()
    assert (await client.health()).health is Health.CRITICAL


async def test_reasons_are_asked_when_a_check_is_raised_and_not_again_until_it_changes() -> None:
    player, client = playing()
    check = {"severity": "HEALTH_WARN", "summary": {"message": "1 osds down", "count": 1}, "muted": False}
    player.answers["ceph status"]["health"] = {"status": "HEALTH_WARN", "checks": {"OSD_DOWN": check}, "mutes": []}
    detail = {**check, "detail": [{"message": "osd.3 (root=default,host=ceph-h2) is down"}]}
    player.answers["ceph health detail"] = {"status": "HEALTH_WARN", "checks": {"OSD_DOWN": detail}}
    for _ in range(2):
        client.forget_status()
        row, raised = (await cluster.poll(client, None)).upserts
        assert row.health() is Health.WARN
        assert [(link.relation, link.target) for link in raised.links()] == [(Relation.ABOUT, Ref("ceph.osd", "3"))]
    assert player.asked.count("ceph health detail") == 1
    player.answers["ceph status"]["health"]["checks"]["OSD_DOWN"] = {**check, "muted": True}
    player.answers["ceph health detail"]["checks"]["OSD_DOWN"]["muted"] = True
    player.answers["ceph status"]["health"]["checks"]["OSD_DOWN"]["summary"] = {"message": "2 osds down", "count": 2}
    client.forget_status()
    row, raised = (await cluster.poll(client, None)).upserts
    assert raised.health() is Health.MAINTENANCE
    assert isinstance(row, Cluster)
    assert row.reasons == ()


async def test_groups_settle_after_the_map_moved() -> None:
    player, client = playing()
    first = (await cluster.poll(client, None)).upserts[0]
    player.answers["ceph status"]["osdmap"]["num_up_osds"] = 5
    client.forget_status()
    second = (await cluster.poll(client, True)).upserts[0]
    assert isinstance(first, Cluster)
    assert isinstance(second, Cluster)
    assert (first.clean, second.clean, second.settling) == (True, False, True)
    assert "settling" in second.pg_word.word


async def test_pools() -> None:
    player, client = playing()
    player.answers["ceph osd pool stats"][2] |= {
        "recovery": {"degraded_objects": 5, "degraded_total": 100, "degraded_ratio": 0.05},
        "recovery_rate": {"recovering_bytes_per_sec": 1024},
        "client_io_rate": {"write_bytes_sec": 4096, "read_op_per_sec": 0, "write_op_per_sec": 2},
    }
    rows = {row.key(): row for row in (await pools.poll(client, None)).upserts}
    volumes = rows["volumes"]
    assert isinstance(volumes, Pool)
    assert (volumes.type, volumes.stored, volumes.pg_num) == ("replicated 3", 896270336, 32)
    assert (volumes.word, volumes.recovering, volumes.write) == ("5 % degraded", 1024, 4096)
    assert volumes.health() is Health.WARN
    assert rows["vms"].health() is Health.OK
    assert {link.target for link in volumes.links()} >= {Ref("ceph.host", f"ceph-h{number}") for number in (1, 2, 3)}


async def test_an_erasure_coded_pool_says_so() -> None:
    player, client = playing()
    dump = player.answers["ceph osd dump"]
    dump["pools"][0] |= {"type": 3, "size": 11, "erasure_code_profile": "wide"}
    dump["erasure_code_profiles"]["wide"] = {"k": "8", "m": "3"}
    row = (await pools.poll(client, None)).upserts[0]
    assert isinstance(row, Pool)
    assert row.type == "ec 8+3"


async def test_pools_without_a_manager_do_not_claim_to_be_well() -> None:
    player, client = playing()
    player.answers["ceph status"]["mgrmap"]["available"] = False
    batch = await pools.poll(client, None)
    assert {row.health() for row in batch.upserts} == {Health.UNKNOWN}
    assert batch.missing


async def test_placement_groups_come_as_differences() -> None:
    player, client = playing()
    first = await pgs.poll(client, None)
    assert (len(first.upserts), first.full) == (65, True)
    player.asked.clear()
    assert (await pgs.poll(client, first.cursor)).upserts == ()
    assert player.asked == []
    _unsettled(player, client)
    assert (await pgs.poll(client, first.cursor)).upserts == ()
    assert player.asked == ["ceph status", "ceph pg dump pgs_brief"]
    dump = player.answers["ceph pg dump pgs_brief"] = copy.deepcopy(recorded("pg_dump_brief"))
    changed = dump["pg_stats"][0]
    lost = changed["acting"][1]
    changed |= {"state": "active+undersized+degraded", "acting": [changed["acting"][0], changed["acting"][2]]}
    gone = dump["pg_stats"].pop()
    second = await pgs.poll(client, first.cursor)
    assert [row.key() for row in second.upserts] == [changed["pgid"]]
    assert second.removes == [Ref("ceph.pg", gone["pgid"])]
    row = second.upserts[0]
    assert isinstance(row, Pg)
    assert (row.missing, row.health()) == ((lost,), Health.WARN)
    assert Ref("ceph.osd", str(lost)) in {link.target for link in row.links()}


def _unsettled(player: Player, client: CephClient) -> None:
    """The status says that a group is not clean any more."""
    states = player.answers["ceph status"]["pgmap"]["pgs_by_state"]
    states.append({"state_name": "active+undersized+degraded", "count": 1})
    client.forget_status()


async def test_a_manager_that_just_started_empties_nothing() -> None:
    player, client = playing()
    first = await pgs.poll(client, None)
    player.answers["ceph pg dump pgs_brief"] = {"pg_ready": False, "pg_stats": None}
    _unsettled(player, client)
    batch = await pgs.poll(client, first.cursor)
    assert (batch.full, batch.upserts, batch.removes) == (False, (), ())
    assert "just started" in batch.missing[0]


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"fsid": 7}', b"[]", b"\x00\x1b]52;c;ZXZpbA==\x07"])
async def test_garbage_is_a_bad_answer_that_names_system_and_command(body: bytes) -> None:
    player, client = playing()
    player.answers["ceph status"] = body
    with pytest.raises(BadAnswer) as caught:
        await cluster.poll(client, None)
    assert (caught.value.system, caught.value.thing) == ("ceph", "ceph status")
    assert "\x1b" not in str(caught.value)


async def test_a_refused_command_keeps_its_reason() -> None:
    player, client = playing()
    player.answers["ceph osd tree"] = Reply(13, b"", "access denied")
    with pytest.raises(Exception, match=r"ceph ceph osd tree: access denied → give the cephx user"):
        await osds.poll(client, None)


@pytest.mark.parametrize(
    ("ref", "field"),
    [
        (Ref("ceph.cluster", "x"), "status"),
        (Ref("ceph.host", "ceph-h1"), "osds"),
        (Ref("ceph.osd", "0"), "metadata"),
        (Ref("ceph.pool", "volumes"), "usage"),
    ],
)
async def test_raw_is_the_whole_object(ref: Ref, field: str) -> None:
    _, client = playing()
    assert field in await raw(client, ref)


async def test_every_column_of_every_row_has_a_value() -> None:
    _, client = playing()
    for source in PLUGIN.sources:
        assert source.poll is not None
        for row in (await source.poll(client, None)).upserts:
            for column in PLUGIN.kind(row.KIND).columns:
                column.value(row)


async def test_without_a_manager_the_groups_keep_their_last_states() -> None:
    player, client = playing()
    first = await pgs.poll(client, None)
    player.answers["ceph status"]["mgrmap"]["available"] = False
    client.forget_status()
    batch = await pgs.poll(client, first.cursor)
    assert (batch.upserts, batch.removes, batch.full) == ((), (), False)
    assert batch.missing == ("states are of before: no manager answers",)


async def test_without_a_quorum_no_source_takes_old_news_for_new() -> None:
    player, client = playing()
    cursors = [(source, (await source.poll(client, None)).cursor) for source in PLUGIN.sources if source.poll]
    player.answers["ceph status"] |= {"quorum": [], "quorum_names": []}
    for source, cursor in cursors:
        client.forget_status()
        assert source.poll is not None
        assert "no quorum" in (await source.poll(client, cursor)).missing[0], source.kinds
