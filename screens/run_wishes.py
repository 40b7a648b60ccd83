"""What a person can want of a run: pause, go on, back out, and a verdict on what failed or stands before a gate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from hsops.errors import HsopsError
from hsops.screens.confirm import Ask, Confirm
from hsops.screens.desk import Desk
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.runs import RunEngine
from hsops.screens.text import span
from hsops.workflow.values import RunInfo, StepInfo, StepStatus, Verdict


class RunWishes(Page):
    """The keys of a run. Subclasses show it and call `wished` their own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "resume", "Go on where it stopped", id="run.resume"),
        Binding("p", "pause", "Begin nothing new", id="run.pause"),
        Binding("b", "abort", "Undo what was done and end it", id="run.abort"),
        Binding("t", "decide('retry')", "Try the failed item again", id="run.retry"),
        Binding("s", "decide('skip')", "Leave the failed item out; waive a gate", id="run.skip"),
        Binding("T", "decide_all('retry')", "Try everything again that failed", id="run.retry_all"),
        Binding("S", "decide_all('skip')", "Leave everything out that failed", id="run.skip_all"),
        Binding("a", "approval", "Approve or reject it", id="run.approval"),
        Binding("o", "report", "The report of the run", id="run.report"),
    ]

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self.run_id = place.name
        self.info: RunInfo | None = None
        self.steps: Sequence[StepInfo] = ()

    def wished(self) -> None:
        """Something was asked of the run: look at it again."""
        raise NotImplementedError

    # -- the whole run

    def action_pause(self) -> None:
        """What is in flight ends, nothing new begins."""
        self.wish(lambda engine: engine.pause(self.run_id), work=False)

    def action_resume(self) -> None:
        """Go on, here when nobody else does; before the next maintenance window only for a reason."""
        if not self.may_act():
            return
        if self.info is not None and outside_window(self.info):
            text = "go on outside the maintenance window? The reason stays with the run."
            dialog = Ask(text, "reason", ascii_only=self.desk.ascii_only)
            self.app.push_screen(dialog, lambda reason: self._resume(reason) if reason else None)
        else:
            self._resume("")

    def _resume(self, reason: str) -> None:
        self.desk.runs.attached.add(self.run_id)
        self.wish(lambda engine: engine.resume(self.run_id, attended=True, reason=reason), work=True)

    def action_abort(self) -> None:
        """Back out, when the name was typed."""
        info = self.info
        if info is None or not self.may_act():
            return
        head = (span(f"back out of run {info.id}: {info.workflow} {info.target}", "title"),)
        text = "What was done is undone in reverse order; effects in flight end first. It cannot be taken back."
        name = info.target.rpartition("/")[2] or info.id
        dialog = Confirm(head, text, name, ascii_only=self.desk.ascii_only)
        self.app.push_screen(dialog, lambda yes: self._back_out() if yes else None)

    def _back_out(self) -> None:
        self.wish(lambda engine: engine.abort(self.run_id, attended=True), work=True)

    def action_approval(self) -> None:
        """The plan that waits for a second person."""
        self.go(Place(Kind.APPROVAL, name=self.run_id))

    def action_report(self) -> None:
        """What was asked, by whom, what happened, how long it took."""
        self.go(Place(Kind.REPORT, name=self.run_id))

    # -- what failed

    @property
    def questions(self) -> Sequence[StepInfo]:
        """What waits for a verdict."""
        return [step for step in self.steps if step.verdicts]

    @property
    def failed(self) -> Sequence[StepInfo]:
        """What failed and waits for a verdict: gates do not fail, they are closed."""
        return [step for step in self.questions if step.status is StepStatus.FAILED]

    def action_decide(self, verdict: str) -> None:
        """About what is under the cursor, or the only one there is."""
        asked = self.questions
        link = self.page.link
        chosen = [step for step in asked if link == ("step", step.key)] or (asked if len(asked) == 1 else [])
        if not chosen:
            nothing = "nothing waits for a decision"
            self.tell("put the cursor on one of what failed, or T and S for all of it" if asked else nothing)
        elif self._can(chosen[0], verdict) and self.may_act():
            self._decide(chosen[0], Verdict(verdict))

    def _decide(self, step: StepInfo, verdict: Verdict) -> None:
        if step.kind == "gate" and verdict is Verdict.SKIP:
            self._waive(step)
        else:
            self.wish(lambda engine: engine.decide(self.run_id, step.key, verdict), work=False)

    def _can(self, step: StepInfo, verdict: str) -> bool:
        if verdict in step.verdicts:
            return True
        words = " or ".join(one.value.replace("_", " ") for one in step.verdicts)
        self.tell(f"{step.title or step.item or step.name} can only be answered with {words}", problem=True)
        return False

    def _waive(self, step: StepInfo) -> None:
        """Go past a closed gate once; the reason stays with the run."""

        def answered(reason: str | None) -> None:
            if reason:
                self.wish(lambda engine: engine.waive(self.run_id, step.key, reason), work=False)

        text = f"go on although {step.name} is closed: {step.text}? Once; the reason stays with the run."
        self.app.push_screen(Ask(text, "reason", ascii_only=self.desk.ascii_only), answered)

    def action_decide_all(self, verdict: str) -> None:
        """About everything that failed."""
        chosen = [step for step in self.failed if verdict in step.verdicts]
        if not chosen:
            self.tell("nothing failed that can be answered so")
        elif not self.may_act():
            return
        elif verdict == Verdict.SKIP and len(chosen) > 1:
            head = (span(f"leave out all {len(chosen)} that failed", "title"),)
            text = "They stay as they are; the run goes on without them and ends as partly done."
            dialog = Confirm(head, text, ascii_only=self.desk.ascii_only)
            self.app.push_screen(dialog, lambda yes: self._decide_each(chosen, verdict) if yes else None)
        else:
            self._decide_each(chosen, verdict)

    def _decide_each(self, chosen: Sequence[StepInfo], verdict: str) -> None:
        async def decide(engine: RunEngine) -> None:
            for step in chosen:
                await engine.decide(self.run_id, step.key, Verdict(verdict))

        self.wish(decide, work=False)

    # -- doing it

    def may_act(self) -> bool:
        """Whether the site is unlocked; tells when it is not."""
        site = self.info.site if self.info is not None else ""
        if self.desk.guard.read_only(site):
            self.tell(f"{site} is read-only → :unlock 15m reason", problem=True)
            return False
        return True

    def wish(self, wish: Callable[[RunEngine], Awaitable[object]], *, work: bool) -> None:
        """Ask the engine for something; `work`: it may have to be done in this process."""
        self.work(self._ask_engine(wish, work=work), "wish", exclusive=False)

    async def _ask_engine(self, wish: Callable[[RunEngine], Awaitable[object]], *, work: bool) -> None:
        try:
            await wish(await (self.desk.runs.working() if work else self.desk.runs.looking()))
        except HsopsError as error:
            self.tell(str(error), problem=True)
        self.wished()


def outside_window(info: RunInfo) -> bool:
    """Whether it pauses because its maintenance window is over."""
    from hsops.workflow.answers import paused_by_window  # noqa: PLC0415 - heavy, and loaded long before with the engine

    return paused_by_window(info)
