"""A live migration that does not come to its end: notice it, and do what the operator chose for that."""

from __future__ import annotations

from hsops.api import Conflict
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.workflows.journey import Watch

_QUEUED = ("accepted", "queued")
_SETTLES = 30
"""Looks after an abort."""


class Stall:
    """Judges by the trend: memory left must fall below its least value within `stuck_after` seconds.

    Drivers that do not tell what is left are judged by the time alone.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._least: int | None = None
        self._since = 0.0
        self._deadline = watch.trip.timeout
        self._forced = False

    async def judge(self, moving: Migration | None) -> str:
        """Why the item fails now; empty while there is hope."""
        if moving is not None and moving.status in _QUEUED:  # nova does few at a time: its time has not begun
            self._deadline = self._watch.waited + self._watch.trip.timeout
        is_late = self._watch.waited > self._deadline
        why = self._stuck(moving) or (f"not moved in {self._watch.trip.timeout / 60:.0f} min" if is_late else "")
        if not why:
            return ""
        if self._watch.trip.when_stuck == "wait":
            return f"{why}; it goes on by itself, retry to watch it again" if is_late else ""
        if moving is None:
            return f"{why}, and nova shows no migration that could be ended" if is_late else ""
        if self._watch.trip.when_stuck == "force" and not self._forced:
            return await self._force(moving)
        return await self._abort(moving, why)

    def _stuck(self, moving: Migration | None) -> str:
        left = None if moving is None else moving.left
        if left is None or self._least is None or left < self._least:
            self._least, self._since = left, self._watch.waited
            return ""
        quiet = self._watch.waited - self._since
        if quiet < self._watch.trip.stuck_after:
            return ""
        return f"stuck with {left >> 20} MiB left for {quiet / 60:.0f} min"

    async def _force(self, moving: Migration) -> str:
        """The server pauses until it is moved; it gets half of its time once more."""
        self._forced = True
        self._since = self._watch.waited
        self._deadline = self._watch.waited + self._watch.trip.timeout / 2
        try:
            await compute.force_complete(self._watch.cloud, self._watch.server, moving.id)
        except Conflict:
            return ""  # it has ended meanwhile: the next look shows how
        await self._watch.pause("forced to its end", moving)
        return ""

    async def _abort(self, moving: Migration, why: str) -> str:
        try:
            await compute.abort_migration(self._watch.cloud, self._watch.server, moving.id)
        except Conflict:
            return ""  # it has ended meanwhile: the next look shows how
        for _ in range(_SETTLES):
            row = await self._watch.look()
            if row is None or not row.task:
                break
            await self._watch.pause("aborting")
        return f"{why}; aborted, the server stays"
