"""What people want of a run that this process works on: pause, abort, verdicts. Belongs to the engine's loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import NamedTuple

from hsops.workflow.values import StepInfo, Verdict
from hsops.workflow.waivers import Waiver


class Decision(NamedTuple):
    """A verdict on one failure of a step: the `attempt` that failed, and who decided."""

    verdict: Verdict
    attempt: int
    by: str


class Letter(NamedTuple):
    """What the store says that people want."""

    wish: str
    wish_by: str
    verdicts: dict[str, Decision]
    approval: str = ""
    """The answer to the request for approval; empty while there is none."""
    waivers: tuple[Waiver, ...] = ()
    """What may pass a red gate."""


class Mailbox:
    """Filled from the store every moment; read between steps, between items and inside waits."""

    def __init__(self) -> None:
        self._letter = Letter("", "", {})
        self._news = asyncio.Event()

    @property
    def wish(self) -> str:
        """``pause``, ``abort`` or nothing."""
        return self._letter.wish

    @property
    def approval(self) -> str:
        """``approved`` or ``rejected``; what it is worth is in the store."""
        return self._letter.approval

    @property
    def abort_reason(self) -> str:
        """Who wants it undone, in a sentence."""
        return f"abort was asked for by {self._letter.wish_by}"

    def waivers(self, key: str) -> Mapping[str, Waiver]:
        """What people let pass at the gate of that step."""
        return {waiver.gate: waiver for waiver in self._letter.waivers if waiver.key == key}

    def deliver(self, letter: Letter) -> None:
        """What the store says now. An abort is never taken back."""
        if self.wish == "abort":
            letter = letter._replace(wish="abort", wish_by=self._letter.wish_by)
        if letter != self._letter:
            self._letter = letter
            self._news.set()

    def wake(self) -> None:
        """End every wait early."""
        self._news.set()

    def decision(self, info: StepInfo) -> Decision | None:
        """What was decided about this failure of the step, not about an earlier one."""
        found = self._letter.verdicts.get(info.key)
        return found if found is not None and found.attempt == info.attempts else None

    async def wait(self, seconds: float) -> None:
        """Wait for news, at most so long."""
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
