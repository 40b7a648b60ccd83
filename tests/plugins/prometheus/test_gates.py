"""Gates of the site file: a query, its limits, and everything that is neither green nor red."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from hsops.errors import BadAnswer, Unreachable, UserError
from hsops.plugins.prometheus import PLUGIN
from hsops.registry import resolve
from hsops.testing import check_gate, connected
from tests.plugins.replay import ToyContext, serving

pytestmark = pytest.mark.asyncio
GATE = {"name": "api.success", "query": "job:success:rate", "min": 0.99, "hint": "look at the logs"}


class Server:
    """A Prometheus that gives this for every query."""

    def __init__(self, result: Any = (), kind: str = "vector") -> None:
        self.result, self.kind = result, kind
        self.answer: web.Response | None = None
        self.asked: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path.endswith("buildinfo"):
            return web.json_response({"status": "success", "data": {"version": "2.42"}})
        self.asked.append(request.query["query"])
        if self.answer is not None:
            return self.answer
        return web.json_response({"status": "success", "data": {"resultType": self.kind, "result": self.result}})


def vector(**values: str) -> list[dict[str, Any]]:
    """Series by their job."""
    return [{"metric": {"job": job}, "value": [1.5, value]} for job, value in values.items()]


async def look(server: Server, baseline: Any = None, **changes: Any) -> Any:
    """One look of a gate with these options."""
    async with (
        serving(server.handle) as url,
        connected(PLUGIN, {"url": url, "gates": [{**GATE, **changes}]}, ToyContext()) as connection,
    ):
        (gate,) = resolve(PLUGIN.gates)(connection)
        assert gate.name == "api.success"
        return await gate.look(baseline)


@pytest.mark.parametrize(
    ("values", "changes", "ok", "text"),
    [
        ({"nova": "0.999", "glance": "1"}, {}, True, "0.999 at least 0.99"),
        ({"nova": "0.999", "glance": "0.5"}, {}, False, "0.5 (job=glance), not at least 0.99"),
        ({"nova": "NaN"}, {}, False, "nan (job=nova), not at least 0.99"),
        ({"nova": "+Inf"}, {}, True, "inf at least 0.99"),
        ({"nova": "7"}, {"max": 5.0}, False, "7 (job=nova), not at least 0.99 and at most 5"),
        ({}, {}, False, "job:success:rate gives nothing"),
        ({}, {"empty": True}, True, "job:success:rate gives nothing"),
    ],
)
async def test_verdicts(values: dict[str, str], changes: dict[str, Any], ok: bool, text: str) -> None:
    result = await look(Server(vector(**values)), **changes)
    assert (result.ok, result.text) == (ok, text)
    assert ok or result.hint


async def test_a_number_without_labels() -> None:
    assert (await look(Server([1.5, "1"], "scalar"))).ok


async def test_the_baseline_is_told() -> None:
    server = Server(vector(a="0.9", b="1"))
    async with (
        serving(server.handle) as url,
        connected(PLUGIN, {"url": url, "gates": [GATE]}, ToyContext()) as connection,
    ):
        (gate,) = resolve(PLUGIN.gates)(connection)
        assert await gate.baseline() == 0.9
        assert (await gate.look(0.995)).text.endswith("; 0.995 as the run began")
        await check_gate(gate)


async def test_a_query_that_is_wrong_or_gives_no_numbers_is_an_error() -> None:
    server = Server()
    body = {"status": "error", "errorType": "bad_data", "error": "1:1: parse error"}
    server.answer = web.json_response(body, status=400)
    with pytest.raises(UserError, match="parse error"):
        await look(server)
    with pytest.raises(UserError, match="gives a matrix"):
        await look(Server([], "matrix"))
    with pytest.raises(BadAnswer):
        await look(Server([{"metric": {}, "value": [1, "many"]}]))


async def test_who_does_not_answer_is_not_green() -> None:
    server = Server()
    server.answer = web.Response(status=503, text="Service Unavailable")
    with pytest.raises(Unreachable, match="starting or stopping"):
        await look(server)


async def test_a_gate_needs_a_limit() -> None:
    with pytest.raises(ValueError, match="neither min nor max"):
        await look(Server(), min=None)


async def test_no_gates_without_the_site_file() -> None:
    async with serving(Server().handle) as url, connected(PLUGIN, {"url": url}, ToyContext()) as connection:
        assert resolve(PLUGIN.gates)(connection) == []
