"""Against the real cluster and the real sshd of the lab."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing as closing
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hsops.api import AuthFailed, HsopsError, TimedOut, Unsupported
from hsops.plugins.ceph import PLUGIN, actions
from hsops.plugins.ceph.client import CephClient, connect
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.pg_map import pg_map
from hsops.plugins.ceph.rows.cluster import Cluster
from hsops.plugins.ceph.rows.host import Host
from hsops.plugins.ceph.rows.osd import Osd
from hsops.plugins.ceph.rows.pg import Pg
from hsops.plugins.ceph.rows.pool import Pool
from hsops.plugins.ceph.sources import cluster, osds, pgs, pools
from hsops.plugins.ceph.transport import ssh
from hsops.testing import check_live
from tests.lab import ceph
from tests.lab.ceph.client import ceph_json
from tests.lab.env import Ceph, Ssh
from tests.lab.place import place
from tests.plugins.ceph.helping import Context, lookup, options

pytestmark = [pytest.mark.lab, pytest.mark.asyncio, pytest.mark.timeout(600)]
PATIENCE = 240.0


def by_ssh(lab_ssh: Ssh) -> dict[str, Any]:
    """The site file's settings for the lab's sshd; ceph.conf comes from the login's environment."""
    return {
        "host": lab_ssh.host, "port": lab_ssh.port, "user": lab_ssh.user, "key": str(lab_ssh.key),
        "known_hosts": str(lab_ssh.known_hosts),
    }  # fmt: skip


WAYS = pytest.mark.parametrize("way", ["agent", "cli", "ssh-auto", "ssh-cli"])


def settings(way: str, lab_ceph: Ceph, lab_ssh: Ssh) -> dict[str, Any]:
    """Options for a transport."""
    here = {"conf": str(lab_ceph.conf), "keyring": str(lab_ceph.keyring)}
    ways: dict[str, dict[str, Any]] = {
        "agent": {**here, "transport": "agent"},
        "cli": {**here, "transport": "cli"},
        "ssh-auto": {"ssh": by_ssh(lab_ssh)},
        "ssh-cli": {"ssh": by_ssh(lab_ssh), "transport": "cli"},
    }
    return ways[way]


@asynccontextmanager
async def opened(chosen: CephOptions, timeout: float = 30.0) -> AsyncIterator[CephClient]:  # noqa: ASYNC109 - the context's
    """A client."""
    client = await connect(chosen, Context(timeout=timeout))
    try:
        yield client
    finally:
        await client.aclose()


def said(*words: str) -> Any:
    """What the ``ceph`` program prints."""
    return ceph_json(place("ceph"), *words)


@WAYS
async def test_the_contract_holds(way: str, lab_ceph: Ceph, lab_ssh: Ssh) -> None:
    async with opened(options(settings(way, lab_ceph, lab_ssh))) as client:
        assert client.via == {
            "agent": "agent on this machine", "cli": "cli on this machine", "ssh-auto": "agent on 127.0.0.1",
            "ssh-cli": "cli on 127.0.0.1",
        }[way]  # fmt: skip
        rows = await check_live(PLUGIN, client)
        assert len(rows["ceph.osd"]) == len(lab_ceph.osds)


@WAYS
async def test_rows_equal_what_ceph_prints(way: str, lab_ceph: Ceph, lab_ssh: Ssh) -> None:
    async with opened(options(settings(way, lab_ceph, lab_ssh))) as client:
        await _equal(client, _osds_seen, _osds_said)
        await _equal(client, _pgs_seen, _pgs_said)
        await _equal(client, _pools_seen, _pools_said)
        await _equal(client, _cluster_seen, _cluster_said)


async def _equal(client: CephClient, seen: Callable[[CephClient], Any], said_: Callable[[], Any]) -> None:
    """Equal at one moment: the cluster may move between the two answers."""
    for attempt in range(5):
        client.forget_status()
        mine, theirs = await seen(client), await asyncio.to_thread(said_)
        assert mine == theirs or attempt < 4
        if mine == theirs:
            return


async def _osds_seen(client: CephClient) -> Any:
    rows = [row for row in (await osds.poll(client, None)).upserts if isinstance(row, Osd)]
    return {row.id: (row.name, row.host, "up" if row.up else "down", row.reweight, row.device_class) for row in rows}


