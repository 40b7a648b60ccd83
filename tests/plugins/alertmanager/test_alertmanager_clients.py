"""The system's own clients cannot tell: amtool against the face, and the plugin against the real Alertmanager."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hsops.errors import NotFound
from hsops.plugins.alertmanager import PLUGIN
from hsops.plugins.alertmanager.client import connect
from hsops.plugins.alertmanager.options import AlertmanagerOptions
from hsops.plugins.alertmanager.silencer import silencer
from hsops.plugins.alertmanager.simulator import AlertmanagerFace
from hsops.plugins.alertmanager.sources import poll_alerts
from hsops.plugins.alertmanager.wire import Alert, Silence
from hsops.simulator.machines import Size
from hsops.simulator.world import World
from hsops.testing import check_live
from tests.lab.env import Prometheus
from tests.plugins.replay import ToyContext, recorded
from tests.plugins.shapes import differences_of_shape

HERE = Path(__file__).parent / "recordings"
pytestmark = pytest.mark.asyncio


async def amtool(url: str, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        "amtool",
        f"--alertmanager.url={url}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def eventually(look: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool], limit: float = 60.0) -> Any:
    """Look until it holds."""
    end = time.monotonic() + limit
    while not holds(seen := await look()):
        assert time.monotonic() < end, f"still {seen!r}"
        await asyncio.sleep(0.2)
    return seen


def alerts_of(rows: Sequence[Any]) -> list[Alert]:
    return [row for row in rows if isinstance(row, Alert)]


async def test_the_face_answers_in_the_shape_of_the_recordings() -> None:
    world = World(Size(machines=24, servers=20), seed=3)
    world.inject("host.down", world.fleet.of("compute")[0].name)
    world.tick(60)
    face = AlertmanagerFace()
    url = str((await face.start(world))["url"])
    try:
        connection = await connect(AlertmanagerOptions(url=url), ToyContext())
        await silencer(connection).create("cmp-001", until=world.clock.now() + 600, comment="c", author="a")
        await connection.aclose()
        for file in ("status_receivers", "alerts", "errors"):
            entries = [each for each in recorded(HERE / f"{file}.json") if "in the past" not in str(each["response"])]
            faults = await differences_of_shape(url, entries, skip=("/api/v1/",))
            assert not faults, "\n".join(faults)
    finally:
        await face.stop()


@pytest.mark.lab
async def test_amtool_cannot_tell_the_face() -> None:
    world = World(Size(machines=24, servers=20), seed=3)
    name = world.fleet.of("compute")[0].name
    world.inject("host.down", name)
    world.tick(60)
    face = AlertmanagerFace()
    url = str((await face.start(world))["url"])
    try:
        code, out, err = await amtool(url, "-o", "json", "alert", "query", "alertname=HostDown")
        assert (code, err) == (0, "")
        assert [alert["labels"]["host"] for alert in json.loads(out)] == [name]
        code, out, err = await amtool(
            url, "silence", "add", f"host=~{name}(:.*)?", "-c", "why", "-a", "me", "-d", "10m"
        )
        assert (code, err) == (0, "")
        silence = out.strip()
        assert silence in (await amtool(url, "silence", "query", "-q"))[1]
        assert (await amtool(url, "-o", "json", "alert", "query", "alertname=HostDown"))[1].strip() == "[]"
        assert (await amtool(url, "silence", "update", silence, "-d", "30m", "-c", "longer"))[0] == 0
        assert (await amtool(url, "silence", "expire", silence))[0] == 0
        assert name in (await amtool(url, "-o", "json", "alert", "query", "alertname=HostDown"))[1]
        code, _, err = await amtool(url, "silence", "expire", "00000000-0000-0000-0000-000000000000")
        assert (code, "silence not found" in err) == (1, True)
        assert (await amtool(url, "cluster", "show"))[0] == 0
    finally:
        await face.stop()


@pytest.mark.lab
async def test_rows_equal_what_amtool_prints(lab_prometheus: Prometheus) -> None:
    url = lab_prometheus.alertmanager_url
    connection = await connect(AlertmanagerOptions(url=url), ToyContext(timeout=30.0))
    await check_live(PLUGIN, connection)

    async def both() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        ours = alerts_of((await poll_alerts(connection, None)).upserts)
        _, out, _ = await amtool(url, "-o", "json", "alert", "query", "-s", "-i", "-a", "-u")
        printed = {(alert["fingerprint"], alert["status"]["state"]) for alert in json.loads(out)}
        return {(alert.fingerprint, alert.status.state) for alert in ours}, printed

    ours, _ = await eventually(both, lambda pair: len(pair[0]) > 0 and pair[0] == pair[1])
    assert len(ours) >= 1
    await connection.aclose()


@pytest.mark.lab
async def test_a_silence_lives_on_the_real_server(lab_prometheus: Prometheus) -> None:
    url, host = lab_prometheus.alertmanager_url, lab_prometheus.dead_target.split(":")[0]
    connection = await connect(AlertmanagerOptions(url=url), ToyContext(timeout=30.0))
    capability = silencer(connection)
    comment = f"hsops test {time.time_ns()}"
    await eventually(lambda: capability.affected(host), lambda names: "TargetDown" in names)
    until = time.time() + 600
    first = await capability.create(host, until=until, comment=comment, author="test")
    again = await capability.create(host, until=until, comment=comment, author="test")
    assert again == first, "a second start of the same run must take the silence over"
    try:
        await eventually(lambda: capability.affected(host), lambda names: "TargetDown" not in names)
        later = await capability.extend(first, until=until + 600)
        assert later == first
        batch = await poll_alerts(connection, None)
        ours = next(row for row in batch.upserts if isinstance(row, Silence) and row.id == first)
        assert ours.mutes
        assert ours.endsAt is not None
        assert ours.endsAt.timestamp() == pytest.approx(until + 600, abs=1)
    finally:
        await capability.expire(first)
    await capability.expire(first)  # once more is fine
    await eventually(lambda: capability.affected(host), lambda names: "TargetDown" in names)
    with pytest.raises(NotFound):
        await connection.silence("00000000-0000-0000-0000-000000000000")
    await connection.aclose()
