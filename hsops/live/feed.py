"""A feed keeps one source of one system fresh. This is the only place that retries.

It never overlaps itself (a tick that comes while a poll is under way is dropped), backs off to five minutes with
jitter, and gives up only on AuthFailed, until a person asks for a refresh. It says once that a source went down and
once that it came back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any, Protocol

from hsops.errors import AuthFailed, BadAnswer, Decision, Forbidden, HsopsError, TimedOut, Unreachable
from hsops.live.store import Store
from hsops.model import Batch
from hsops.plugin import Source

log = logging.getLogger("hsops.feed")

FIRST_DELAY = 1.0
LONGEST_DELAY = 300.0
AGAIN = 0.5
"""Seconds before a stream that ended is opened again: one that ends at once must not take the whole processor."""
BUDGET = 4.0
"""A poll may page through a long list: it may take this many times the system's time-out for one call."""


class Uplink(Protocol):
    """Where a feed gets its connection."""

    @property
    def site(self) -> str:
        """Name of the site."""
        ...

    @property
    def name(self) -> str:
        """Name of the system."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds one call may take."""
        ...

    async def connection(self) -> Any:
        """The open connection, opened when needed. Raises HsopsError."""
        ...


class Feed:
    """One source, polled or watched into the store."""

    def __init__(
        self, uplink: Uplink, source: Source, store: Store, jitter: Callable[[], float] = random.random
    ) -> None:
        self.uplink = uplink
        self.source = source
        self._store = store
        self._jitter = jitter
        self._cursor: Any = None
        self._listed = 0.0
        self._failures = 0
        self._parked = False
        self._lookers = 0
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._followed: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        """Set when a watch that was begun anew has brought everything, or failed."""
        store.expect(uplink.site, uplink.name, source.kinds)

    @property
    def title(self) -> str:
        """``site/system kind`` for the log."""
        return f"{self.uplink.site}/{self.uplink.name} {self.source.kinds[0]}"

    @contextlib.contextmanager
    def focus(self) -> Iterator[None]:
        """While somebody looks, the foreground interval holds."""
        self._lookers += 1
        self._wake.set()
        try:
            yield
        finally:
            self._lookers -= 1

    async def refresh(self) -> None:
        """One poll now, or the end of the one under way; a watch begins anew. A parked feed is tried again.

        Never raises HsopsError.
        """
        self._parked = False
        if self._followed is not None:
            await self._follow_anew(self._followed)
            return
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._poll())
        await asyncio.shield(self._running)
        self._wake.set()

    async def run(self) -> None:
        """Keep the source fresh until cancelled."""
        while True:
            if self.source.watch is not None:
                await self._follow()
            elif not self._parked:
                await self._tick()
            await self._pause()

    async def _tick(self) -> None:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._poll())
        try:
            await asyncio.shield(self._running)
        except asyncio.CancelledError:
            self._running.cancel()
            raise

    async def _pause(self) -> None:
        """Wait for the interval or the back-off; a new looker or a refresh ends an interval, never a back-off."""
        started = time.monotonic()
        while (left := started + self._delay() - time.monotonic()) > 0:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()

    def _delay(self) -> float:
        if self._parked:
            return LONGEST_DELAY
        if self._failures:
            backoff = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self._failures - 1, 9))
            return backoff * (0.5 + self._jitter() / 2)
        if self.source.watch is not None:
            return AGAIN
        return self.source.every if self._lookers else self.source.background

    # -- one attempt

    async def _poll(self) -> None:
        await self._guarded(self._ask if self.source.poll is not None else self._peek)

    async def _ask(self) -> None:
        assert self.source.poll is not None  # noqa: S101 - checked by _poll()
        full = self._cursor is None or time.monotonic() - self._listed >= self.source.relist
        async with asyncio.timeout(self.uplink.timeout * BUDGET):
            connection = await self.uplink.connection()
            batch = await self.source.poll(connection, None if full else self._cursor)
        self._take(batch)

    async def _peek(self) -> None:
        """The first batch of a watch, which is full, for who does not stay."""
        async with asyncio.timeout(self.uplink.timeout * BUDGET):
            connection = await self.uplink.connection()
            async with contextlib.aclosing(self._stream(connection)) as stream:
                async for batch in stream:
                    self._take(batch)
                    return
        raise Unreachable("the watch ended before it began", hint="it is tried again")

    async def _follow(self) -> None:
        if self._parked:
            return
        self._followed = asyncio.create_task(self._guarded(self._listen))
        try:
            await asyncio.wait({self._followed})
        finally:
            followed, self._followed = self._followed, None
            if not followed.done():
                followed.cancel()
                await asyncio.gather(followed, return_exceptions=True)

    async def _follow_anew(self, followed: asyncio.Task[None]) -> None:
        """End a watch, so that `run` begins another, and wait for its first batch or its failure."""
        self._settled.clear()
        followed.cancel()
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.uplink.timeout * BUDGET):
                await self._settled.wait()

    async def _listen(self) -> None:
        async with asyncio.timeout(self.uplink.timeout * BUDGET):
            connection = await self.uplink.connection()
        async with contextlib.aclosing(self._stream(connection)) as stream:
            async for batch in stream:
                self._take(batch)

    def _stream(self, connection: Any) -> AsyncGenerator[Batch, None]:
        assert self.source.watch is not None  # noqa: S101 - a source has a poll or a watch
        stream: AsyncGenerator[Batch, None] = self.source.watch(connection)
        return stream

    def _take(self, batch: Batch) -> None:
        if batch.full:
            self._listed = time.monotonic()
        self._cursor = batch.cursor
        try:
            self._store.apply(self.uplink.site, self.uplink.name, self.source.kinds, batch)
        except KeyError as error:
            raise BadAnswer(f"the plugin gave rows of the kind {error}, which this source does not feed") from error
        if self._failures:
            log.info("%s is back", self.title)
        self._failures = 0
        if batch.full:
            self._settled.set()

    async def _guarded(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Run an attempt and turn whatever it raises into the source's state."""
        try:
            await attempt()
        except HsopsError as error:
            self._failed(error)
        except TimeoutError:
            self._failed(TimedOut("no answer in time", hint="is it overloaded or behind a firewall?"))
        except Exception as error:
            log.exception("%s: the plugin failed", self.title)
            self._failed(BadAnswer(f"the plugin failed: {type(error).__name__}: {error}", hint="see the log file"))

    def _failed(self, error: HsopsError) -> None:
        if not self._failures:
            log.warning("%s is down: %s", self.title, error)
        self._failures += 1
        self._cursor = None
        self._parked = isinstance(error, AuthFailed | Forbidden) or error.decision is Decision.ASK
        self._store.fail(self.uplink.site, self.uplink.name, self.source.kinds, error)
        self._settled.set()
