"""Against real ovsdb-servers, northd and three chassis with BFD."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hsops.config import load_site
from hsops.model import Resource
from hsops.plugins.ovn import PLUGIN
from hsops.plugins.ovn.client import Ovn, connect
from hsops.plugins.ovn.options import OvnOptions
from hsops.plugins.ovn.watch import watch
from hsops.registry import Registry
from hsops.session import Session
from hsops.testing import check_live
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunStatus
from tests.lab import env, process
from tests.lab.ovn import chassis
from tests.lab.place import place
from tests.plugins.replay import ToyContext

pytestmark = [pytest.mark.asyncio, pytest.mark.lab]


def nbctl(where: env.Ovn, *words: str) -> str:
    """What OVN's own client prints."""
    argv = ["ovn-nbctl", f"--db={where.northbound}", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout


def sbctl(where: env.Ovn, *words: str) -> str:
    """The same of the southbound database."""
    argv = ["ovn-sbctl", f"--db={where.southbound}", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout


def rows_of(printed: str) -> list[dict[str, Any]]:
    """``-f json`` as dicts."""
    table = json.loads(printed)
    return [dict(zip(table["headings"], row, strict=True)) for row in table["data"]]


def gateway_host(where: env.Ovn) -> str:
    """Where the gateway port is, seen by ovn-sbctl."""
    found = sbctl(where, "--bare", "--columns=chassis", "find", "Port_Binding", f"logical_port=cr-{where.gateway}")
    return (
        sbctl(where, "--bare", "--columns=hostname", "list", "Chassis", found.strip()).strip() if found.strip() else ""
    )


@asynccontextmanager
async def opened(where: env.Ovn) -> AsyncIterator[Ovn]:
    options = OvnOptions(northbound=where.northbound, southbound=where.southbound)
    connection = await connect(options, ToyContext(system="ovn", timeout=30.0))
    try:
        yield connection
    finally:
        await connection.aclose()


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    for _ in range(600):
        if await condition():
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"it never came: {what}")


async def test_the_contract_holds(lab_ovn: env.Ovn) -> None:
    async with opened(lab_ovn) as connection:
        rows = await check_live(PLUGIN, connection)
    assert {kind: len(members) for kind, members in rows.items()} == {
        "ovn.chassis": 3, "ovn.gateway": 1, "ovn.router": 1, "ovn.switch": 2, "ovn.port": 6, "ovn.load_balancer": 1
    }  # fmt: skip


async def test_rows_are_what_ovn_prints(lab_ovn: env.Ovn) -> None:
    async with opened(lab_ovn) as connection:
        batch = await anext(watch(connection))
    shown: dict[str, list[Any]] = {}
    for row in batch.upserts:
        shown.setdefault(row.KIND, []).append(row)
    printed = rows_of(nbctl(lab_ovn, "-f", "json", "--columns=name,type,up", "list", "Logical_Switch_Port"))
    assert {(one.name, one.type, one.up) for one in shown["ovn.port"]} == {
        (one["name"], one["type"], one["up"] if isinstance(one["up"], bool) else None) for one in printed
    }
    bindings = rows_of(
        sbctl(lab_ovn, "-f", "json", "--columns=logical_port,chassis", "find", "Port_Binding", 'type=""')
    )
    hosts = {one["_uuid"][1]: one["hostname"] for one in rows_of(sbctl(lab_ovn, "-f", "json", "list", "Chassis"))}
    assert {one.name: one.chassis for one in shown["ovn.port"] if one.type == ""} == {
        one["logical_port"]: hosts.get(one["chassis"][1], "") for one in bindings
    }
    assert shown["ovn.gateway"][0].active == gateway_host(lab_ovn)
    candidates = rows_of(nbctl(lab_ovn, "-f", "json", "--columns=chassis_name,priority", "list", "Gateway_Chassis"))
    assert {(one.chassis, one.priority) for one in shown["ovn.gateway"][0].candidates} == {
        (one["chassis_name"], one["priority"]) for one in candidates
    }


async def _changes(connection: Ovn, seen: list[Resource]) -> None:
    async for batch in watch(connection):
        seen.extend(batch.upserts)


async def test_what_somebody_else_does_is_pushed(lab_ovn: env.Ovn) -> None:
    async with opened(lab_ovn) as connection:
        seen: list[Any] = []
        follower = asyncio.create_task(_changes(connection, seen))
        await until(lambda: _is(len(seen) >= 14), "the first batch")
        try:
            await asyncio.to_thread(nbctl, lab_ovn, "lsp-add", "tenant", "guest", "--", "set", "Logical_Switch_Port",
                                    "guest", "external_ids:neutron\\:port_name=hello")  # fmt: skip
            await until(lambda: _is(any(row.title() == "hello" for row in seen)), "the new port")
        finally:
            await asyncio.to_thread(nbctl, lab_ovn, "--if-exists", "lsp-del", "guest")
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)


