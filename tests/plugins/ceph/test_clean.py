"""The gate "clean", the site's commands, and the small readers of the workflows, without a cluster."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from hsops.api import Unsupported
from hsops.plugins.ceph import calls, clean, orchestra
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.hands import Hands
from hsops.plugins.ceph.inventory import Daemon, inventory, on_host
from hsops.plugins.ceph.options import Commands
from hsops.plugins.ceph.transport.base import Ended, Reply
from hsops.plugins.ceph.wire.osds import Swap, Upmap
from hsops.plugins.ceph.wire.status import Status
from hsops.plugins.ceph.workflows.emptiness import why_not
from hsops.plugins.ceph.workflows.preview import compare
from tests.plugins.ceph.helping import playing, recorded


def status(**pgmap: Any) -> Status:
    """The recorded status with other groups."""
    known = recorded("status")
    known["pgmap"] |= pgmap
    return msgspec.convert(known, Status)


def groups(**states: int) -> list[dict[str, Any]]:
    """States with ``__`` for ``+``."""
    return [{"state_name": name.replace("__", "+"), "count": count} for name, count in states.items()]


def test_health_ok_is_not_clean() -> None:
    """Recorded: HEALTH_OK while 11 groups wait to move."""
    waiting = status(pgs_by_state=groups(active__clean=54, active__remapped__backfill_wait=11), num_pgs=65)
    assert waiting.health.status == "HEALTH_OK"
    found = clean.judge(waiting)
    assert (found.clean, found.left) == (False, 11.0)
    assert "11 active+remapped+backfill_wait" in found.text


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"active__clean": 65}, True),
        ({"active__clean": 60, "active__clean__scrubbing": 3, "active__clean__scrubbing__deep": 2}, True),
        ({"active__clean": 64}, False),
        ({"active__clean": 64, "active__clean__remapped": 1}, False),
        ({"active__clean": 64, "stale__active__clean": 1}, False),
        ({"active__clean": 64, "unknown": 1}, False),
    ],
)
def test_what_counts_as_clean(states: dict[str, int], *, expected: bool) -> None:
    assert clean.judge(status(pgs_by_state=groups(**states), num_pgs=65)).clean is expected


def test_without_a_quorum_or_a_manager_nothing_is_clean() -> None:
    well = status(pgs_by_state=groups(active__clean=65), num_pgs=65)
    lost = msgspec.structs.replace(well, quorum_names=[])
    blind = msgspec.structs.replace(well, mgrmap=msgspec.structs.replace(well.mgrmap, available=False))
    assert [clean.judge(one).clean for one in (well, lost, blind)] == [True, False, False]


@pytest.mark.asyncio
async def test_clean_takes_reports_that_are_newer_than_the_look() -> None:
    player, client = playing()
    player.answers["ceph status"]["pgmap"] |= {"pgs_by_state": groups(active__clean=65), "num_pgs": 65}
    player.answers["ceph status"]["osdmap"]["num_remapped_pgs"] = 0
    watch, seen = clean.Watch(reports=2), []
    for version in (10, 10, 11, 12):
        player.answers["ceph pg dump sum"] = {"pg_ready": True, "pg_map": {"version": version}}
        client.forget_status()
        seen.append((await watch.look(client)).clean)
    assert seen == [False, False, False, True]


@pytest.mark.asyncio
async def test_a_group_on_an_osd_that_is_down_has_not_reported() -> None:
    player, client = playing()
    assert await clean.unreported(client) is None
    victim = player.answers["ceph pg dump pgs_brief"]["pg_stats"][0]["acting"][0]
    for osd in player.answers["ceph osd dump"]["osds"]:
        osd["up"] = 0 if osd["osd"] == victim else osd["up"]
    found = await clean.unreported(client)
    assert found is not None
    assert "have not reported" in found.text


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"safe_to_destroy": [7]}, ""),
        ({"safe_to_destroy": [], "active": [7]}, "safe-to-destroy says no: active"),
        ({"safe_to_destroy": [7], "stored_pgs": [7]}, "safe-to-destroy says no: stored_pgs"),
        ({"safe_to_destroy": [8]}, "safe-to-destroy says no: it is in no list"),
    ],
)
async def test_the_lists_tell_whether_it_is_safe(said: dict[str, list[int]], expected: str) -> None:
    player, client = playing()
    player.answers[str(calls.safe_to_destroy(7))] = said
    assert await why_not(client, 7) == expected


@pytest.mark.asyncio
async def test_an_osd_that_groups_map_to_is_not_safe_whatever_is_said() -> None:
    player, client = playing()
    player.answers[str(calls.safe_to_destroy(0))] = {"safe_to_destroy": [0]}
    assert "groups map to it" in await why_not(client, 0)


class Recorder:
    """A host that remembers what it was asked to run."""

    name, lost = "mon1", False

    def __init__(self) -> None:
        self.ran: list[tuple[str, ...]] = []

    async def run(self, argv: Any, timeout: float) -> Ended:  # noqa: ASYNC109 - the protocol's
        """Note it."""
        self.ran.append(tuple(argv))
        return Ended(0, b"", b"")

    async def start(self, argv: Any) -> Any:
        """Not used."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing."""


