"""Where the rows come from, and the phrases of the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsops.api import Batch, Headline, Health, Lookup, Source
from hsops.plugins.prometheus.wire import Rule, Target

if TYPE_CHECKING:
    from hsops.plugins.prometheus.client import PrometheusConnection


async def poll_targets(connection: PrometheusConnection, _: Any) -> Batch:
    """All targets that are scraped."""
    return Batch(upserts=await connection.targets(), full=True)


async def poll_rules(connection: PrometheusConnection, _: Any) -> Batch:
    """All rules."""
    return Batch(upserts=await connection.rules(), full=True)


SOURCES = (
    Source(kinds=(Target.KIND,), poll=poll_targets, every=5.0, background=15.0),
    Source(kinds=(Rule.KIND,), poll=poll_rules, every=10.0, background=60.0),
)


def headlines(lookup: Lookup) -> list[Headline]:
    """``1,204 of 1,207 targets`` and rules that cannot be evaluated."""
    targets = [target.health() for target in lookup(Target.KIND)]
    up = targets.count(Health.OK)
    lines = [Headline(max(targets, default=Health.OK), f"{up:,} of {len(targets):,} targets", Target.KIND)]
    broken = sum(rule.health() is Health.CRITICAL for rule in lookup(Rule.KIND))
    if broken:
        lines.insert(0, Headline(Health.CRITICAL, f"{broken} rules cannot be evaluated", Rule.KIND))
    return lines
