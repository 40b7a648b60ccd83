"""Columns and panels."""

from __future__ import annotations

from hsops.api import Column, Drill, Format, Health, Kind, Panel, State
from hsops.plugins.alertmanager.wire import Alert, AlertGroup, Silence


def _alert_state(alert: Alert) -> State:
    if alert.status.silencedBy:
        return State(Health.MAINTENANCE, "silenced")
    if alert.status.inhibitedBy:
        return State(Health.MAINTENANCE, "inhibited")
    return State(alert.health(), "firing" if alert.status.state == "active" else alert.status.state)


def _summary(alert: Alert) -> str:
    notes = alert.annotations
    return notes.get("summary") or notes.get("description") or notes.get("message") or ""


ALERT = Kind(
    name=Alert.KIND,
    title="alert",
    plural="alerts",
    aliases=("al", "alerts"),
    resource=Alert,
    columns=(
        Column("name", "ALERT", lambda alert: alert.title(), priority=0),
        Column("state", "STATE", _alert_state, Format.STATE, priority=1),
        Column("severity", "SEVERITY", lambda alert: alert.severity, priority=10),
        Column("host", "HOST", lambda alert: alert.host, priority=5),
        Column("since", "SINCE", lambda alert: alert.startsAt, Format.AGE, priority=6, track=False),
        Column("summary", "SUMMARY", _summary, priority=20, width=80),
        Column("silenced-by", "SILENCED BY", lambda alert: alert.status.silencedBy, Format.LIST, wide=True),
        Column("fingerprint", "FINGERPRINT", lambda alert: alert.fingerprint, wide=True, priority=90),
    ),
)

GROUP = Kind(
    name=AlertGroup.KIND,
    title="alert group",
    plural="alert groups",
    aliases=("ag", "alertgroup", "alertgroups"),
    resource=AlertGroup,
    quiet=True,
    columns=(
        Column("name", "ALERT", lambda group: group.name, priority=0),
        Column("state", "STATE", lambda group: State(group.worst, "firing" if group.firing else "muted"), Format.STATE),
        Column("firing", "FIRING", lambda group: group.firing, Format.COUNT, priority=5),
        Column("muted", "MUTED", lambda group: group.muted, Format.COUNT, priority=10),
        Column("since", "SINCE", lambda group: group.since, Format.AGE, priority=6, track=False),
        Column("hosts", "HOSTS", lambda group: group.hosts, Format.LIST, priority=20, width=60),
    ),
)

SILENCE = Kind(
    name=Silence.KIND,
    title="silence",
    plural="silences",
    aliases=("sil", "silences"),
    resource=Silence,
    columns=(
        Column("matchers", "MATCHERS", lambda silence: silence.title(), priority=0, width=60),
        Column("state", "STATE", lambda s: State(s.health(), s.status.state), Format.STATE, priority=1),
        Column("mutes", "MUTES", lambda silence: silence.mutes, Format.COUNT, priority=5),
        Column("ends", "ENDS", lambda silence: silence.endsAt, Format.AGE, priority=2),
        Column("finding", "FINDING", lambda silence: silence.finding(), priority=7, width=40),
        Column("by", "BY", lambda silence: silence.createdBy, priority=10),
        Column("comment", "COMMENT", lambda silence: silence.comment, priority=15, width=60),
        Column("id", "ID", lambda silence: silence.id, wide=True, priority=90),
    ),
)

PANELS = (
    Panel(kind=ALERT.name),
    Panel(kind=GROUP.name, drill=Drill(kind=ALERT.name, match=lambda group, alert: alert.title() == group.name)),
    Panel(
        kind=SILENCE.name,
        sort="ends",
        drill=Drill(kind=ALERT.name, match=lambda silence, alert: silence.id in alert.status.silencedBy),
    ),
)
