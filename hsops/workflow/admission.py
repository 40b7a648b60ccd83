"""What has to hold before the first effect of a run: a second person's approval, an open window, a baseline for gates.

Nothing of it is an answer in DBOS's journal, and the workflow's function sees none of it. It is done again, in full, by
every process that works on the run, from the engine's own tables: an answer in a journal could be written by whoever
can write into the store, and a signature that was good once may not be good any more. As it draws no number of a step,
runs that began before there were approvals go on as they are.
"""

from __future__ import annotations

import asyncio

from hsops.errors import HsopsError, Unreachable
from hsops.plugin import Danger, Workflow
from hsops.policy import SiteRules
from hsops.workflow import approval, consent, gates, waivers, window
from hsops.workflow.approval import Claim
from hsops.workflow.clock import moment, now
from hsops.workflow.consent import Asked
from hsops.workflow.context import Context
from hsops.workflow.planfile import differences
from hsops.workflow.planning import make_plan
from hsops.workflow.signals import Aborted, Parked, Refused, Stopped
from hsops.workflow.systems import Systems
from hsops.workflow.values import Plan, RunStatus, StepStatus
from hsops.workflow.waivers import WINDOW

_LOOK, _MOMENT = 1.0, 0.05
_CONNECT_AGAIN = 10.0