def _osds_said() -> Any:
    nodes = said("osd", "tree")["nodes"]
    host = {child: node["name"] for node in nodes if node["type"] == "host" for child in node["children"]}
    return {
        node["id"]: (node["name"], host[node["id"]], node["status"], node["reweight"], node["device_class"])
        for node in nodes if node["type"] == "osd"
    }  # fmt: skip


async def _pgs_seen(client: CephClient) -> Any:
    rows = [row for row in (await pgs.poll(client, None)).upserts if isinstance(row, Pg)]
    return {row.pgid: (row.state, list(row.up), list(row.acting), row.acting_primary) for row in rows}


def _pgs_said() -> Any:
    return {
        pg["pgid"]: (pg["state"], pg["up"], pg["acting"], pg["acting_primary"])
        for pg in said("pg", "dump", "pgs_brief")["pg_stats"]
    }


async def _pools_seen(client: CephClient) -> Any:
    rows = [row for row in (await pools.poll(client, None)).upserts if isinstance(row, Pool)]
    return {row.name: (row.id, row.stored, row.objects, row.used, row.available, row.fill) for row in rows}


def _pools_said() -> Any:
    names = ("stored", "objects", "bytes_used", "max_avail", "percent_used")
    return {
        pool["name"]: (pool["id"], *(pool["stats"][name] for name in names)) for pool in said("df", "detail")["pools"]
    }


async def _cluster_seen(client: CephClient) -> Any:
    row = (await cluster.poll(client, None)).upserts[0]
    assert isinstance(row, Cluster)
    return row.fsid, row.status, list(row.quorum), dict(row.pg_states), row.up, row.size, row.used


def _cluster_said() -> Any:
    status = said("status")
    states = {state["state_name"]: state["count"] for state in status["pgmap"]["pgs_by_state"]}
    pgmap = status["pgmap"]
    return (
        status["fsid"], status["health"]["status"], status["quorum_names"], states, status["osdmap"]["num_up_osds"],
        pgmap["bytes_total"], pgmap["bytes_used"],
    )  # fmt: skip


async def _until(client: CephClient, done: Callable[[], Any]) -> float:
    """Poll as a panel does until `done`; gives the seconds that it took."""
    begin = time.monotonic()
    while not await done():
        assert time.monotonic() - begin < PATIENCE, "it never showed"
        await asyncio.sleep(0.25)
    return time.monotonic() - begin


@pytest.mark.parametrize("way", ["agent", "ssh-cli"])
async def test_a_killed_osd_shows_and_comes_back(
    way: str, lab_ceph_mended: Ceph, lab_ssh: Ssh, capsys: pytest.CaptureFixture[str]
) -> None:
    victim = 2
    async with opened(options(settings(way, lab_ceph_mended, lab_ssh))) as client:
        await check_live(PLUGIN, client)

        async def down() -> bool:
            rows = (await osds.poll(client, True)).upserts
            return any(isinstance(row, Osd) and row.id == victim and not row.up for row in rows)

        async def told() -> bool:
            client.forget_status()
            rows = [row for source in PLUGIN.sources for row in await _rows(source, client)]
            note = pg_map(lookup(rows)).note
            short = [row for row in rows if isinstance(row, Pg) and victim in row.missing and "undersized" in row.state]
            return bool(short) and f"): {len(short)} pgs, 0 below min_size" in note

        await asyncio.to_thread(ceph.kill_osd, victim)
        seen = await _until(client, down)
        with capsys.disabled():
            print(f" osd.{victim} killed, seen by {client.via} after {seen:.1f} s")
        await _until(client, told)
        await asyncio.to_thread(ceph.start_osd, victim)

        async def clean() -> bool:
            client.forget_status()
            rows = [row for source in PLUGIN.sources for row in await _rows(source, client)]
            row = next(row for row in rows if isinstance(row, Cluster))
            return row.clean and not any(isinstance(row, Pg) and row.missing for row in rows)

        await _until(client, clean)


async def _rows(source: Any, client: CephClient) -> Any:
    return (await source.poll(client, None)).upserts


