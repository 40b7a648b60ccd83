"""BMCs that are well, and BMCs that hang, lie, forget their sessions or answer without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from hsops.errors import AuthFailed, NotFound, TimedOut, Unreachable, Unsupported
from hsops.model import Health, Ref
from hsops.plugin import Secret
from hsops.plugins.redfish import actions, bmc, client, rounds
from hsops.plugins.redfish.client import Redfish, connect
from hsops.plugins.redfish.kinds import Machine
from hsops.plugins.redfish.options import Bmc, RedfishOptions
from hsops.plugins.redfish.rounds import watch
from hsops.plugins.redfish.simulator import RedfishFace
from hsops.simulator.machines import Size
from hsops.simulator.world import World
from tests.plugins.replay import ToyContext, replaying, serving

pytestmark = pytest.mark.asyncio
RECORDINGS = Path(__file__).parent / "recordings"


async def opened(*bmcs: tuple[str, str], timeout: float = 5.0, **more: Any) -> Redfish:  # noqa: ASYNC109 - of each call
    options = RedfishOptions(bmcs=tuple(Bmc(name=name, url=url) for name, url in bmcs), **more)
    return await connect(options, ToyContext(system="bmcs", timeout=timeout))


async def first(connection: Redfish) -> dict[str, Machine]:
    """The rows of the first batch."""
    rows = watch(connection)
    batch = await anext(rows)
    await rows.aclose()  # type: ignore[attr-defined] # it is a generator
    assert batch.full
    return {row.key(): row for row in batch.upserts}  # type: ignore[misc] # all are machines


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[tuple[World, Redfish]]:
    """The face, and a connection with its login."""
    world = World(Size(machines=12, servers=10), seed=3, folder=folder)
    face = RedfishFace()
    settings = {key: value for key, value in (await face.start(world)).items() if key != "plugin"}
    try:
        yield world, await connect(msgspec.convert(settings, RedfishOptions), ToyContext(system="bmcs", timeout=10.0))
    finally:
        await face.stop()


async def test_an_emulators_recorded_answers() -> None:
    async with serving(replaying(*RECORDINGS.glob("*.json"))) as url:
        connection = await opened(("rack", url))
        body = await connection.bmcs["rack"].raw("/redfish/v1/Systems/00000000-0000-4000-8000-000000000001")
        assert body["Name"] == "node001"
        rack, path = connection.bmcs["rack"], str(body["@odata.id"])
        async with rack._visit() as http:
            rack.places = {path: await rack._place(http, path)}
            found = await rack._machine(http, path, rack.places[path])
    assert (found.name, found.power, found.condition, found.led) == ("rack", "Off", "OK", "Lit")
    assert "ForceOff" in found.resets
    assert found.health() is Health.MAINTENANCE


async def test_the_machines_of_the_world(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (world, connection):
        down = world.fleet.of("compute")[0].name
        world.power(down, up=False)
        rows = await first(connection)
        assert set(rows) == {machine.name for machine in world.fleet}
        assert (rows[down].word, rows[down].health()) == ("off", Health.MAINTENANCE)
        up = next(row for name, row in rows.items() if name != down)
        assert (up.word, up.health(), up.fans, up.supplies) == ("on", Health.OK, (6, 6), (2, 2))
        assert up.inlet is not None
        assert (await client.raw(connection, Ref("redfish.machine", down)))["HostName"] == down
        with pytest.raises(NotFound):
            await client.raw(connection, Ref("redfish.machine", "nobody"))


async def test_power_goes_where_it_was_ordered_and_not_twice(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (world, connection):
        name = world.fleet.of("compute")[0].name
        rows = await first(connection)
        assert await actions.force_off(connection, rows[name], {}) == f"{name} is off"
        assert name in world.fleet.down
        assert await actions.force_off(connection, rows[name], {}) == f"{name} is off already"
        assert await actions.power_on(connection, rows[name], {}) == f"{name} is on"
        assert name not in world.fleet.down
        await actions.boot_once(connection, rows[name], {})
        await actions.identify(connection, rows[name], {})
        now = await connection.machine(name)
        assert (now.boot, now.led) == ("Pxe once", "Lit")


async def test_a_reset_of_the_bmc_drops_the_session_and_a_new_one_is_opened(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (world, connection):
        name = world.fleet.of("compute")[0].name
        before = connection.bmcs[name]
        await before.machines()
        token, before.token = before.token, "dropped"
        assert [machine.name for machine in await before.machines()] == [name]
        assert before.token not in ("dropped", token)


async def test_a_wrong_password_is_told_once_for_each(tmp_path: Path) -> None:
    async with simulated(tmp_path) as (_, connection):
        for one in connection.bmcs.values():
            one.account = bmc.Account(system="bmcs", username="hsops", password=_wrong, timeout=5.0)
        with pytest.raises(AuthFailed, match="refuses the login"):
            await first(connection)


async def _wrong() -> str:
    return "wrong"


def _system(**more: Any) -> dict[str, Any]:
    return {"Id": "1", "PowerState": "On", "Status": {"Health": "OK"}, **more}


def _serve(system: Any = None, thermal: Any = None) -> Any:
    """A BMC whose machine and sensors the test chooses."""
    pages: dict[str, Any] = {
        "/redfish/v1/": {"Systems": {"@odata.id": "/redfish/v1/Systems"}},
        "/redfish/v1/Systems": {"Members": [{"@odata.id": "/redfish/v1/Systems/x"}]},
        "/redfish/v1/Systems/x": system or _system(Links={"Chassis": [{"@odata.id": "/redfish/v1/Chassis/y"}]}),
        "/redfish/v1/Chassis/y": {"Thermal": {"@odata.id": "/redfish/v1/Chassis/y/Thermal"}},
        "/redfish/v1/Chassis/y/Thermal": thermal or {},
    }

    async def handle(request: web.Request) -> web.StreamResponse:
        body = pages.get(request.path)
        return web.json_response(body) if body is not None else web.Response(status=404)

    return handle


async def test_one_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "FIRST", 0.5)
    waiting = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        await waiting.wait()
        return web.Response()

    async with serving(hang) as hanging, serving(_serve()) as well:
        connection = await opened(("hangs", hanging), *((f"m{number}", well) for number in range(20)), timeout=3.0)
        rows = await first(connection)
        assert {name for name, row in rows.items() if row.word == "on"} == {f"m{number}" for number in range(20)}
        assert rows["hangs"].trouble == "not asked yet"
        await connection.visit("hangs")
        assert "no answer in 3 s" in connection.rows("hangs")["hangs"].trouble
        waiting.set()


async def test_one_that_does_not_answer_keeps_what_was_known_and_is_left_alone_for_longer_and_longer() -> None:
    async with serving(_serve()) as url:
        connection = await opened(("m1", url), timeout=1.0)
        await connection.visit("m1")
    pauses = []
    for _ in range(6):
        await connection.visit("m1")
        pauses.append(connection.pause("m1") / connection.every)
    row = connection.rows("m1")["m1"]
    assert (row.power, row.word, row.health()) == ("On", "unreachable", Health.WARN)
    assert pauses == [1, 2, 4, 8, 10, 10]
    with pytest.raises(Unreachable):
        await connection.health()


async def test_an_outage_is_one_when_not_one_answers() -> None:
    async with serving(_serve()) as url:
        connection = await opened(("m1", url), ("gone", "http://127.0.0.1:1"))
        assert set(await first(connection)) == {"m1", "gone"}
    await connection.visit("m1")
    assert connection.outage is not None
    with pytest.raises(Unreachable):
        await first(connection)


async def test_ids_may_change_and_machines_may_go() -> None:
    members = [["a", "b"], ["c"]]

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/Systems"):
            return web.json_response({"Members": [{"@odata.id": f"/redfish/v1/Systems/{one}"} for one in members[0]]})
        if request.path.startswith("/redfish/v1/Systems/"):
            if request.path[-1] not in members[0]:
                return web.Response(status=404)
            return web.json_response(_system(HostName=f"node-{request.path[-1]}"))
        return web.json_response({"Systems": {"@odata.id": "/redfish/v1/Systems"}})

    async with serving(handle) as url:
        connection = await opened(("enclosure", url))
        visits = rounds.Rounds(connection)
        await connection.visit("enclosure")
        assert {row.key() for row in visits.everything().upserts} == {"enclosure/node-a", "enclosure/node-b"}
        del members[0]
        await connection.visit("enclosure")
        visits._visited.add("enclosure")
        batch = visits.difference()
        assert [row.key() for row in batch.upserts] == ["enclosure"]
        assert {ref.id for ref in batch.removes} == {"enclosure/node-a", "enclosure/node-b"}


async def test_a_list_of_sensors_without_end_is_cut() -> None:
    sick = {"Name": "x" * 50, "ReadingCelsius": 99, "Status": {"State": "Enabled", "Health": "Critical"}}
    async with serving(_serve(thermal={"Temperatures": [sick] * 100_000})) as url:
        connection = await opened(("m1", url), timeout=30.0)
        await connection.visit("m1")
        row = connection.rows("m1")["m1"]
    assert not row.trouble
    assert len(row.ill) <= 64
    assert row.health() is Health.CRITICAL


@pytest.mark.parametrize(
    "system",
    [
        {"PowerState": None, "Status": {}, "Actions": {}},
        {"PowerState": "On", "Status": {"Health": None}, "Links": {"Chassis": [], "ManagedBy": []}},
        {"PowerState": "\x1b[2J", "HostName": "\u202e]evil[red]", "Status": {"Health": "Purple"}},
    ],
)
async def test_what_vendors_leave_out_or_invent(system: dict[str, Any]) -> None:
    async with serving(_serve(system=system)) as url:
        connection = await opened(("m1", url))
        await connection.visit("m1")
        row = connection.rows("m1")["m1"]
    assert not row.trouble
    assert isinstance(row.health(), Health)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1,2]", b'{"Members": 7}', b'{"PowerState": {"a": 1}}'])
async def test_nonsense_is_told_and_nothing_else(body: bytes) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    async with serving(handle) as url, serving(_serve()) as well:
        connection = await opened(("liar", url), ("m1", well))
        rows = await first(connection)
    assert rows["liar"].trouble
    assert rows["m1"].word == "on"


async def test_an_order_that_is_accepted_and_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "FOLLOWS", 0.2)
    handle = _serve()

    async def lie(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.Response(status=204)
        answer: web.StreamResponse = await handle(request)
        return answer

    async with serving(lie) as url:
        connection = await opened(("m1", url))
        await connection.visit("m1")
        with pytest.raises(TimedOut, match="accepted, but it is not off"):
            await actions.force_off(connection, connection.rows("m1")["m1"], {})


async def test_an_order_that_the_bmc_does_not_offer() -> None:
    offered = {"#ComputerSystem.Reset": {"target": "/x", "ResetType@Redfish.AllowableValues": ["On"]}}
    async with serving(_serve(system=_system(Actions=offered))) as url:
        connection = await opened(("m1", url))
        await connection.visit("m1")
        row = connection.rows("m1")["m1"]
        with pytest.raises(Unsupported, match="does not offer ForceOff"):
            await actions.force_off(connection, row, {})
    off = next(action for action in actions.ACTIONS if action.name == "power.off")
    assert off.enabled is not None
    assert off.enabled(row) == "this BMC does not offer ForceOff"


async def test_no_more_connections_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    open_now = most = 0
    handle = _serve()

    async def count(request: web.Request) -> web.StreamResponse:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.005)
        open_now -= 1
        answer: web.StreamResponse = await handle(request)
        return answer

    async with serving(count) as url:
        connection = await opened(*((f"m{number}", url) for number in range(60)), concurrency=7)
        assert len(await first(connection)) == 60
    assert most <= 7


async def test_the_password_is_asked_for_and_never_shown(tmp_path: Path) -> None:
    asked: list[Any] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(await request.json() if request.method == "POST" else request.headers.get("Authorization", ""))
        return web.Response(status=404)

    options = RedfishOptions(bmcs=(), username="noc", password=Secret(env="BMC"))
    async with serving(handle) as url:
        options.bmcs = (Bmc(name="m1", url=url),)
        connection = await connect(options, ToyContext(system="bmcs", secrets={"env:BMC": "sesame"}))
        await connection.visit("m1")
    assert asked[0] == {"UserName": "noc", "Password": "sesame"}
    assert asked[1].startswith("Basic "), "without sessions the password goes along"
    row = connection.rows("m1")["m1"]
    assert "404" in row.trouble
    assert "sesame" not in repr(row) + str(actions.ACTIONS[0].command(row, {}))
