"""A database that leaves, lies, hangs or talks nonsense."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from hsops.errors import BadAnswer, HsopsError, TimedOut, Unreachable, UserError
from hsops.plugins.ovn import tables
from hsops.plugins.ovn.client import Ovn, connect
from hsops.plugins.ovn.options import OvnOptions
from hsops.plugins.ovn.ovsdb import address, rpc
from hsops.plugins.ovn.watch import watch
from tests.plugins.ovn.ovsdb_server import CONNECTED, Peer, Script, speaking
from tests.plugins.replay import ToyContext

pytestmark = pytest.mark.asyncio


async def opened(north: str, south: str, *, timeout: float = 5.0) -> Ovn:  # noqa: ASYNC109 - of each call
    return await connect(OvnOptions(northbound=north, southbound=south), ToyContext(system="ovn", timeout=timeout))


def plain(rows: dict[str, Any] | None = None) -> Script:
    """A server that is well: both schemas, these rows."""

    async def script(request: dict[str, Any], peer: Peer) -> None:
        method, params = request.get("method"), request.get("params")
        if method == "transact":
            peer.answer(request, CONNECTED)
        elif method == "get_schema":
            schema = {tables.NORTHBOUND: tables.NORTH, tables.SOUTHBOUND: tables.SOUTH}[params[0]]  # type: ignore[index] # a request has them
            columns = {
                table: {"columns": {name: {"type": one} for name, one in names.items()}}
                for table, names in schema.items()
            }
            peer.answer(request, {"tables": columns})
        elif method == "monitor_cond":
            peer.answer(request, rows or {})
        elif method == "echo":
            peer.answer(request, request["params"])

    return script


async def test_nobody_listens() -> None:
    with pytest.raises(Unreachable, match=r"tcp:127\.0\.0\.1:1: .*tcp:127\.0\.0\.1:2: "):
        await opened("tcp:127.0.0.1:1,tcp:127.0.0.1:2", "tcp:127.0.0.1:1")


@pytest.mark.parametrize("text", ["", "127.0.0.1", "tcp:127.0.0.1", "tcp::6641", "http:a:1", "tcp:a:99999", "unix:"])
async def test_an_address_that_is_none(text: str) -> None:
    with pytest.raises(UserError, match="is no address"):
        address.parse(text)


async def test_a_member_that_is_cut_off_is_passed_over() -> None:
    async def alone(request: dict[str, Any], peer: Peer) -> None:
        peer.answer(request, [{"rows": [{"model": "clustered", "connected": False, "leader": False, "index": 3}]}])

    async with speaking(alone) as cut_off, speaking(plain()) as well:
        ovn = await opened(f"{cut_off},{well}", well)
        assert ovn.north.address == well
        await ovn.aclose()
        with pytest.raises(Unreachable, match="cut off from its cluster"):
            await opened(cut_off, well)


@pytest.mark.parametrize("nonsense", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x01\x02\xff", b'{"id": 1, "result": "what"}'])
async def test_something_else_listens(nonsense: bytes) -> None:
    async def script(request: dict[str, Any], peer: Peer) -> None:
        peer.say(nonsense)

    async with speaking(script) as where:
        with pytest.raises(HsopsError):
            await opened(where, where)


async def test_a_silent_server_is_given_up() -> None:
    async def script(request: dict[str, Any], peer: Peer) -> None:
        return

    async with speaking(script) as where:
        with pytest.raises(Unreachable, match="no answer to transact"):
            await opened(where, where, timeout=0.2)


async def test_a_server_that_falls_silent_later_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "PROBE", 0.05)
    deaf = False
    well = plain()

    async def script(request: dict[str, Any], peer: Peer) -> None:
        if not deaf:
            await well(request, peer)

    async with speaking(script) as where:
        ovn = await opened(where, where, timeout=0.3)
        rows = watch(ovn)
        await anext(rows)
        deaf = True
        with pytest.raises(TimedOut, match="no answer to echo"):
            await anext(rows)
        assert ovn.lost
        await ovn.aclose()


async def test_a_server_that_leaves_ends_the_watch() -> None:
    """A leader that hands over to write a snapshot closes the connection of its clients."""
    well = plain()
    peers: list[Peer] = []

    async def script(request: dict[str, Any], peer: Peer) -> None:
        peers.append(peer)
        await well(request, peer)

    async with speaking(script) as where:
        ovn = await opened(where, where)
        rows = watch(ovn)
        await anext(rows)
        for peer in peers:
            peer.writer.close()
        with pytest.raises(Unreachable, match="closed the connection"):
            await anext(rows)
        assert ovn.lost
        await ovn.aclose()


async def test_an_update_that_makes_no_sense_is_told() -> None:
    well = plain()
    peers: list[Peer] = []

    async def script(request: dict[str, Any], peer: Peer) -> None:
        peers.append(peer)
        await well(request, peer)

    async with speaking(script) as where:
        ovn = await opened(where, where)
        rows = watch(ovn)
        await anext(rows)
        peers[-1].say({"id": None, "method": "update2", "params": ["x", {"Port_Binding": 7}]})
        with pytest.raises(BadAnswer):
            await anext(rows)
        assert ovn.lost
        await ovn.aclose()


async def test_a_table_and_a_column_nobody_asked_for_end_the_connection_and_nothing_else() -> None:
    well = plain()
    peers: list[Peer] = []

    async def script(request: dict[str, Any], peer: Peer) -> None:
        peers.append(peer)
        await well(request, peer)

    async with speaking(script) as where:
        ovn = await opened(where, where)
        rows = watch(ovn)
        await anext(rows)
        peers[-1].say({"id": None, "method": "update2", "params": ["x", {"Nonsense": {"u": {"insert": {"a": 1}}}}]})
        with pytest.raises(BadAnswer):
            await anext(rows)
        await ovn.aclose()


async def test_hostile_names_stay_text() -> None:
    name = "\x1b[2J\x9b31m[red]}{\"'\\" + "x" * 2000
    found = {"Logical_Switch_Port": {"u1": {"initial": {"name": name, "external_ids": ["map", [["a", name]]]}}}}

    async def script(request: dict[str, Any], peer: Peer) -> None:
        is_north = (request.get("params") or [""])[0] == "OVN_Northbound"
        await plain(found if is_north else {})(request, peer)

    async with speaking(script) as where:
        ovn = await opened(where, where)
        batch = await anext(watch(ovn))
        assert [(row.KIND, row.key()) for row in batch.upserts] == [("ovn.port", name)]
        await ovn.aclose()


async def test_the_server_asks_whether_we_live() -> None:
    echoes: list[Any] = []
    well = plain()

    async def script(request: dict[str, Any], peer: Peer) -> None:
        if request.get("id") == "echo":
            echoes.append(request["result"])
        else:
            await well(request, peer)
            peer.say({"method": "echo", "params": ["are you there"], "id": "echo"})

    async with speaking(script) as where:
        ovn = await opened(where, where)
        for _ in range(100):
            if echoes:
                break
            await asyncio.sleep(0.05)
        assert echoes
        assert echoes[0] == ["are you there"]
        await ovn.aclose()


async def test_a_refused_transaction_is_told_in_its_words() -> None:
    well = plain()
    refusal = [{"count": 1}, None, {"error": "constraint violation", "details": "two rows have the same index"}]

    async def script(request: dict[str, Any], peer: Peer) -> None:
        if request.get("method") == "transact" and request["params"][0] == "OVN_Northbound":
            peer.answer(request, refusal)
        else:
            await well(request, peer)

    async with speaking(script) as where:
        ovn = await opened(where, where)
        with pytest.raises(BadAnswer, match="constraint violation: two rows"):
            await ovn.transact({"op": "comment", "comment": "x"}, {"op": "comment", "comment": "y"})
        await ovn.aclose()


async def test_an_old_server_without_some_columns() -> None:
    """Chassis_Private came with OVN 20.12; what is not there has its default."""
    asked: list[Any] = []

    async def script(request: dict[str, Any], peer: Peer) -> None:
        if request.get("method") == "get_schema":
            schema = {"Chassis": {"columns": {"name": {"type": "string"}}}} if "South" in request["params"][0] else {}
            peer.answer(request, {"tables": schema})
        else:
            asked.extend([request["params"][2]] if request.get("method") == "monitor_cond" else [])
            rows = {"Chassis": {"u1": {"initial": {"name": "hv1"}}}}
            south = (request.get("params") or [""])[0] == "OVN_Southbound"
            await plain(rows if south else {})(request, peer)

    async with speaking(script) as where:
        ovn = await opened(where, where)
        batch = await anext(watch(ovn))
        assert [(row.key(), row.health().word) for row in batch.upserts] == [("hv1", "unknown")]
        assert {"Chassis": [{"columns": ["name"]}]} in asked
        await ovn.aclose()
    assert msgspec.json.encode(asked)