async def test_actions_are_proved_by_the_map(lab_ceph_mended: Ceph, lab_ssh: Ssh) -> None:
    async with opened(options(settings("ssh-auto", lab_ceph_mended, lab_ssh))) as client:
        rows = (await osds.poll(client, None)).upserts
        host = next(row for row in rows if isinstance(row, Host) and row.name == "ceph-h3")
        osd = next(row for row in rows if isinstance(row, Osd) and row.id == 5)
        await actions.hold_host(client, host, {})
        try:
            assert said("osd", "dump")["crush_node_flags"] == {"ceph-h3": ["noout"]}
        finally:
            await actions.release_host(client, host, {})
        assert said("osd", "dump")["crush_node_flags"] == {}
        await actions.take_out(client, osd, {})
        try:
            assert next(one for one in said("osd", "dump")["osds"] if one["osd"] == 5)["in"] == 0
        finally:
            await actions.take_in(client, osd, {})
        assert next(one for one in said("osd", "dump")["osds"] if one["osd"] == 5)["in"] == 1


DEAD = "[global]\nmon_host = v1:127.0.0.1:1\nauth_client_required = cephx\n"
WRONG = "[client.admin]\n\tkey = AQBwzWRnAAAAABAAq8Hn0Gy0f3JvX5Zp3m1x0A==\n"


@pytest.mark.parametrize("transport", ["agent", "cli"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"client": "client.nobody"}, AuthFailed),
        ({"keyring": "wrong"}, AuthFailed),
        ({"keyring": "/no/keyring"}, AuthFailed),
        ({"conf": "/no/ceph.conf"}, Unsupported),
        ({"conf": "dead"}, TimedOut),
        ({"client": "nobody"}, Unsupported),
    ],
)
async def test_wrong_settings_are_decisions(
    transport: str, change: dict[str, str], expected: type[HsopsError], lab_ceph: Ceph, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text(WRONG)
    (tmp_path / "dead").write_text(DEAD)
    made = {name: str(tmp_path / value) if value in ("wrong", "dead") else value for name, value in change.items()}
    base = {"conf": str(lab_ceph.conf), "keyring": str(lab_ceph.keyring), "transport": transport}
    with pytest.raises(expected) as caught:
        await connect(options({**base, **made}), Context(timeout=3.0))
    assert type(caught.value) is expected
    assert "key = " not in str(caught.value)


async def test_a_command_costs_no_new_process_on_the_host(lab_ceph: Ceph, lab_ssh: Ssh) -> None:
    async with opened(options(settings("ssh-auto", lab_ceph, lab_ssh))) as client:
        before = _helpers(lab_ssh)
        for _ in range(20):
            client.forget_status()
            await client.status()
        assert before
        assert _helpers(lab_ssh) >= before
    for _ in range(100):
        if not _helpers(lab_ssh) & before:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the helper outlives its connection")


def _helpers(lab_ssh: Ssh) -> set[int]:
    """Process ids of the helpers on the host."""
    return {pid for pid, line in _processes(lab_ssh).items() if "hsops-ceph-agent" in line}


def _processes(lab_ssh: Ssh) -> dict[int, str]:
    """Programs of the login user, by process id."""
    import pwd

    uid = pwd.getpwnam(lab_ssh.user).pw_uid
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


async def test_many_commands_at_once_stay_below_max_sessions(lab_ssh: Ssh) -> None:
    chosen = options({"ssh": by_ssh(lab_ssh)}).ssh
    assert chosen is not None
    async with closing(await ssh.connect(chosen, Context())) as host:
        ended = await asyncio.gather(*(host.run(("echo", "$HOME", "a b"), 30) for _ in range(120)))
        assert {(one.status, one.out) for one in ended} == {(0, b"$HOME a b\n")}


async def test_a_remote_program_that_hangs_is_ended(lab_ssh: Ssh) -> None:
    chosen = options({"ssh": by_ssh(lab_ssh)}).ssh
    assert chosen is not None
    mark = f"{time.time_ns() % 10**9 + 10**9}"
    async with closing(await ssh.connect(chosen, Context())) as host:
        with pytest.raises(TimedOut):
            await host.run(("sleep", mark), 1.0)
        for _ in range(100):
            if not any(mark in line for line in _processes(lab_ssh).values()):
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError("the program still runs on the host")
        assert (await host.run(("true",), 10)).status == 0
        assert json.loads((await host.run(("echo", '{"a": 1}'), 10)).out) == {"a": 1}
