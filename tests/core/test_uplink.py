"""One system's connection: shared attempts, refused credentials, lost connections, probes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hsops.errors import AuthFailed, HsopsError, Unreachable
from hsops.live.state import SourceStatus
from hsops.live.uplink import SystemUplink
from hsops.model import Health, Layer, SystemHealth
from hsops.plugin import Options, Plugin
from tests.core.conftest import BOX

pytestmark = pytest.mark.asyncio

TOY = Plugin(
    name="toy",
    title="Toy",
    layer=Layer.COMPUTE,
    options=Options,
    connect="tests.core:connect",
    kinds=(BOX,),
    sources=(),
)


class Connected:
    """An open connection."""

    def __init__(self, refusal: HsopsError | None = None) -> None:
        self.lost = False
        self.closed = False
        self.asked = 0
        self.refusal = refusal

    async def health(self) -> SystemHealth:
        """Well, unless it refuses."""
        self.asked += 1
        if self.refusal is not None:
            raise self.refusal
        return SystemHealth(Health.OK, "well")

    async def aclose(self) -> None:
        """Closed."""
        self.closed = True


def uplink_of(connect: Callable[[], Awaitable[Any]], timeout: float = 5.0) -> SystemUplink:
    return SystemUplink("s1", "toy", TOY, timeout, connect)


async def test_all_who_wait_share_one_failed_attempt() -> None:
    attempts = 0

    async def connect() -> Connected:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0.01)
        raise Unreachable("refused")

    uplink = uplink_of(connect)
    results = await asyncio.gather(*(uplink.connection() for _ in range(7)), return_exceptions=True)
    assert [type(result) for result in results] == [Unreachable] * 7
    assert attempts == 1
    with pytest.raises(Unreachable, match="toy: refused"):
        await uplink.connection()
    assert attempts == 2, "who comes later tries again"


async def test_refused_credentials_are_not_tried_again_until_a_person_asks() -> None:
    attempts = 0
    answers: list[Connected | HsopsError] = [AuthFailed("wrong password", hint="correct it"), Connected()]

    async def connect() -> Connected:
        nonlocal attempts
        attempts += 1
        answer = answers.pop(0)
        if isinstance(answer, HsopsError):
            raise answer
        return answer

    uplink = uplink_of(connect)
    for _ in range(5):
        with pytest.raises(AuthFailed):
            await uplink.connection()
        assert (await uplink.probe()).status is SourceStatus.AUTH
    assert attempts == 1
    uplink.forgive()
    assert (await uplink.probe()).status is SourceStatus.LIVE
    assert attempts == 2


async def test_a_probe_that_is_refused_is_not_repeated_until_a_person_asks() -> None:
    connection = Connected(AuthFailed("expired"))

    async def connect() -> Connected:
        return connection

    uplink = uplink_of(connect)
    for _ in range(3):
        assert (await uplink.probe()).status is SourceStatus.AUTH
    assert connection.asked == 1
    connection.refusal = None
    uplink.forgive()
    assert (await uplink.probe()).status is SourceStatus.LIVE


async def test_one_who_stops_waiting_does_not_end_the_attempt_of_the_others() -> None:
    go = asyncio.Event()

    async def connect() -> Connected:
        await go.wait()
        return Connected()

    uplink = uplink_of(connect)
    first, second = asyncio.create_task(uplink.connection()), asyncio.create_task(uplink.connection())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    go.set()
    assert isinstance(await second, Connected)


async def test_a_lost_connection_is_closed_and_replaced() -> None:
    made: list[Connected] = []

    async def connect() -> Connected:
        made.append(Connected())
        return made[-1]

    uplink = uplink_of(connect)
    first = await uplink.connection()
    first.lost = True
    second = await uplink.connection()
    assert second is not first
    assert first.closed
    await uplink.aclose()
    assert second.closed


async def test_closing_ends_an_attempt_that_hangs() -> None:
    ended = asyncio.Event()

    async def connect() -> Connected:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return Connected()

    uplink = uplink_of(connect)
    waiting = asyncio.create_task(uplink.connection())
    await asyncio.sleep(0.01)
    await uplink.aclose()
    assert ended.is_set()
    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)


async def test_an_attempt_that_nobody_waits_for_fails_in_silence() -> None:
    go = asyncio.Event()

    async def connect() -> Connected:
        await go.wait()
        raise Unreachable("refused")

    uplink = uplink_of(connect)
    waiting = asyncio.create_task(uplink.connection())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    go.set()
    await asyncio.sleep(0.01)
    await uplink.aclose()
