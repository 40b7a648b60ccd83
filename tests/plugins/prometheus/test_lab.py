"""Gates against the real Prometheus."""

from __future__ import annotations

from typing import Any

import pytest

from hsops.errors import UserError
from hsops.plugins.prometheus import PLUGIN
from hsops.registry import resolve
from hsops.testing import check_gate, connected
from tests.lab.env import Prometheus
from tests.plugins.replay import ToyContext

pytestmark = [pytest.mark.lab, pytest.mark.asyncio]


async def look(where: Prometheus, query: str, **limits: Any) -> Any:
    """One look of a gate on this query."""
    settings = {"url": where.url, "gates": [{"name": "g", "query": query, **limits}]}
    async with connected(PLUGIN, settings, ToyContext(timeout=10)) as connection:
        (gate,) = resolve(PLUGIN.gates)(connection)
        return await gate.look(await gate.baseline())


async def test_green_and_red(lab_prometheus: Prometheus) -> None:
    assert (await look(lab_prometheus, 'avg(up{job="node"})', min=1)).ok
    red = await look(lab_prometheus, "up", min=1)
    assert not red.ok
    assert f"instance={lab_prometheus.dead_target}" in red.text
    assert (await look(lab_prometheus, "scalar(vector(0.5))", min=0, max=1)).ok
    assert not (await look(lab_prometheus, "vector(0) / 0", min=0)).ok


async def test_nothing_is_red_unless_it_is_said(lab_prometheus: Prometheus) -> None:
    assert not (await look(lab_prometheus, "no_such_metric", min=1)).ok
    assert (await look(lab_prometheus, "no_such_metric", min=1, empty=True)).ok


async def test_a_wrong_query(lab_prometheus: Prometheus) -> None:
    with pytest.raises(UserError, match="bad_data"):
        await look(lab_prometheus, "up{", min=1)
    with pytest.raises(UserError, match="gives a matrix"):
        await look(lab_prometheus, "up[5m]", min=1)


async def test_the_contract(lab_prometheus: Prometheus) -> None:
    settings = {"url": lab_prometheus.url, "gates": [{"name": "node.up", "query": "up", "min": 1, "hint": "look"}]}
    async with connected(PLUGIN, settings, ToyContext(timeout=10)) as connection:
        for gate in resolve(PLUGIN.gates)(connection):
            await check_gate(gate)
