"""The simulated cluster: the contract on both transports, the shapes of the real one, faults, actions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import msgspec
import pytest

from hsops.api import AuthFailed, BadAnswer, Forbidden, Health, HsopsError, NotFound, TimedOut, Unreachable
from hsops.plugins.ceph import PLUGIN, actions
from hsops.plugins.ceph.client import CephClient, connect
from hsops.plugins.ceph.pg_map import pg_map
from hsops.plugins.ceph.rows.cluster import Cluster
from hsops.plugins.ceph.rows.host import Host
from hsops.plugins.ceph.rows.osd import Osd
from hsops.plugins.ceph.simulator import CephFace
from hsops.plugins.ceph.simulator.catalogue import answer
from hsops.plugins.ceph.sources import cluster, osds
from hsops.plugins.ceph.transport import cli
from hsops.simulator.clock import Clock
from hsops.simulator.machines import Size
from hsops.simulator.world import World
from hsops.testing import check_live, check_manifest, check_manifest_is_light
from tests.plugins.ceph.helping import Context, lookup, options, recorded, told

TRANSPORTS = pytest.mark.parametrize("has_rados", [False, True], ids=["cli", "agent"])


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A small site whose clock stands still."""
    return World(Size(machines=20, servers=10), clock=Clock(0, 1.8e9), folder=tmp_path)


@asynccontextmanager
async def facing(world: World, *, has_rados: bool = False) -> AsyncIterator[Mapping[str, Any]]:
    """The face, started; gives the mapping for the site file."""
    face = CephFace()
    face.has_rados = has_rados
    try:
        yield await face.start(world)
    finally:
        await face.stop()


@asynccontextmanager
async def connected(world: World, *, has_rados: bool = False, timeout: float = 10.0) -> AsyncIterator[CephClient]:  # noqa: ASYNC109 - the context's
    """A client of the face."""
    async with facing(world, has_rados=has_rados) as mapping:
        client = await connect(options(mapping), Context(timeout=timeout))
        try:
            yield client
        finally:
            await client.aclose()


def test_the_manifest_keeps_the_contract() -> None:
    check_manifest(PLUGIN)
    check_manifest_is_light("hsops.plugins.ceph")


@TRANSPORTS
@pytest.mark.asyncio
async def test_the_contract_holds(world: World, has_rados: bool) -> None:
    async with connected(world, has_rados=has_rados) as client:
        assert client.via.startswith("agent" if has_rados else "cli")
        rows = await check_live(PLUGIN, client)
        assert len(rows["ceph.osd"]) == len(world.ceph.osds)
        assert len(rows["ceph.pg"]) == len(world.ceph.pgs)
        assert {row.key() for row in rows["ceph.host"]} == set(world.ceph.hosts)
        assert {row.health() for kind in rows.values() for row in kind} == {Health.OK}


@TRANSPORTS
@pytest.mark.asyncio
async def test_a_lost_osd_from_down_to_clean(world: World, has_rados: bool) -> None:
    async with connected(world, has_rados=has_rados) as client:
        await check_live(PLUGIN, client)
        fault = world.inject("osd.down", "osd.3")
        world.tick(0.5)
        client.forget_status()
        row = await _osd(client, 3)
        assert (row.up, row.health()) == (False, Health.CRITICAL)
        assert row.down_since is not None
        world.tick(10)
        client.forget_status()
        rows = lookup([row for kind in (await check_live(PLUGIN, client)).values() for row in kind])
        count = sum("undersized" in pg.state for pg in world.ceph.unsettled.values())
        made = pg_map(rows)
        assert count
        assert f"): {count} pgs, 0 below min_size" in made.note
        assert rows("ceph.cluster")[0].degraded > 0
        world.heal(fault.id)
        world.tick(600)
        client.forget_status()
        rows = lookup([row for kind in (await check_live(PLUGIN, client)).values() for row in kind])
        assert pg_map(rows).note == ""
        assert {pg.health() for pg in rows("ceph.pg")} == {Health.OK}


