"""Columns and panels."""

from __future__ import annotations

from hsops.api import Column, Format, Kind, Panel, State
from hsops.plugins.prometheus.wire import Rule, Target

TARGET = Kind(
    name=Target.KIND,
    title="target",
    plural="targets",
    aliases=("tgt", "scrape"),
    resource=Target,
    columns=(
        Column("instance", "INSTANCE", lambda target: target.title(), priority=0),
        Column("state", "STATE", lambda target: State(target.health(), target.state), Format.STATE, priority=1),
        Column("job", "JOB", lambda target: target.job, priority=5),
        Column("scraped", "SCRAPED", lambda target: target.scraped, Format.AGE, priority=10, track=False),
        Column("took", "TOOK", lambda t: t.lastScrapeDuration, Format.DURATION, priority=20, track=False),
        Column("error", "ERROR", lambda target: target.lastError, priority=8, width=80),
        Column("url", "URL", lambda target: target.scrapeUrl, wide=True, priority=90, width=80),
    ),
)

RULE = Kind(
    name=Rule.KIND,
    title="rule",
    plural="rules",
    aliases=("promrule",),
    resource=Rule,
    columns=(
        Column("name", "RULE", lambda rule: rule.name, priority=0),
        Column("state", "STATE", lambda rule: State(rule.health(), rule.state or rule.condition), Format.STATE),
        Column("type", "TYPE", lambda rule: rule.type, priority=15),
        Column("group", "GROUP", lambda rule: rule.group.split(":")[-2] if ":" in rule.group else "", priority=12),
        Column("evaluated", "EVALUATED", lambda r: r.lastEvaluation, Format.AGE, priority=20, track=False),
        Column("took", "TOOK", lambda rule: rule.evaluationTime, Format.DURATION, priority=30, track=False),
        Column("error", "ERROR", lambda rule: rule.lastError, priority=8, width=80),
        Column("query", "QUERY", lambda rule: rule.query, wide=True, priority=90, width=100),
    ),
)

PANELS = (Panel(kind=TARGET.name), Panel(kind=RULE.name))
