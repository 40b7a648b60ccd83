"""An effect on many items, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsops.runbook import Item, Json, Outcome, Progress
from hsops.workflow import transact
from hsops.workflow.book import Entry
from hsops.workflow.context import Context, Undo
from hsops.workflow.progress import Reporter
from hsops.workflow.settle import ANY, Attempt, Turn, settle
from hsops.workflow.signals import Aborted, Failure, Refused, Signal, Stopped, TakenOver
from hsops.workflow.values import StepStatus


@dataclass(frozen=True, slots=True)
class Work:
    """One item and what is known of it."""

    item: Item
    entry: Entry


async def each(
    context: Context, works: Sequence[Work], do: Callable[[Item, Progress], Awaitable[Outcome]], limit: int
) -> Mapping[str, Outcome]:
    """Outcomes by item key. Items in flight always come to their end, whatever happens to the others."""
    if len({work.item.key for work in works}) != len(works):
        raise ValueError("two items of one fan-out have the same key")
    # The numbers of the journal's steps are drawn in this order, before anything runs: a replay draws the same.
    reserved = [transact.reserve() for _ in works]
    await context.book.plan_items(work.entry for work in works)
    slots = asyncio.Semaphore(max(1, limit))
    ends = await asyncio.gather(
        *(_one(context, work, do, slots, slot) for work, slot in zip(works, reserved, strict=True)),
        return_exceptions=True,
    )
    _raise_worst([end for end in ends if isinstance(end, BaseException)])
    return {work.item.key: end for work, end in zip(works, ends, strict=True) if isinstance(end, Outcome)}


async def _one(
    context: Context,
    work: Work,
    do: Callable[[Item, Progress], Awaitable[Outcome]],
    slots: asyncio.Semaphore,
    slot: transact.Slot,
) -> Outcome:
    async def act() -> Any:
        report = Reporter(context.book, work.entry, context.home)
        outcome = await context.at_home(lambda: do(work.item, report))
        report.close()
        if outcome.status == "failed":
            raise Failure(outcome.text)
        if outcome.status not in ("done", "skipped"):
            raise Failure(f"{outcome.status!r} is no end of an item")
        return {"status": outcome.status, "text": outcome.text}

    async def settled() -> dict[str, Any]:
        if work.entry.info.status is StepStatus.DONE:  # the run went back, for the items that failed only
            return {"value": {"status": "done", "text": work.entry.info.text}}
        return await settle(context, attempt)

    turn = Turn(slots)
    attempt = Attempt(entry=work.entry, act=act, verdicts=ANY, effect=True, turn=turn)
    await turn.take()
    try:
        outcome = _outcome(await transact.journalled(f"item {work.entry.info.key}", settled, slot))
    finally:
        turn.give_back()
    context.book.end(work.entry, StepStatus(outcome.status), outcome.text)
    return outcome


def _outcome(settled: Mapping[str, Any]) -> Outcome:
    if "skipped" in settled:
        return Outcome(status="skipped", text=str(settled["skipped"]))
    return Outcome(status=settled["value"]["status"], text=settled["value"]["text"])


def _raise_worst(errors: Sequence[BaseException]) -> None:
    """What ends the run, when items ended in different ways; an error that is none of ours comes first."""
    strange = [error for error in errors if not isinstance(error, Signal)]
    for kind in (TakenOver, Aborted, Refused, Stopped):
        strange += [error for error in errors if isinstance(error, kind)]
    if strange:
        reasons = [error.reason for error in errors if isinstance(error, Stopped)]
        if isinstance(strange[0], Stopped):
            raise Stopped("; ".join(dict.fromkeys(reasons)), code=strange[0].code)
        raise strange[0]


def undos(works: Sequence[Work], undo: Callable[[Item], Awaitable[Json]]) -> Sequence[Undo]:
    """How to take back the items that were begun."""
    return [
        Undo(work.entry.info.key, _bound(undo, work.item), work.item.undo_command, work.item.title)
        for work in works
        if work.entry.begun
    ]


def _bound(undo: Callable[[Item], Awaitable[Json]], item: Item) -> Callable[[], Awaitable[Json]]:
    return lambda: undo(item)
