"""What may be done to alerts and silences, with amtool's equivalent of each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hsops.api import Action, Danger, Input
from hsops.plugins.alertmanager import amtool
from hsops.plugins.alertmanager.wire import Alert, Matcher, Silence

if TYPE_CHECKING:
    from hsops.plugins.alertmanager.client import AlertmanagerConnection

DURATION = Input(
    name="duration", title="for how long", type="duration", default="2h", required=True, help="30m, 2h, 1d"
)
COMMENT = Input(name="comment", title="why", required=True, help="shown to everybody who sees the silence")
AUTHOR = Input(name="author", title="by", default="hsops")


def matchers_of(alert: Alert) -> tuple[Matcher, ...]:
    """Exactly this alert: every label by its value."""
    return tuple(Matcher(name=name, value=value) for name, value in sorted(alert.tags.items()))


def _seconds(values: Mapping[str, Any]) -> int:
    return int(values.get("duration") or 7200)


def _add_command(alert: Alert, values: Mapping[str, Any]) -> Sequence[str]:
    comment, author = str(values.get("comment", "")), str(values.get("author") or "hsops")
    return amtool.add(matchers_of(alert), seconds=_seconds(values), author=author, comment=comment)


async def create(connection: AlertmanagerConnection, alert: Alert, values: Mapping[str, Any]) -> str:
    """Silence exactly this alert."""
    now = datetime.now(UTC)
    id_ = await connection.put(
        matchers_of(alert),
        starts=now,
        ends=now + timedelta(seconds=_seconds(values)),
        author=str(values.get("author") or "hsops"),
        comment=str(values.get("comment", "")),
    )
    return f"silence {id_} mutes {alert.title()}"


async def extend(connection: AlertmanagerConnection, silence: Silence, values: Mapping[str, Any]) -> str:
    """Move the end of a silence to `duration` from now."""
    now = datetime.now(UTC)
    ends = now + timedelta(seconds=_seconds(values))
    id_ = await connection.put(
        silence.matchers,
        starts=silence.startsAt or now,
        ends=ends,
        author=silence.createdBy,
        comment=silence.comment,
        id_=silence.id,
    )
    return f"silence {id_} ends {ends:%Y-%m-%dT%H:%M:%SZ}"


async def expire(connection: AlertmanagerConnection, silence: Silence, _: Mapping[str, Any]) -> str:
    """End a silence now."""
    await connection.expire(silence.id)
    return f"silence {silence.id} expired"


ACTIONS = (
    Action(
        name="silence.create",
        title="silence this alert",
        kinds=(Alert.KIND,),
        danger=Danger.DISRUPTIVE,
        run="hsops.plugins.alertmanager.actions:create",
        command=_add_command,
        key="m",
        inputs=(DURATION, COMMENT, AUTHOR),
        undo="expire the silence",
        enabled=lambda alert: "" if alert.firing else "it is muted already",
    ),
    Action(
        name="silence.extend",
        title="extend this silence",
        kinds=(Silence.KIND,),
        danger=Danger.SAFE,
        run="hsops.plugins.alertmanager.actions:extend",
        command=lambda silence, values: amtool.update(silence.id, ends=time.time() + _seconds(values)),
        key="t",
        inputs=(DURATION,),
    ),
    Action(
        name="silence.expire",
        title="expire this silence",
        kinds=(Silence.KIND,),
        danger=Danger.SAFE,
        run="hsops.plugins.alertmanager.actions:expire",
        command=lambda silence, _: amtool.expire(silence.id),
        key="ctrl+d",
        undo="create it again: its alerts fire at once",
    ),
)
