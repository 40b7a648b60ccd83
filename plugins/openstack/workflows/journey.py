"""How one server leaves its host: what all ways have in common. Every way looks first, so it may begin again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from hsops.api import BadAnswer, Conflict, HsopsError, NotFound, Outcome, Progress, Unreachable
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.kinds.migration import FAILED, Migration
from hsops.plugins.openstack.kinds.server import Server

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

T = TypeVar("T")

EVERY = 1.5
"""Seconds between two looks at a server that moves."""
PATIENCE = 120.0
"""Seconds for which nova may be away while a server moves: the migration goes on without us."""
UNSEEN = 45.0
"""Seconds until a request must have left a trace: a busy nova takes its time, a lost request never comes."""
OVER = frozenset({*FAILED, "cancelled", "reverted"})
"""A migration that ended so has moved nothing."""


async def nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What all servers of a drain have in common. Seconds."""

    host: str
    to: str = ""
    when_stuck: str = "abort"
    stuck_after: float = 300.0
    timeout: float = 1800.0
    meanwhile: Callable[[], Awaitable[str]] = nothing
    """Called now and then; what it gives is shown."""


def done(text: str) -> Outcome:
    """The server is away."""
    return Outcome(status="done", text=text)


def failed(text: str) -> Outcome:
    """The server is still there, and nothing moves it."""
    return Outcome(status="failed", text=text)


def gone() -> Outcome:
    """Somebody deleted it: nothing is left to move."""
    return Outcome(status="skipped", text="deleted meanwhile")


@dataclass(frozen=True, slots=True)
class Request:
    """What became of a request that is sent once: refused with this reason, or nobody knows for this reason."""

    refused: str = ""
    unsure: str = ""


async def send(call: Callable[[], Awaitable[None]]) -> Request:
    """Send it. When the answer is lost it may have arrived: the looks that follow show it."""
    try:
        await call()
    except Unreachable as error:
        return Request(unsure=error.what)
    except Conflict as error:
        return Request(refused=error.what)
    return Request()


class Watch:
    """Looks at one server until it is somewhere, and bears with a nova that is away for a while."""

    def __init__(self, cloud: OpenStack, server: str, trip: Trip, progress: Progress) -> None:
        self.cloud = cloud
        self.server = server
        self.trip = trip
        self._progress = progress
        self._began = time.monotonic()
        self._answered = self._began
        self._still: float | None = None

    @property
    def waited(self) -> float:
        """Seconds since this watch began."""
        return time.monotonic() - self._began

    def still_for(self, is_still: bool) -> float:
        """Seconds for which nothing has been happening to the server, look after look."""
        if not is_still:
            self._still = None
            return 0.0
        self._still = self._still if self._still is not None else time.monotonic()
        return time.monotonic() - self._still

    async def look(self) -> Server | None:
        """The server; None when it is deleted. Raises HsopsError when nova stays away."""
        try:
            return await self._bear(lambda: compute.server(self.cloud, self.server))
        except NotFound:
            return None

    async def newest(self) -> Migration | None:
        """Its last migration of any kind."""
        rows = await self._bear(lambda: compute.migrations_of(self.cloud, self.server))
        return rows[0] if rows else None

    async def _bear(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                answer = await ask()
            except (Unreachable, BadAnswer) as error:
                self._give_up(error)
                self._progress(f"waiting for nova: {error.what}")
                await asyncio.sleep(EVERY)
            else:
                self._answered = time.monotonic()
                return answer

    def _give_up(self, error: HsopsError) -> None:
        if time.monotonic() - self._answered > PATIENCE:
            raise error

    async def pause(self, text: str, moving: Migration | None = None) -> None:
        """Tell and wait for the next look."""
        trouble = await self.trip.meanwhile()
        left = None if moving is None else moving.left
        fraction = None if moving is None else moving.fraction
        self._progress(f"{text} ({trouble})" if trouble else text, fraction=fraction, left=left)
        await asyncio.sleep(EVERY)


def reason_of(row: Server) -> str:
    """What nova says of a server in ERROR."""
    return f"it is in ERROR: {row.fault.message}" if row.fault is not None and row.fault.message else "it is in ERROR"


def words(row: Server) -> str:
    """What is happening to a server: ``resize migrating``."""
    return (row.task or row.status).lower().replace("_", " ")
