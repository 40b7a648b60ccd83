"""The capability to mute a host's alerts for a maintenance; the run that asks owns the silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hsops.plugins.alertmanager.wire import HOST_LABELS, Matcher, Silence, host_of

if TYPE_CHECKING:
    from hsops.plugins.alertmanager.client import AlertmanagerConnection

LABEL = "host"


def host_matchers(host: str, label: str) -> tuple[Matcher, ...]:
    """Everything whose `label` is the host, with or without a port."""
    return (Matcher(name=label, value=re.escape(host).replace(r"\-", "-") + "(:[0-9]+)?", isRegex=True),)


class AlertmanagerSilencer:
    """A silence matches one label. Which label carries the host differs from site to site.

    The label is the one that the host's firing alerts use; without any it is ``host``, or ``instance`` when other
    alerts use that for hosts.
    """

    def __init__(self, connection: AlertmanagerConnection) -> None:
        self._connection = connection

    async def affected(self, host: str) -> Sequence[str]:
        """Names of the host's alerts that fire now."""
        alerts = await self._connection.alerts()
        return sorted({alert.title() for alert in alerts if alert.firing and alert.host == host})

    async def create(self, host: str, *, until: float, comment: str, author: str) -> str:
        """Silence the host. One with the same comment is taken over: after a crash there must not be two."""
        ours = [silence for silence in await self._connection.silences() if silence.comment == comment]
        if ours:
            return await self.extend(ours[0].id, until=until)
        matchers = host_matchers(host, await self._label(host))
        return await self._connection.put(
            matchers, starts=datetime.now(UTC), ends=_utc(until), author=author, comment=comment
        )

    async def extend(self, silence: str, *, until: float) -> str:
        """Move the end; never to an earlier time."""
        old: Silence = await self._connection.silence(silence)
        if old.status.state == "active" and old.endsAt is not None and old.endsAt >= _utc(until):
            return silence
        return await self._connection.put(
            old.matchers,
            starts=old.startsAt or datetime.now(UTC),
            ends=_utc(until),
            author=old.createdBy,
            comment=old.comment,
            id_=silence,
        )

    async def expire(self, silence: str) -> None:
        """End it."""
        await self._connection.expire(silence)

    async def _label(self, host: str) -> str:
        alerts = await self._connection.alerts()
        mine = [alert.tags for alert in alerts if alert.host == host]
        for label in HOST_LABELS:
            if any(host_of({label: tags.get(label, "")}) == host for tags in mine):
                return label
        uses_host = any("host" in alert.tags for alert in alerts)
        uses_instance = any("instance" in alert.tags for alert in alerts)
        return "instance" if uses_instance and not uses_host else LABEL


def _utc(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def silencer(connection: AlertmanagerConnection) -> AlertmanagerSilencer:
    """The capability of an open connection."""
    return AlertmanagerSilencer(connection)
