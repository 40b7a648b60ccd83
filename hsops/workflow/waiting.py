"""Waiting for the world: until it is there, the time is over, or nothing moves any more."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hsops.runbook import Sample
from hsops.workflow.book import Entry
from hsops.workflow.clock import now
from hsops.workflow.context import Context
from hsops.workflow.progress import Reporter
from hsops.workflow.signals import Failure


@dataclass(frozen=True, slots=True)
class Wait:
    """What to look at and how long. Seconds."""

    look: Callable[[], Awaitable[Sample]]
    timeout: float
    every: float
    stuck_after: float


class Trend:
    """Watches a number that should fall. One look that is better than all before counts, two equal ones do not."""

    def __init__(self) -> None:
        self._best: float | None = None
        self._since: float | None = None

    def still(self, left: float | None, at: float) -> float:
        """Seconds without progress, with this value seen at this time; 0 while no number is known."""
        if left is None:
            return 0.0
        if self._best is None or left < self._best or self._since is None:
            self._best, self._since = left, at
        return at - self._since


async def until_done(context: Context, entry: Entry, wait: Wait) -> dict[str, Any]:
    """The last sample. Raises Failure, and HsopsError when nobody answers."""
    report = Reporter(context.book, entry, context.home)
    trend = Trend()
    clock = _Stopwatch(entry)
    try:
        while True:
            sample = await context.at_home(lambda: context.connections.patiently(wait.look))
            report(sample.text, left=sample.left)
            if sample.done:
                return {"done": True, "text": sample.text, "left": sample.left}
            if clock.elapsed() >= wait.timeout:
                raise Failure(f"not done after {_duration(wait.timeout)}: {sample.text}")
            if trend.still(sample.left, clock.elapsed()) >= wait.stuck_after:
                raise Failure(f"stuck at {sample.left:g} for {_duration(wait.stuck_after)}: {sample.text}")
            await context.mailbox.wait(wait.every)
            with clock.halted():
                await context.gate()
    finally:
        report.close()


class _Stopwatch:
    """Seconds since the wait began, in whichever process; what it was paused does not count."""

    def __init__(self, entry: Entry) -> None:
        began = entry.info.started
        self._before = max(0.0, (now() - began).total_seconds()) if began else 0.0
        self._start = time.monotonic()
        self._halt = 0.0

    def elapsed(self) -> float:
        return self._before + time.monotonic() - self._start

    def halted(self) -> _Stopwatch:
        return self

    def __enter__(self) -> None:
        self._halt = time.monotonic()

    def __exit__(self, *error: object) -> None:
        self._start += time.monotonic() - self._halt


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes and rest else f"{minutes} min" if minutes else f"{seconds:g} s"
