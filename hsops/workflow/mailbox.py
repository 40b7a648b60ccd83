"""What people want of a run that this process works on: pause, abort, verdicts. Belongs to the engine's loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from hsops.workflow.values import StepInfo, Verdict


class Mailbox:
    """Filled from the store every moment; read between steps, between items and inside waits."""

    def __init__(self) -> None:
        self.wish = ""
        self._verdicts: Mapping[str, str] = {}
        self._news = asyncio.Event()

    def deliver(self, wish: str, verdicts: Mapping[str, str]) -> None:
        """What the store says now. An abort is never taken back."""
        wish = "abort" if self.wish == "abort" else wish
        if (wish, verdicts) != (self.wish, self._verdicts):
            self.wish, self._verdicts = wish, dict(verdicts)
            self._news.set()

    def wake(self) -> None:
        """End every wait early."""
        self._news.set()

    def verdict(self, info: StepInfo) -> Verdict | None:
        """What was decided about this failure of the step, not about an earlier one."""
        verdict, _, attempt = self._verdicts.get(info.key, "").partition("@")
        return Verdict(verdict) if verdict and int(attempt) == info.attempts else None

    async def wait(self, seconds: float) -> None:
        """Wait for news, at most so long."""
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
