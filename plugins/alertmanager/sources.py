"""Where the rows come from, and the phrases of the overview."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import Batch, Headline, Health, Lookup, Source
from hsops.plugins.alertmanager.wire import Alert, AlertGroup, Silence, grouped

if TYPE_CHECKING:
    from hsops.plugins.alertmanager.client import AlertmanagerConnection


async def poll_alerts(connection: AlertmanagerConnection, _: Any) -> Batch:
    """Alerts, the same grouped by name, and the silences with how many alerts each mutes."""
    alerts, silences = await connection.alerts(), await connection.silences()
    muted = Counter(id_ for alert in alerts for id_ in alert.status.silencedBy)
    counted = [msgspec.structs.replace(silence, mutes=muted[silence.id]) for silence in silences]
    return Batch(upserts=[*alerts, *grouped(alerts), *counted], full=True)


ALERTS = Source(kinds=(Alert.KIND, AlertGroup.KIND, Silence.KIND), poll=poll_alerts, every=2.0, background=5.0)


def headlines(lookup: Lookup) -> list[Headline]:
    """``4 firing: CephOSDDown ×1 HostDown ×3``; quiet alerts of severity info are counted apart."""
    firing = [alert for alert in lookup(Alert.KIND) if alert.firing]
    loud = [alert for alert in firing if alert.health() > Health.OK]
    silences = [silence for silence in lookup(Silence.KIND) if silence.status.state == "active"]
    lines = []
    if loud:
        names = Counter(alert.title() for alert in loud).most_common()
        text = f"{len(loud)} firing: " + " ".join(f"{name} ×{count}" for name, count in names)
        lines.append(Headline(max(alert.health() for alert in loud), text, Alert.KIND))
    else:
        lines.append(Headline(Health.OK, "no alert fires", Alert.KIND))
    if silences:
        stale = sum(silence.is_stale for silence in silences)
        soon = sum(silence.health() is Health.WARN for silence in silences) - stale
        text = f"{len(silences)} silenced" + f", {soon} end soon" * bool(soon) + f", {stale} stale" * bool(stale)
        lines.append(Headline(Health.WARN if soon or stale else Health.MAINTENANCE, text, Silence.KIND))
    return lines
