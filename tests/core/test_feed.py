"""Feeds: fail → stale → recover, no overlap, cursors, parking on AuthFailed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from hsops.errors import AuthFailed, HsopsError, Unreachable
from hsops.live.feed import Feed
from hsops.live.state import SourceStatus
from hsops.live.store import Store
from hsops.model import Batch
from hsops.plugin import Source
from tests.core.conftest import BOX, JOB, Box, full

pytestmark = pytest.mark.asyncio


class Uplink:
    """A connection that is always there."""

    site = "s1"
    name = "toy"
    timeout = 5.0

    async def connection(self) -> Any:
        return object()


def feed_of(
    poll: Callable[[Any, Any], Awaitable[Batch]], *, every: float = 5.0, background: float = 30.0
) -> tuple[Store, Feed]:
    store = Store((BOX, JOB))
    return store, Feed(
        Uplink(), Source(kinds=("toy.box",), poll=poll, every=every, background=background), store, jitter=lambda: 0.0
    )


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - any condition, not an event of ours
            await asyncio.sleep(0.01)


async def test_fail_stale_recover(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[Batch | HsopsError] = [full(Box("a")), Unreachable("reset"), Unreachable("reset"), full(Box("b"))]

    async def poll(_: Any, __: Any) -> Batch:
        answer = answers.pop(0)
        if isinstance(answer, HsopsError):
            raise answer
        return answer

    caplog.set_level("INFO", "hsops.feed")
    store, feed = feed_of(poll)
    await feed.refresh()
    assert store.state("s1", "toy", "toy.box").ok
    await feed.refresh()
    await feed.refresh()
    state = store.state("s1", "toy", "toy.box")
    assert (state.status, state.error) == (SourceStatus.STALE, "reset")
    assert [key.id for key in store.rows("toy.box")] == ["a"]
    await feed.refresh()
    assert [key.id for key in store.rows("toy.box")] == ["b"]
    assert [record.message for record in caplog.records] == ["s1/toy toy.box is down: reset", "s1/toy toy.box is back"]


async def test_refreshes_join_the_poll_under_way() -> None:
    polls = 0
    gate = asyncio.Event()

    async def poll(_: Any, __: Any) -> Batch:
        nonlocal polls
        polls += 1
        await gate.wait()
        return full(Box("a"))

    _, feed = feed_of(poll)
    both = asyncio.gather(feed.refresh(), feed.refresh())
    await asyncio.sleep(0)
    gate.set()
    await both
    assert polls == 1


async def test_the_cursor_comes_back_and_is_forgotten_after_a_failure() -> None:
    seen: list[Any] = []

    async def poll(_: Any, cursor: Any) -> Batch:
        seen.append(cursor)
        if len(seen) == 3:
            raise Unreachable("reset")
        return Batch(upserts=[Box("a")], full=cursor is None, cursor=len(seen))

    _, feed = feed_of(poll)
    for _ in range(5):
        await feed.refresh()
    assert seen == [None, 1, 2, None, 4]


async def test_wrong_credentials_park_the_feed_until_a_person_asks() -> None:
    polls = 0

    async def poll(_: Any, __: Any) -> Batch:
        nonlocal polls
        polls += 1
        raise AuthFailed("wrong password")

    store, feed = feed_of(poll, every=0.01, background=0.01)
    task = asyncio.create_task(feed.run())
    await until(lambda: store.state("s1", "toy", "toy.box").status is SourceStatus.AUTH)
    await asyncio.sleep(0.1)
    assert polls == 1
    await feed.refresh()
    assert polls == 2
    task.cancel()


async def test_a_plugin_that_breaks_is_a_failed_source(caplog: pytest.LogCaptureFixture) -> None:
    async def poll(_: Any, __: Any) -> Batch:
        raise ZeroDivisionError("oops")

    store, feed = feed_of(poll)
    await feed.refresh()
    state = store.state("s1", "toy", "toy.box")
    assert state.status is SourceStatus.FAILED
    assert "ZeroDivisionError: oops" in state.error
    assert "the plugin failed" in caplog.text


async def test_focus_brings_the_next_poll_forward() -> None:
    polls = 0

    async def poll(_: Any, __: Any) -> Batch:
        nonlocal polls
        polls += 1
        return full()

    _, feed = feed_of(poll, every=0.01, background=3600)
    task = asyncio.create_task(feed.run())
    await until(lambda: polls == 1)
    with feed.focus():
        await until(lambda: polls >= 4)
    task.cancel()


async def test_a_watch_that_ends_is_started_again() -> None:
    starts = 0

    async def watch(_: Any) -> AsyncIterator[Batch]:
        nonlocal starts
        starts += 1
        yield full(Box(f"start-{starts}"))
        yield Batch(upserts=[Box("extra")])

    store = Store((BOX, JOB))
    feed = Feed(Uplink(), Source(kinds=("toy.box",), watch=watch), store)
    task = asyncio.create_task(feed.run())
    await until(lambda: starts >= 3)
    task.cancel()
    assert {"extra"} < {key.id for key in store.rows("toy.box")}


async def test_who_does_not_stay_gets_the_first_batch_of_a_watch() -> None:
    closed: list[str] = []

    async def watch(_: Any) -> AsyncIterator[Batch]:
        try:
            yield full(Box("a"))
            await asyncio.Event().wait()
        finally:
            closed.append("closed")

    store = Store((BOX, JOB))
    feed = Feed(Uplink(), Source(kinds=("toy.box",), watch=watch), store)
    await feed.refresh()
    assert [key.id for key in store.rows("toy.box")] == ["a"]
    assert closed == ["closed"]


async def test_a_refresh_begins_a_watch_anew_and_waits_for_everything() -> None:
    begun = 0

    async def watch(_: Any) -> AsyncIterator[Batch]:
        nonlocal begun
        begun += 1
        number = begun
        await asyncio.sleep(0.05)
        yield full(Box(f"of {number}"))
        await asyncio.Event().wait()

    store = Store((BOX, JOB))
    feed = Feed(Uplink(), Source(kinds=("toy.box",), watch=watch), store)
    running = asyncio.create_task(feed.run())
    await until(lambda: bool(store.rows("toy.box")))
    await feed.refresh()
    assert [key.id for key in store.rows("toy.box")] == ["of 2"]
    assert begun == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_watch_that_fails_is_told_and_a_refresh_does_not_wait_for_ever() -> None:
    down = False

    async def watch(_: Any) -> AsyncIterator[Batch]:
        if down:
            raise Unreachable("gone")
        yield full(Box("a"))
        await asyncio.Event().wait()

    store = Store((BOX, JOB))
    feed = Feed(Uplink(), Source(kinds=("toy.box",), watch=watch), store)
    running = asyncio.create_task(feed.run())
    await until(lambda: bool(store.rows("toy.box")))
    down = True
    await feed.refresh()
    assert store.state("s1", "toy", "toy.box").status is SourceStatus.STALE
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_watch_that_is_empty_is_a_failure() -> None:
    async def watch(_: Any) -> AsyncIterator[Batch]:
        return
        yield

    store = Store((BOX, JOB))
    feed = Feed(Uplink(), Source(kinds=("toy.box",), watch=watch), store)
    await feed.refresh()
    assert "ended before it began" in store.state("s1", "toy", "toy.box").error