async def _osd(client: CephClient, number: int) -> Osd:
    for row in (await osds.poll(client, None)).upserts:
        if isinstance(row, Osd) and row.id == number:
            return row
    raise AssertionError(f"there is no osd.{number}")


async def _host(client: CephClient, name: str) -> Host:
    for row in (await osds.poll(client, None)).upserts:
        if isinstance(row, Host) and row.name == name:
            return row
    raise AssertionError(f"there is no {name}")


# -- the shapes of the real cluster


def shape(value: Any, where: str = "") -> dict[str, set[str]]:
    """Path to the types that stand there; members of a list are alike, keys with digits are ids."""
    kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    found = {where or ".": {kind}}
    children: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        children = [(f"{where}.{key}", one) for key, one in value.items()]
    elif isinstance(value, list):
        children = [(f"{where}[]", one) for one in value]
    for path, child in children:
        for key, kinds in shape(child, path).items():
            found.setdefault(key, set()).update(kinds)
    return found


SHAPES = [
    ("status", ("servicemap.services", "pgmap.", "mgrmap.services", "health.checks")),
    ("health detail", ("checks",)),
    ("versions", ("",)),
    ("node ls", ("",)),
    ("mon dump", ()),
    ("quorum_status", ()),
    ("osd tree", ()),
    ("osd dump", ("crush_node_flags", "application_metadata", "options.")),
    ("osd stat", ()),
    ("osd df", ()),
    ("osd df tree", ()),
    ("osd perf", ()),
    ("osd metadata", ()),
    ("osd crush rule dump", ()),
    ("osd pool ls detail", ("application_metadata", "options.")),
    ("df detail", ("stats_by_class",)),
    ("pg dump pgs_brief", ()),
    ("pg stat", ("pg_summary",)),
    ("pg ls", ()),
    ("osd ok-to-stop 0", ()),
    ("osd safe-to-destroy 0", ()),
]
NAMES = {
    "health detail": "health_detail", "pg dump pgs_brief": "pg_dump_brief", "osd ok-to-stop 0": "ok_to_stop",
    "osd safe-to-destroy 0": "safe_to_destroy", "df detail": "df_detail", "osd pool ls detail": "osd_pool_ls_detail",
    "osd crush rule dump": "osd_crush_rule",
}  # fmt: skip


@pytest.mark.parametrize(("command", "open_paths"), SHAPES, ids=[command for command, _ in SHAPES])
def test_answers_have_the_keys_and_types_of_the_real_ones(
    world: World, command: str, open_paths: tuple[str, ...]
) -> None:
    real = shape(recorded(NAMES.get(command, command.replace(" ", "_"))))
    made = shape(msgspec.json.decode(answer(world, command.split()).body()))
    for path in real.keys() | made.keys():
        if any(part in path for part in open_paths):
            continue
        assert path in made, f"{command}: the real answer has {path}"
        assert path in real, f"{command}: no real answer has {path}"
        assert made[path] <= real[path], f"{command}: {path}"


def test_the_rates_of_pools_have_the_real_form(world: World) -> None:
    real = told("osd_pool_ls_detail_2", "ceph osd pool stats -f json")[0]
    made = msgspec.json.decode(answer(world, ["osd", "pool", "stats"]).body())[0]
    assert made.keys() == real.keys()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("osd out 99999", 0), ("osd out nonsense", 22), ("osd ok-to-stop 99999", 0), ("osd safe-to-destroy 99999", 0),
        ("osd set-group noout no-such-host", 22), ("osd set-group noout osd.99999", 0), ("osd set nonsense", 22),
        ("osd set-group nonsense sto-001", 22), ("osd crush reweight osd.99999 0", 2), ("osd reweight 99999 0.5", 2),
        ("osd set-group noout", 22), ("nonsense", 22), ("osd nonsense", 22), ("osd reweight 0 7", 22),
    ],
)  # fmt: skip
def test_unknown_names_succeed_or_fail_as_recorded(world: World, command: str, code: int) -> None:
    assert answer(world, command.split()).code == code


