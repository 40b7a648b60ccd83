"""The capability to mute a host's alerts for a maintenance; the run that asks owns the silence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hsops.plugins.alertmanager import amtool
from hsops.plugins.alertmanager.matchers import label_of, of_hosts
from hsops.plugins.alertmanager.wire import Matcher, Silence

if TYPE_CHECKING:
    from hsops.plugins.alertmanager.client import AlertmanagerConnection

GOSSIP = 1.0
"""Seconds in which a silence has reached the other members: they talk every 0.2 s."""


class AlertmanagerSilencer:
    """A silence matches one label. Which label carries the host differs from site to site.

    The label is the one that the host's firing alerts use; without any it is ``host``, or ``instance`` when other
    alerts use that for hosts.
    """

    def __init__(self, connection: AlertmanagerConnection) -> None:
        self.connection = connection

    async def affected(self, host: str) -> Sequence[str]:
        """Names of the host's alerts that fire now."""
        alerts = await self.connection.alerts()
        return sorted({alert.title() for alert in alerts if alert.firing and alert.host == host})

    async def command(self, host: str, *, seconds: float, comment: str, author: str) -> Sequence[str]:
        """amtool's equivalent of `create`, with the label that would be matched now."""
        matchers = await self.matchers(host)
        return amtool.add(matchers, seconds=seconds, author=author, comment=comment, url=self.connection.url)

    async def create(self, host: str, *, until: float, comment: str, author: str) -> str:
        """Silence the host. One with the same comment is taken over: after a crash there must not be two.

        Nor in a cluster, when another of its members was asked a moment ago.
        """
        ours = await self._known_by(comment)
        if not ours and len((await self.connection.status()).cluster.peers or ()) > 1:
            await asyncio.sleep(GOSSIP)
            ours = await self._known_by(comment)
        if ours:
            return await self.extend(ours[0].id, until=until)
        matchers = await self.matchers(host)
        return await self.connection.put(
            matchers, starts=datetime.now(UTC), ends=_utc(until), author=author, comment=comment
        )

    async def _known_by(self, comment: str) -> Sequence[Silence]:
        return [silence for silence in await self.connection.silences() if silence.comment == comment]

    async def extend(self, silence: str, *, until: float) -> str:
        """Move the end; never to an earlier time."""
        old: Silence = await self.connection.silence(silence)
        if old.status.state == "active" and old.endsAt is not None and old.endsAt >= _utc(until):
            return silence
        return await self.connection.put(
            old.matchers,
            starts=old.startsAt or datetime.now(UTC),
            ends=_utc(until),
            author=old.createdBy,
            comment=old.comment,
            id_=silence,
        )

    async def expire(self, silence: str) -> None:
        """End it."""
        await self.connection.expire(silence)

    async def matchers(self, host: str) -> tuple[Matcher, ...]:
        """What a silence of the host would match."""
        return of_hosts([host], label_of(host, await self.connection.alerts()))


def _utc(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def silencer(connection: AlertmanagerConnection) -> AlertmanagerSilencer:
    """The capability of an open connection."""
    return AlertmanagerSilencer(connection)
