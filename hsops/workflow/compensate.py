"""Backing out: what was begun is taken back, last first. Every undo is itself a step of the journal."""

from __future__ import annotations

from hsops.workflow.context import Context, Undo
from hsops.workflow.run import journalled
from hsops.workflow.settle import RETRY_OR_LEAVE, Attempt
from hsops.workflow.values import RunStatus


async def roll_back(context: Context, reason: str) -> None:
    """Undo everything that was begun. An undo that fails is put to a person: retry, or leave it as it is."""
    context.compensating = True
    await context.book.set_status(RunStatus.ROLLING_BACK, reason)
    for position, undo in enumerate(reversed(context.undos), start=1):
        await _take_back(context, undo, position)


async def _take_back(context: Context, undo: Undo, position: int) -> None:
    entry = context.book.entry(f"undo {undo.name}", "undo", undo.name, title=undo.title, command=tuple(undo.command))
    entry.position = 1_000_000 + position  # after everything that was done
    attempt = Attempt(entry=entry, act=lambda: context.at_home(undo.act), verdicts=RETRY_OR_LEAVE, effect=True)
    await journalled(context, attempt)
