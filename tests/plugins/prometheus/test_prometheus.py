"""The Prometheus plugin against recorded answers of a real server, and against bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.api import Health, Ref
from hsops.errors import HsopsError, NotFound
from hsops.plugins.prometheus.client import connect, numbers
from hsops.plugins.prometheus.options import PrometheusOptions
from hsops.plugins.prometheus.sources import headlines, poll_rules, poll_targets
from hsops.plugins.prometheus.wire import Rule, Series, Target
from tests.plugins.http_faults import FAULTS
from tests.plugins.replay import ToyContext, replaying, serving

HERE = Path(__file__).parent / "recordings"
RECORDED = replaying(*(HERE / f"{name}.json" for name in ("status", "targets", "rules", "query_range")))


@pytest.mark.asyncio
async def test_targets_and_rules_of_a_real_server() -> None:
    async with serving(RECORDED) as url:
        connection = await connect(PrometheusOptions(url=url), ToyContext())
        health = await connection.health()
        targets = [row for row in (await poll_targets(connection, None)).upserts if isinstance(row, Target)]
        rules = [row for row in (await poll_rules(connection, None)).upserts if isinstance(row, Rule)]
        raw = await connection.raw(Ref(Target.KIND, targets[0].key()))
        raw_rule = await connection.raw(Ref(Rule.KIND, rules[0].key()))
        with pytest.raises(NotFound):
            await connection.raw(Ref(Rule.KIND, "nothing"))
        series = await connection.range("node_load1", 3600)
        await connection.aclose()
    assert health.version.startswith("2.42")
    assert {(target.job, target.state, target.health()) for target in targets} == {
        ("dead", "down", Health.CRITICAL),
        ("node", "up", Health.OK),
    }
    assert [(rule.name, rule.state, rule.type) for rule in rules] == [
        ("TargetDown", "firing", "alerting"), ("AlwaysOn", "firing", "alerting"), ("instance:load1", "", "recording"),
    ]  # fmt: skip
    assert len({rule.key() for rule in rules}) == 3
    assert raw["globalUrl"].startswith("http")
    assert raw_rule["name"] == "TargetDown"
    assert series[0].values
    lines = headlines(lambda kind: targets if kind == Target.KIND else rules)
    assert lines == [(Health.CRITICAL, "1 of 2 targets", Target.KIND)]


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", FAULTS)
async def test_every_bad_answer_has_its_error(fault: str) -> None:
    handler, expected = FAULTS[fault]
    async with serving(handler) as url:
        with pytest.raises(HsopsError) as caught:
            await connect(PrometheusOptions(url=url), ToyContext(timeout=0.5))
    assert type(caught.value) is expected
    assert "\x1b" not in str(caught.value)


def test_numbers_are_finite() -> None:
    assert numbers(Series({}, [(1.0, "NaN"), (2.0, "+Inf"), (3.0, "-0.5")])) == [-0.5]


def test_a_target_that_was_never_scraped_is_unknown() -> None:
    target = Target(state="unknown")
    assert target.health() is Health.UNKNOWN
    assert target.scraped is None
