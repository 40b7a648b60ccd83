"""The system's own clients cannot tell: promtool against the face, and the plugin against the real Prometheus."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from hsops.errors import UserError
from hsops.model import Ref
from hsops.plugins.prometheus import PLUGIN
from hsops.plugins.prometheus.client import connect, series
from hsops.plugins.prometheus.options import PrometheusOptions
from hsops.plugins.prometheus.simulator import PrometheusFace
from hsops.plugins.prometheus.simulator.promql import ParseError, evaluate
from hsops.plugins.prometheus.sources import poll_targets
from hsops.plugins.prometheus.wire import Target
from hsops.simulator.machines import Size
from hsops.simulator.world import World
from hsops.testing import check_live
from tests.lab.env import Prometheus
from tests.plugins.replay import ToyContext, recorded
from tests.plugins.shapes import differences_of_shape

HERE = Path(__file__).parent / "recordings"


async def promtool(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "promtool", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@pytest.mark.asyncio
async def test_the_face_answers_in_the_shape_of_the_recordings() -> None:
    world = World(Size(machines=24, servers=20), seed=3)
    world.inject("host.down", world.fleet.of("compute")[0].name)
    world.tick(60)
    face = PrometheusFace()
    url = str((await face.start(world))["url"])
    skip = ("status/config", "status/tsdb", "status/flags", "status/walreplay", "label_replace", "count_over_time",
            "group_left", "admin", "node_cpu_seconds_total", "/-/", "%5B1m%5D")  # fmt: skip
    try:
        for file in ("status", "targets", "rules", "query_range", "errors"):
            faults = await differences_of_shape(url, recorded(HERE / f"{file}.json"), skip=skip)
            assert not faults, "\n".join(faults)
    finally:
        await face.stop()


@pytest.mark.asyncio
async def test_sparklines_of_a_simulated_host() -> None:
    world = World(Size(machines=24, servers=20), seed=3)
    face = PrometheusFace()
    url = str((await face.start(world))["url"])
    try:
        connection = await connect(PrometheusOptions(url=url), ToyContext(timeout=30.0))
        found = await series(connection, Ref("host", world.fleet.of("compute")[0].name), 3600)
        nothing = await series(connection, Ref("rack", "r01"), 3600)
        with pytest.raises(UserError, match="bad_data"):
            await connection.range("up{", 60)
        await connection.aclose()
    finally:
        await face.stop()
    assert set(found) == {"load", "memory", "disk"}
    assert all(len(values) > 50 for values in found.values())
    assert all(0 <= value <= 1 for value in found["memory"])
    assert nothing == {}


def fetch(name: str, _: float) -> list[tuple[dict[str, str], float]]:
    rows = {"a": [("x", 1.0), ("y", 4.0)], "b": [("x", 2.0)]}
    return [({"job": job}, value) for job, value in rows.get(name, [])]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("a", {"x": 1.0, "y": 4.0}),
        ('a{job="x"}', {"x": 1.0}),
        ('a{job!~"x|z"} * 2', {"y": 8.0}),
        ("1 - a / b", {"x": 0.5}),
        ("a > 2", {"y": 4.0}),
        ("a and b", {"x": 1.0}),
        ("b or a", {"x": 2.0, "y": 4.0}),
        ("sum(a)", {None: 5.0}),
        ("max by (job) (a)", {"x": 1.0, "y": 4.0}),
        ("count(a) by (job)", {"x": 1.0, "y": 1.0}),
        ("-(a)", {"x": -1.0, "y": -4.0}),
    ],
)
def test_promql(query: str, expected: object) -> None:
    value = evaluate(query, 0.0, fetch)
    found = value if isinstance(value, float | int) else {labels.get("job"): number for labels, number in value}
    assert found == expected


@pytest.mark.parametrize("query", ["", "up{", "a +", "foo(up)", "a{job=1}", "(a", "a b", "$"])
def test_promql_that_cannot_be_read(query: str) -> None:
    with pytest.raises(ParseError, match=r"1:\d+: parse error"):
        evaluate(query, 0.0, fetch)


@pytest.mark.lab
@pytest.mark.asyncio
async def test_promtool_cannot_tell_the_face() -> None:
    world = World(Size(machines=24, servers=20), seed=3)
    face = PrometheusFace()
    url = str((await face.start(world))["url"])
    try:
        code, out = await promtool("query", "instant", url, 'up{job="node"}')
        assert code == 0, out
        assert out.count("=> 1 @") == 24
        code, out = await promtool("query", "series", "--match=up", url)
        assert code == 0, out
        code, out = await promtool("query", "labels", url, "rack")
        assert (code, "r01" in out) == (0, True)
        code, out = await promtool("query", "range", "--step=60s", url, "node_load1")
        assert code == 0, out
        code, out = await promtool("query", "instant", url, "up{")
        assert (code, "parse error" in out) == (1, True)
    finally:
        await face.stop()


@pytest.mark.lab
@pytest.mark.asyncio
async def test_rows_equal_the_real_targets(lab_prometheus: Prometheus) -> None:
    connection = await connect(PrometheusOptions(url=lab_prometheus.url), ToyContext(timeout=30.0))
    await check_live(PLUGIN, connection)

    async def both() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        targets = [row for row in (await poll_targets(connection, None)).upserts if isinstance(row, Target)]
        whole = await asyncio.to_thread(lambda: json.load(urlopen(lab_prometheus.url + "/api/v1/targets")))  # noqa: S310 - loopback
        page = {(each["scrapeUrl"], each["health"]) for each in whole["data"]["activeTargets"]}
        return {(target.scrapeUrl, target.state) for target in targets}, page

    end = time.monotonic() + 60
    while (pair := await both())[0] != pair[1] or "unknown" in {state for _, state in pair[0]}:
        assert time.monotonic() < end, pair
        await asyncio.sleep(0.5)
    assert {state for _, state in pair[0]} == {"up", "down"}
    assert (await connection.range("up", 60))[0].metric["__name__"] == "up"
    await connection.aclose()
