"""Changes of the store are gathered: a thousand in a moment are told once."""

from __future__ import annotations

import asyncio

import pytest

from hsops.live.store import Delta
from hsops.model import Key
from hsops.screens.pulse import KindChanges, Pulse

pytestmark = pytest.mark.asyncio


def delta(number: int, kind: str = "toy.row") -> Delta:
    return Delta("s", "toy", kind, changed=(Key("s", "toy", kind, str(number)),))


async def test_a_burst_is_told_once_and_whole() -> None:
    told: list[dict[str, KindChanges]] = []
    heard = asyncio.Event()

    def tell(changes: dict[str, KindChanges]) -> None:
        told.append(changes)
        heard.set()

    pulse = Pulse(tell, every=0.01)
    for number in range(1000):
        pulse.note(delta(number))
    pulse.note(delta(1, "toy.other"))
    assert told == [], "nothing is told while it is gathered"
    await asyncio.wait_for(heard.wait(), 20)
    assert len(told) == 1
    assert len(told[0]["toy.row"].changed) == 1000
    assert told[0]["toy.other"].rows


async def test_what_comes_later_is_told_later() -> None:
    told: list[dict[str, KindChanges]] = []
    pulse = Pulse(told.append, every=3600)
    pulse.note(delta(1))
    pulse.flush()
    pulse.flush()
    pulse.note(delta(2))
    pulse.flush()
    assert [{key.id for key in one["toy.row"].changed} for one in told] == [{"1"}, {"2"}]


async def test_a_stopped_pulse_tells_nothing() -> None:
    told: list[dict[str, KindChanges]] = []
    pulse = Pulse(told.append, every=0.001)
    pulse.note(delta(1))
    pulse.stop()
    await asyncio.sleep(0.05)
    assert told == []