def test_safe_to_destroy_succeeds_while_it_is_not_safe(world: World) -> None:
    result = answer(world, ["osd", "safe-to-destroy", "0"])
    assert (result.code, result.out["active"], result.out["safe_to_destroy"]) == (0, [0], [])


# -- actions


@TRANSPORTS
@pytest.mark.asyncio
async def test_out_and_in(world: World, has_rados: bool) -> None:
    async with connected(world, has_rados=has_rados) as client:
        osd = await _osd(client, 1)
        assert "is out" in await actions.take_out(client, osd, {})
        assert not world.ceph.osds[1].inside
        client.forget_status()
        assert (await _osd(client, 1)).word == "up out"
        assert "is in" in await actions.take_in(client, osd, {})
        assert world.ceph.osds[1].inside


@pytest.mark.asyncio
async def test_hold_and_release(world: World) -> None:
    async with connected(world) as client:
        name = next(iter(world.ceph.hosts))
        host = await _host(client, name)
        await actions.hold_host(client, host, {})
        assert world.ceph.node_flags == {name: {"noout"}}
        client.forget_status()
        assert (await _host(client, name)).flags == ("noout",)
        await actions.release_host(client, host, {})
        assert world.ceph.node_flags == {}
        row = (await cluster.poll(client, None)).upserts[0]
        assert isinstance(row, Cluster)
        await actions.hold_cluster(client, row, {})
        assert "noout" in world.ceph.flags
        await actions.release_cluster(client, row, {})
        assert "noout" not in world.ceph.flags


@pytest.mark.asyncio
async def test_an_osd_that_is_not_there_is_not_taken_out(world: World) -> None:
    async with connected(world) as client:
        with pytest.raises(NotFound):
            await actions.take_out(client, Osd(id=99999, name="osd.99999", up=True, is_in=True), {})
        with pytest.raises(NotFound):
            await actions.hold_host(client, Host(name="no-such-host"), {})


@pytest.mark.asyncio
async def test_an_effect_that_the_map_does_not_show_is_not_believed(world: World) -> None:
    async with connected(world, has_rados=True) as client:
        osd = await _osd(client, 1)
        world.ceph.mark_out = lambda osd_id, *, auto=False: None  # type: ignore[method-assign] # a lying cluster
        with pytest.raises(BadAnswer, match="does not show it"):
            await actions.take_out(client, osd, {})


def test_actions_show_the_command_that_they_run() -> None:
    by_name = {action.name: action for action in PLUGIN.actions}
    osd = Osd(id=7, name="osd.7", up=True, is_in=True)
    assert by_name["osd.out"].command(osd, {}) == ("ceph", "osd", "out", "7")
    assert by_name["host.noout.set"].command(Host(name="h1"), {}) == ("ceph", "osd", "set-group", "noout", "h1")
    assert by_name["osd.in"].enabled is not None
    assert by_name["osd.in"].enabled(osd) == "it is in already"


# -- bad days


@TRANSPORTS
@pytest.mark.parametrize(
    ("kind", "expected"),
    [("api.garbage", BadAnswer), ("api.forbidden", Forbidden), ("api.error", BadAnswer), ("api.silent", TimedOut)],
)
@pytest.mark.asyncio
async def test_a_fault_of_one_command_is_a_decision(
    world: World, monkeypatch: pytest.MonkeyPatch, has_rados: bool, kind: str, expected: type[HsopsError]
) -> None:
    monkeypatch.setattr(cli, "GRACE", 0.5)
    async with connected(world, has_rados=has_rados, timeout=2.0) as client:
        world.inject(kind, "ceph", path="osd tree")
        with pytest.raises(expected):
            await osds.poll(client, None)
        await cluster.poll(client, None)  # nothing else stops
        world.heal()
        assert await _osd(client, 0)