class Admission:
    """Of one run in one process. `holds`: this process stays with a run that waits for approval."""

    def __init__(self, systems: Systems, site: SiteRules, workflow: Workflow, *, holds: bool) -> None:
        self.site = site
        self.systems = systems
        self._workflow = workflow
        self.holds = holds
        self._done = False

    # -- the window

    async def check_window(self, context: Context) -> None:
        """The check `window.open`, as a run begins; one that was put to a second person or has begun is past it."""
        if not self.site.windows or self._workflow.danger < Danger.DISRUPTIVE or context.book.changed_anything:
            return
        found = window.opening(self.site.windows, now())
        asked = await context.ask(lambda connection: consent.read(connection, context.book.run))
        context.book.in_window(found.text if found.is_open else "")
        if asked is not None:
            return
        forced = context.request.force.get(window.CHECK, "")
        entry = context.book.entry(window.CHECK, "check", window.CHECK)
        if found.is_open and entry.info.status is StepStatus.DONE:
            return  # told by an earlier process
        context.book.end(entry, StepStatus.DONE if found.is_open else StepStatus.FAILED, found.text)
        status = "ok" if found.is_open else "forced" if forced else "failed"
        data = {"name": window.CHECK, "forced": forced} if forced else {}
        context.book.log("check", key=window.CHECK, status=status, text=found.text, data=data)
        if status == "forced" and context.witness is not None:
            await context.witness.forced(window.CHECK, found.text, forced)
        if status == "failed":
            hint = f"wait for it, or --force {window.CHECK}=REASON"
            context.unmet.append(f"check {window.CHECK}: {found.text} → {hint}")

    async def in_window(self, context: Context, key: str) -> None:
        """Return when a window is open: pause at its end, until the next one opens or a person lets the run go on."""
        if not self._keeps_windows(context):
            return
        run = context.book.run
        while not (found := window.opening(self.site.windows, now())).is_open:
            given = context.mailbox.waivers(key).get(WINDOW)
            if given is not None:
                text = f"{WINDOW} by {given.by}: {given.reason}"
                context.book.log("gate", key=key, status="waived", text=text, data=given._asdict())
                context.book.in_window(f"outside: {given.reason}")
                await context.book.also(lambda connection: waivers.consume(connection, run, key, WINDOW))
                return
            async with context.paused(found.pause):
                await context.gate()
                await context.mailbox.wait(_LOOK)
                while not context.mailbox.waivers(key) and not window.opening(self.site.windows, now()).is_open:
                    await context.gate()
                    await context.mailbox.wait(_LOOK)
        context.book.in_window(found.text)

    def _keeps_windows(self, context: Context) -> bool:
        forced = window.CHECK in context.request.force
        return bool(self.site.windows) and self._workflow.danger >= Danger.DISRUPTIVE and not forced

    # -- before the first effect

    async def admit(self, context: Context) -> None:
        """Return when the first effect may happen. Raises Refused, Aborted, Parked, Stopped or TakenOver."""
        if self._done or context.compensating or context.mailbox.wish == "abort":
            return
        changed = context.book.changed_anything
        if approval.needed(self.site, self._workflow):
            await self._approved(context, changed=changed)
        if not changed:
            await gates.take_baselines(context, self.systems, self.site)
        self._done = True

    async def _approved(self, context: Context, *, changed: bool) -> None:
        """Return when a second person has approved what would happen now."""
        while True:
            asked = await context.ask(lambda connection: consent.read(connection, context.book.run))
            if asked is None:
                await self._ask(context, await self._plan(context, changed=changed), "")
            elif asked.verdict == consent.APPROVED:
                if await self._holds_good(context, asked, changed=changed):
                    return
            elif changed:
                if asked.verdict or asked.has_expired:
                    await self._ask(context, asked.made_plan(), "nobody has approved that it goes on")
                raise Stopped(f"goes on only when a second person approves: hsops runs approve {context.book.run}")
            else:
                await self._wait(context, asked)

    async def _ask(self, context: Context, plan: Plan | None, why: str) -> None:
        """Write down what is asked, with the plan; `why`: when it is asked once more."""
        timeout = self.site.approval.timeout
        run = context.book.run
        data = {"digest": plan.digest if plan else "", "demand": approval.demand(self.site)}
        await context.book.also(
            lambda connection: consent.ask(connection, run, plan, timeout),
            context.book.event("approval", status="asked", text=why or approval.demand(self.site), data=data),
        )
        if not context.book.changed_anything:
            asked = await context.ask(lambda connection: consent.read(connection, run))
            await context.book.set_status(RunStatus.AWAITING, self._reason(context, asked, why))

    def _reason(self, context: Context, asked: Asked | None, why: str) -> str:
        until = window.stamp(moment(asked.expires)) if asked else ""
        who = f"{approval.demand(self.site)}, other than {context.request.author}"
        return f"{why}; it needs {who}, again by {until}" if why else f"needs the approval of {who}, by {until}"

    async def _wait(self, context: Context, asked: Asked) -> None:
        """Until something is answered. Raises Refused when that is no, or nobody answers in time."""
        if asked.verdict == consent.REJECTED:
            raise Refused(f"rejected by {asked.identity or asked.approver}: {asked.reason}", code=3)
        if asked.has_expired:
            raise Refused(f"nobody approved it until {window.stamp(moment(asked.expires))}", code=3)
        if context.mailbox.wish == "abort":
            raise Aborted(context.mailbox.abort_reason)
        if context.book.status is not RunStatus.AWAITING:
            await context.book.set_status(RunStatus.AWAITING, self._reason(context, asked, ""))
        if not self.holds:
            raise Parked(context.book.reason)
        context.lease.check()
        # The mail is older than the row when it was asked anew.
        await context.mailbox.wait(_MOMENT if context.mailbox.approval else _LOOK)

    async def _holds_good(self, context: Context, asked: Asked, *, changed: bool) -> bool:
        """Whether the answer counts: for the plan as it is now, by who may give it. If not, it is asked anew."""
        if not changed:
            await self.in_window(context, WINDOW)
        plan, why = await asyncio.gather(  # both take their time, and somebody looks on
            self._plan(context, changed=changed), asyncio.to_thread(self._refusal, context, asked)
        )
        if plan is not None and plan.digest != asked.digest:
            was = asked.made_plan()
            what = "; ".join(differences(was, plan)) if was else "the plan is another one"
            await self._ask(context, plan, f"the world has changed since it was approved: {what}")
            return False
        if why:
            text = f"the approval of {asked.identity or asked.approver} does not hold: {why}"
            await self._ask(context, asked.made_plan(), text)
            return False
        if context.book.status is RunStatus.AWAITING:
            await context.book.set_status(RunStatus.RUNNING)
        return True

    def _refusal(self, context: Context, asked: Asked) -> str:
        """Why the stored answer is worth nothing; empty when it is good. Blocks."""
        request = context.request
        target = self._workflow.target(request.values)
        signed = approval.payload(context.book.run, request, target, asked.digest)
        claim = Claim(payload=signed, by=asked.approver, starter=request.author, signature=asked.proof)
        try:
            approval.approver_of(self.site).identity(claim)
        except HsopsError as error:
            return str(error)
        return ""

    async def _plan(self, context: Context, *, changed: bool) -> Plan | None:
        """What would happen now; None for a run that has begun. Raises Refused when a check does not hold any more."""
        if changed:
            return None
        while True:
            try:
                plan = await context.at_home(lambda: make_plan(self._workflow, context.request, self.systems))
                break
            except Unreachable as error:
                if context.book.status is not RunStatus.AWAITING:
                    raise Refused(str(error), code=error.exit_code) from None
                if not self.holds:
                    raise Parked(f"{context.book.reason}; not gone on with: {error}") from None
            except HsopsError as error:
                raise Refused(str(error), code=error.exit_code) from None
            await context.gate()
            await context.mailbox.wait(_CONNECT_AGAIN)
        found = [text for text in plan.obstacles if not text.startswith(f"check {window.CHECK}:")]
        if found:
            raise Refused("; ".join(found), code=3)
        return plan
