"""One run in this process, from its first step (or where it was) to its end."""

from __future__ import annotations

import logging
import shlex

from hsops.errors import HsopsError, Unreachable
from hsops.plugin import Workflow
from hsops.runbook import Run
from hsops.workflow.compensate import roll_back
from hsops.workflow.context import Context, explain
from hsops.workflow.run import DurableRun
from hsops.workflow.signals import Aborted, Parked, Refused, Stopped
from hsops.workflow.systems import perform
from hsops.workflow.values import RunStatus
from hsops.workflow.watching import last_look

_log = logging.getLogger(__name__)

_CONNECT_AGAIN = 10.0


async def execute(context: Context, workflow: Workflow) -> None:
    """Run the workflow and write down how it ended.

    Raises Stopped and TakenOver, after which the run can go on where it was; everything else is an end.
    """
    try:
        if context.mailbox.wish == "abort" and not context.book.changed_anything:
            raise Aborted(context.mailbox.abort_reason)
        await _forwards(context, workflow)
    except Aborted as abort:
        await _backwards(context, abort.reason)
    except Refused as refusal:
        await context.book.set_status(RunStatus.REFUSED, refusal.reason, code=refusal.code)
    except Stopped as stop:
        await _stopped(context, stop)
        raise
    else:
        await last_look(context)
        await context.book.set_status(RunStatus.DONE)


async def _forwards(context: Context, workflow: Workflow) -> None:
    await _connect(context)
    if context.admission is not None:
        await context.admission.check_window(context)
    if context.book.status is not RunStatus.AWAITING:
        await context.book.set_status(RunStatus.RUNNING)
    run: Run = DurableRun(context)
    try:
        await perform(workflow, run, context.connections)
    except Exception as error:
        _log.debug("the function of %s failed", workflow.name, exc_info=error)
        context.lease.check()
        if context.mailbox.wish == "abort":
            raise Aborted(context.mailbox.abort_reason) from None
        raise Stopped(_fault(workflow, error)) from error
    context.refuse_unmet()


def _fault(workflow: Workflow, error: Exception) -> str:
    if type(error).__name__ == "DBOSUnexpectedStepError":
        return f"{workflow.name} was changed since the run began: its steps are not the ones it began with"
    return f"{workflow.name} itself failed: {explain(error)}"


async def _backwards(context: Context, reason: str) -> None:
    try:
        await roll_back(context, reason)
        left = [info.undo_command or (info.key,) for info in context.book.not_taken_back]
        if left:  # the function did not come as far as it once did: it is not the one that began the run
            raise Stopped("not taken back, do it by hand: " + "; ".join(shlex.join(argv) for argv in left))
    except Stopped as stop:
        await _stopped(context, stop)
        raise
    await last_look(context)
    await context.book.set_status(RunStatus.ROLLED_BACK, reason)


async def _stopped(context: Context, stop: Stopped) -> None:
    """Nobody decides: nobody owns it from here on. A closing process leaves it as it is, for the next one to go on."""
    if isinstance(stop, Parked):
        await context.book.set_status(RunStatus.AWAITING, stop.reason, release=True)
    elif stop.code != 130:
        await context.book.set_status(RunStatus.STOPPED, stop.reason, code=stop.code, release=True)


async def _awaiting(context: Context, error: HsopsError) -> None:
    """A run that waits for approval, or has it, is not lost because a system is away. Raises Parked or Aborted."""
    if context.admission is None or not context.admission.holds:
        raise Parked(f"not gone on with: {error}")
    if context.mailbox.wish == "abort":
        raise Aborted(context.mailbox.abort_reason)
    context.lease.check()
    await context.mailbox.wait(_CONNECT_AGAIN)


async def _connect(context: Context) -> None:
    """Open every system. Raises Refused before the first effect, else Stopped, when one does not answer for long."""
    while True:
        try:
            await context.at_home(lambda: context.connections.patiently(context.connections.open))
            return
        except HsopsError as error:
            awaiting = context.book.status is RunStatus.AWAITING
            if not context.book.changed_anything and not awaiting:
                raise Refused(str(error), code=error.exit_code) from None
            if awaiting:
                await _awaiting(context, error)
                continue
            if not context.attended or not isinstance(error, Unreachable):
                raise Stopped(str(error)) from None
            await context.book.set_status(RunStatus.WAITING, str(error))
        context.lease.check()
        await context.mailbox.wait(_CONNECT_AGAIN)