@pytest.mark.asyncio
async def test_a_command_of_the_site_is_filled_in_and_takes_plain_names_only() -> None:
    host = Recorder()
    hands = Hands(host, Commands(stop=("ssh", "{host}", "systemctl stop ceph-{type}@{id}")))
    await hands.do("stop", Daemon(type="osd", id="3", host="sto-1", up=True))
    assert host.ran == [("ssh", "sto-1", "systemctl stop ceph-osd@3")]
    for id_, where in (("3; reboot", "sto-1"), ("3", "-oProxyCommand=x"), ("3", "a b"), ("$(id)", "sto-1"), ("", "h")):
        with pytest.raises(Unsupported):
            await hands.do("stop", Daemon(type="osd", id=id_, host=where, up=True))
    assert len(host.ran) == 1
    assert not hands.can("create")
    assert Hands(None).line("stop", Daemon(type="rgw", id="a", host="h", up=True)) == (
        "systemctl", "stop", "ceph-radosgw@rgw.a",
    )  # fmt: skip


def test_commands_stand_on_a_command_line_and_in_a_request() -> None:
    assert str(calls.destroy(3)) == "ceph osd destroy 3 --yes-i-really-mean-it"
    assert calls.destroy(3).request() == {"prefix": "osd destroy", "id": 3, "yes_i_really_mean_it": True}
    start = orchestra.upgrade("start", {"ceph_version": "18.2.4"})
    assert str(start) == "ceph orch upgrade start --ceph-version 18.2.4"
    assert start.request() == {"prefix": "orch upgrade start", "ceph_version": "18.2.4"}
    assert str(orchestra.remove(3, zap=True)) == "ceph orch osd rm 3 --replace --zap"
    assert calls.upmap("2.1f", (3, 0)).argv() == ("ceph", "osd", "pg-upmap-items", "2.1f", "3", "0")
    assert commands.STATUS.line() == ("ceph", "status")


@pytest.mark.asyncio
async def test_cephadms_plain_answers_are_understood() -> None:
    player, client = playing()
    player.answers[str(orchestra.REMOVALS)] = b"No OSD remove/replace operations reported"
    assert await orchestra.removals(client) == {}
    player.answers[str(orchestra.STATUS)] = Reply(2, b"", "No orchestrator configured (try `ceph orch set backend`)")
    assert await orchestra.backend(client) == ""
    player.answers[str(orchestra.UPGRADE)] = json.dumps(
        {
            "target_image": "i",
            "in_progress": True,
            "services_complete": ["mgr"],
            "message": "Error: UPGRADE_FAILED_PULL: x",
        }
    ).encode()
    now = await orchestra.upgrade_status(client)
    assert (now.paused, now.text) == (True, "done: mgr; Error: UPGRADE_FAILED_PULL: x")


def test_a_preview_is_the_difference_of_the_exceptions() -> None:
    before = [Upmap("1.0", (Swap(1, 2),)), Upmap("1.1", (Swap(3, 4),))]
    moves = compare(before, {"1.0": (1, 2), "1.1": (), "1.2": (5, 0)})
    assert [(move.pgid, move.before, move.after, move.copies) for move in moves] == [
        ("1.1", (3, 4), (), 1), ("1.2", (), (5, 0), 1),
    ]  # fmt: skip
    assert [move.text for move in moves] == ["where CRUSH has it", "osd.5 -> osd.0"]


@pytest.mark.asyncio
async def test_daemons_are_found_by_their_host() -> None:
    player, client = playing()
    player.answers["ceph quorum_status"] = recorded("quorum_status")
    player.answers["ceph mgr dump"] = {"available": True, "active_gid": 4154, "active_name": "x", "standbys": []}
    player.answers["ceph fs dump"] = {"standbys": [{"gid": 9, "name": "m1"}], "filesystems": []}
    about = {"gid": 77, "start_stamp": "t", "metadata": {"id": "gate", "hostname": "ceph-h1.example"}}
    player.answers["ceph service dump"] = {"services": {"rgw": {"daemons": {"summary": "", "77": about}}}}
    daemons = await inventory(client)
    assert [one.type for one in daemons] == sorted(
        (one.type for one in daemons), key=("mgr", "mon", "osd", "mds", "rgw").index
    )
    assert {one.name for one in on_host(daemons, "ceph-h1")} >= {"mgr.x", "mon.a", "osd.0", "osd.1", "rgw.gate"}
    assert all(one.up and one.life for one in daemons)
