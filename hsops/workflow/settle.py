"""One thing of a run until it is settled: try it, and when it fails ask, as often as it takes.

The whole loop is one step of DBOS's journal: what is recorded is how it ended. While it lasts, the attempts and
verdicts are in the book, so a process that takes over neither repeats a failed attempt unasked nor forgets a verdict.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hsops.workflow.book import Entry
from hsops.workflow.context import Context, explain, portable
from hsops.workflow.evidence import before, witnessed
from hsops.workflow.mailbox import Decision, Letter
from hsops.workflow.signals import Aborted, Refused, Stopped
from hsops.workflow.values import StepStatus, Verdict

_log = logging.getLogger(__name__)

RETRY_OR_BACK = (Verdict.RETRY, Verdict.BACK_OUT)
ANY = (Verdict.RETRY, Verdict.SKIP, Verdict.BACK_OUT)
RETRY_OR_LEAVE = (Verdict.RETRY, Verdict.SKIP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What to try. `act` runs on the engine's loop and gives JSON; any exception of it is a failure to ask about."""

    entry: Entry
    act: Callable[[], Awaitable[Any]]
    verdicts: tuple[Verdict, ...] = RETRY_OR_BACK
    effect: bool = False
    """Changes the world: recorded before it begins, and only under a valid lease."""
    turn: Turn | None = None
    """Held while it is tried, given back while somebody thinks about a failure."""


class Turn:
    """One item's turn among those that may be worked on at the same time, in the order they ask for it."""

    def __init__(self, slots: asyncio.Semaphore) -> None:
        self._slots = slots
        self._held = False

    async def take(self) -> None:
        """Wait for the turn, unless it is held."""
        if not self._held:
            await self._slots.acquire()
            self._held = True

    def give_back(self) -> None:
        """Let the next one begin."""
        if self._held:
            self._held = False
            self._slots.release()


async def settle(context: Context, attempt: Attempt) -> dict[str, Any]:
    """``{"value": …}`` or ``{"skipped": why}``. Raises Aborted, Stopped, TakenOver or Refused."""
    entry, turn = attempt.entry, attempt.turn
    while True:
        if entry.asks:
            if turn is not None:
                turn.give_back()
            if await _decided(context, entry) is Verdict.SKIP:
                return {"skipped": entry.info.text}
            await context.at_home(context.connections.again)
        if turn is not None:
            await turn.take()
        await context.gate()
        recording = before(context.witness, entry) if attempt.effect else None
        await context.book.begin(entry, effect=attempt.effect)
        try:
            async with witnessed(context.witness, entry, recording) as deed:
                if attempt.effect:
                    await context.lease.guard()
                value = portable(await attempt.act())
                deed.gave(value)
            return {"value": value}
        except Exception as error:  # noqa: BLE001 - the author's or a library's: all of them are put to a person
            _log.debug("%s failed", entry.info.key, exc_info=error)
            reason, code = explain(error), getattr(error, "exit_code", 3)
        if not context.attended and not context.book.changed_anything:
            context.book.end(entry, StepStatus.FAILED, reason)
            raise Refused(f"{entry.info.name}: {reason}", code=code)
        await context.book.fail(entry, reason, attempt.verdicts)


async def _decided(context: Context, entry: Entry) -> Verdict:
    """Retry or skip. Raises Aborted when the verdict is to back out, Stopped when nobody is there to decide."""
    decision = context.mailbox.decision(entry.info) or await _ask(context, entry)
    context.book.log("decision", key=entry.info.key, status=decision.verdict.value, text=f"by {decision.by}")
    if decision.verdict is Verdict.BACK_OUT:
        await context.book.want_abort(decision.by)
        context.mailbox.deliver(Letter("abort", decision.by, {}))
        raise Aborted(f"{entry.info.item or entry.info.name}: {entry.info.text}")
    return decision.verdict


async def _ask(context: Context, entry: Entry) -> Decision:
    _heed_abort(context)
    if not context.attended:
        raise Stopped(f"{entry.info.item or entry.info.name}: {entry.info.text}")
    async with context.waiting():
        while True:
            _heed_abort(context)
            decision = context.mailbox.decision(entry.info)
            if decision is not None:
                return decision
            context.lease.check()
            await context.mailbox.wait(1.0)


def _heed_abort(context: Context) -> None:
    if context.mailbox.wish == "abort" and not context.compensating:
        raise Aborted(context.mailbox.abort_reason)
