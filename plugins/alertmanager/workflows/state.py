"""The silences of one run: found by their comment, looked at, made, extended and ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hsops.api import Json, NotFound, Run
from hsops.plugins.alertmanager.client import AlertmanagerConnection
from hsops.plugins.alertmanager.wire import Silence
from hsops.plugins.alertmanager.workflows.clusters import Cluster, member
from hsops.plugins.alertmanager.workflows.scope import Scope

OVER, LOST, DUE, MOVED, HELD = "over", "lost", "due", "moved", "held"
"""It has ended; Alertmanager knows nothing of it; it is to be extended; somebody extended it; it is to be let be."""


class Seen(NamedTuple):
    """A silence as it is now; `ends` in epoch seconds."""

    state: str
    ends: float
    mutes: int = 0


class Silences:
    """The silences of one maintenance, one in each cluster, known by their comment."""

    def __init__(self, run: Run, scope: Scope) -> None:
        self._run, self._scope = run, scope
        self.comment = f"hsops:{run.id} {run.values['reason']}"

    def at(self, cluster: Cluster) -> AlertmanagerConnection:
        """A member that answers."""
        return member(self._run, cluster)

    async def create(self, cluster: Cluster, until: float) -> Json:
        """Make it, unless it is there already. Gives its id."""
        ours = await self._ours(cluster)
        if ours:
            return ours[0].id
        return await self.at(cluster).put(
            self._scope.matchers,
            starts=_utc(max(self._scope.starts, time.time())),
            ends=_utc(until),
            author=self._run.author,
            comment=self.comment,
        )

    async def extend(self, cluster: Cluster, id_: str, until: float) -> Json:
        """Move the end; one that somebody has ended meanwhile stays ended. Gives its id, which may be a new one."""
        old = await self.at(cluster).silence(id_)
        if old.status.state == "expired" or (old.endsAt is not None and old.endsAt.timestamp() >= until - 0.01):
            return id_
        return await self.at(cluster).put(
            old.matchers,
            starts=old.startsAt or _utc(time.time()),
            ends=_utc(until),
            author=old.createdBy,
            comment=old.comment,
            id_=id_,
        )

    async def end(self, cluster: Cluster) -> Json:
        """Expire what is ours and has not ended. Gives how many."""
        ours = await self._ours(cluster)
        for silence in ours:
            await self.at(cluster).expire(silence.id)
        return len(ours)

    async def see(self, cluster: Cluster, id_: str, ends: float) -> Seen:
        """How it is. One that is not known is over when its time is, else lost."""
        try:
            silence = await self.at(cluster).silence(id_)
        except NotFound:
            return Seen(OVER if time.time() >= ends else LOST, ends)
        until = silence.endsAt.timestamp() if silence.endsAt else ends
        if silence.status.state == "expired":
            return Seen(OVER, until)
        muted = sum(id_ in alert.status.silencedBy for alert in await self.at(cluster).alerts(self._scope.matchers))
        state = DUE if self._due(until) else MOVED if until > ends + 1 else HELD
        return Seen(state, until, muted)

    def _due(self, ends: float) -> bool:
        scope = self._scope
        return ends < scope.last - 1 and ends - time.time() < scope.seconds / 2

    async def _ours(self, cluster: Cluster) -> Sequence[Silence]:
        every = await self.at(cluster).silences()
        return [silence for silence in every if silence.comment == self.comment]


def worst(seen: Sequence[Seen]) -> str:
    """What is to be done about all of them: over only when all are."""
    states = {one.state for one in seen}
    return next((state for state in (LOST, DUE, MOVED, HELD) if state in states), OVER)


def as_json(seen: Sequence[Seen]) -> list[Any]:
    """For the journal."""
    return [list(one) for one in seen]


def _utc(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
