"""Carrying a run over to this version of hsops: only when the function, as it is now, fits what was recorded."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import cast

from hsops.errors import Unsupported
from hsops.plugin import Workflow
from hsops.workflow.book import Book
from hsops.workflow.context import Context
from hsops.workflow.journal import Journal, Writes
from hsops.workflow.lease import Lease
from hsops.workflow.mailbox import Mailbox
from hsops.workflow.request import Request
from hsops.workflow.run import DurableRun
from hsops.workflow.signals import Signal
from hsops.workflow.systems import Connections, Systems, perform
from hsops.workflow.tape import Diverged, Reached, Tape, playing


class _Nowhere:
    """A journal that keeps nothing."""

    def post(self, write: Writes, *, urgent: bool = False) -> Future[None]:
        """Done at once."""
        done: Future[None] = Future()
        done.set_result(None)
        return done


async def fits(workflow: Workflow, request: Request, run: str, systems: Systems, tape: Tape) -> None:
    """Go over the tape with the function as it is now; nothing is looked at and nothing changed.

    Raises Unsupported, which says why, when the function would do other steps than the recorded ones.
    """
    connections = Connections(systems, request.site, workflow)
    await connections.open()
    journal = cast("Journal", _Nowhere())
    lease = cast("Lease", None)  # asked only before something is done, which the tape never does
    context = Context(
        request, Book(journal, run, ""), Mailbox(), lease, connections, asyncio.get_running_loop(), attended=False
    )
    token = playing.set(tape)
    try:
        await perform(workflow, DurableRun(context), connections)
    except (Reached, Diverged, Signal):
        pass  # as far as it came; the tape knows the rest
    except Exception as error:
        raise _changed(workflow, run, f"it fails: {type(error).__name__}: {error}") from error
    finally:
        playing.reset(token)
    left = [name for name in tape.left if not name.startswith("undo ")]
    if tape.diverged or left:
        raise _changed(workflow, run, tape.diverged or f"it does not do {left[0]} any more")


def _changed(workflow: Workflow, run: str, why: str) -> Unsupported:
    hint = "go on with it, or abort it, with the hsops that began it"
    return Unsupported(f"{workflow.name} was changed since it began: {why}", thing=f"run {run}", hint=hint)