async def _is(value: bool) -> bool:
    return value


def site_file(where: env.Ovn, folder: Path) -> Path:
    """The lab's overlay as a site."""
    file = folder / "site.yaml"
    system = {"plugin": "ovn", "northbound": where.northbound, "southbound": where.southbound}
    file.write_text(json.dumps({"site": "lab", "tier": "lab", "systems": [system]}))
    return file


@pytest.mark.slow
async def test_a_real_gateway_chassis_is_drained_and_returned(lab_ovn: env.Ovn, tmp_path: Path) -> None:
    host = lab_ovn.chassis[0]
    registry = Registry.load()
    async with (
        Session([load_site(site_file(lab_ovn, tmp_path), registry)], registry) as session,
        Engine(session, tmp_path / "runs.sqlite", registry.workflow) as engine,
    ):
        assert gateway_host(lab_ovn) == host
        try:
            run = await engine.submit("gateway.drain", {"host": host}, {}, site="lab", attended=False)
            ended = await engine.join(run)
            assert ended.status is RunStatus.DONE, ended.reason
            assert gateway_host(lab_ovn) == lab_ovn.chassis[1]
            saved = nbctl(
                lab_ovn, "--bare", "--columns=external_ids", "find", "Gateway_Chassis", f"chassis_name={host}"
            )
            assert f"hsops-run={run}" in saved
        finally:
            back = await engine.join(await engine.submit("gateway.return", {"host": host}, {}, "lab", attended=False))
        assert back.status is RunStatus.DONE, back.reason
    assert gateway_host(lab_ovn) == host
    printed = nbctl(lab_ovn, "lrp-get-gateway-chassis", lab_ovn.gateway)
    assert [int(line.split()[1]) for line in printed.splitlines() if line.strip()] == [30, 20, 10]


@pytest.mark.slow
async def test_a_chassis_that_dies_hands_its_gateway_over(lab_ovn: env.Ovn) -> None:
    """BFD between the chassis finds the dead one; the panel shows where the port went."""
    where, host = place("ovn"), lab_ovn.chassis[0]
    async with opened(lab_ovn) as connection:
        seen: list[Any] = []
        follower = asyncio.create_task(_changes(connection, seen))
        await until(lambda: _is(len(seen) >= 14), "the first batch")
        process.kill(where, f"vswitchd-{host}")
        try:
            elsewhere = [lab_ovn.chassis[1]]
            await until(lambda: _is(any(_active(row) in elsewhere for row in seen)), "the gateway on the next chassis")
            last = [row for row in seen if row.KIND == "ovn.gateway"][-1]
            assert last.word == "failed over"
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)
            await asyncio.to_thread(_again, where)


def _active(row: Any) -> str:
    return str(row.active) if row.KIND == "ovn.gateway" else ""


def _again(where: Any) -> None:
    """The lab makes it all anew when a process is missing."""
    from tests.lab.ovn import SYSTEM

    process.stop(where, [name for host in chassis.HOSTS for name in chassis.processes(host)])
    SYSTEM.up(where)