@pytest.mark.asyncio
async def test_lost_quorum_is_seen_by_an_open_connection(world: World) -> None:
    async with connected(world, has_rados=True) as client:
        await cluster.poll(client, None)
        world.inject("mon.quorum")
        client.forget_status()
        batch = await cluster.poll(client, True)
        assert batch.upserts[0].health() is Health.CRITICAL
        assert "no quorum" in batch.missing[0]


@pytest.mark.asyncio
async def test_lost_quorum_is_a_time_out_for_the_program(world: World) -> None:
    async with connected(world, timeout=1.0) as client:
        world.inject("mon.quorum")
        client.forget_status()
        with pytest.raises(TimedOut, match="no monitor answers"):
            await client.status()


@TRANSPORTS
@pytest.mark.asyncio
async def test_a_closed_port_loses_the_connection_and_refuses_the_next(world: World, has_rados: bool) -> None:
    async with facing(world, has_rados=has_rados) as mapping:
        client = await connect(options(mapping), Context())
        world.inject("api.refused", "ceph")
        for _ in range(100):
            if client.lost:
                break
            await asyncio.sleep(0.05)
        assert client.lost
        client.forget_status()
        with pytest.raises(Unreachable):
            await client.status()
        await client.aclose()
        with pytest.raises(Unreachable, match="refuses connections"):
            await connect(options(mapping), Context())
        world.heal()
        await _until_open(mapping)
        again = await connect(options(mapping), Context())
        assert not again.lost
        await again.aclose()


async def _until_open(mapping: Mapping[str, Any]) -> None:
    for _ in range(100):
        try:
            _, writer = await asyncio.open_connection(mapping["ssh"]["host"], mapping["ssh"]["port"])
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise AssertionError("the port stayed closed")


@pytest.mark.asyncio
async def test_keys_that_do_not_fit(world: World, tmp_path: Path) -> None:
    async with facing(world) as mapping:
        other = asyncssh.generate_private_key("ssh-ed25519")
        key, trusted = tmp_path / "other", tmp_path / "trusted"
        key.write_bytes(other.export_private_key())
        key.chmod(0o600)
        ssh = mapping["ssh"]
        with pytest.raises(AuthFailed, match="refuses the login"):
            await connect(options({"ssh": {**ssh, "key": str(key)}}), Context())
        trusted.write_text("")
        with pytest.raises(AuthFailed, match="is not known"):
            await connect(options({"ssh": {**ssh, "known_hosts": str(trusted)}}), Context())
        trusted.write_text(f"[{ssh['host']}]:{ssh['port']} {other.export_public_key().decode()}")
        with pytest.raises(AuthFailed, match="HAS CHANGED"):
            await connect(options({"ssh": {**ssh, "known_hosts": str(trusted)}}), Context())
        with pytest.raises(AuthFailed, match="no trusted host keys"):
            await connect(options({"ssh": {**ssh, "known_hosts": str(tmp_path / "none")}}), Context())


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff\x1b[31m", None])
@pytest.mark.asyncio
async def test_what_is_not_an_ssh_server(tmp_path: Path, says: bytes | None) -> None:
    """Closes at once, speaks HTTP, sends garbage, or takes the connection and says nothing."""
    hold = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if says is None:
            await hold.wait()
        else:
            writer.write(says)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    (tmp_path / "known").write_text("")
    port = server.sockets[0].getsockname()[1]
    ssh = {"host": "127.0.0.1", "port": port, "user": "u", "known_hosts": str(tmp_path / "known")}
    with pytest.raises(Unreachable) as caught:
        await connect(options({"ssh": ssh}), Context(timeout=1.0))
    assert isinstance(caught.value, TimedOut) is (says is None)
    assert "\x1b" not in str(caught.value)
    hold.set()
    server.close()
    await server.wait_closed()
