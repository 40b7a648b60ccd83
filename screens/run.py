"""One run, live: its steps, the items at work, what waits for a decision, and the commands that were done."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from hsops.errors import HsopsError
from hsops.screens.confirm import Confirm
from hsops.screens.desk import Desk
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.run_lines import commands_of, heading, log_line, step_lines
from hsops.screens.runs import RunEngine
from hsops.screens.text import BLANK, Line, Span, rule, span, wrap
from hsops.workflow.values import Event, RunInfo, StepInfo, Verdict

LOG: Final = 400
"""Events kept for the log and the commands."""
PACE: Final = 0.25
"""Seconds between two looks at the steps at least."""


class RunView(Page):
    """Esc leaves it running."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "resume", "Go on where it stopped", id="run.resume"),
        Binding("p", "pause", "Begin nothing new", id="run.pause"),
        Binding("b", "abort", "Undo what was done and end it", id="run.abort"),
        Binding("t", "decide('retry')", "Try the failed item again", id="run.retry"),
        Binding("s", "decide('skip')", "Leave the failed item out", id="run.skip"),
        Binding("l", "log", "All events, or commands only", id="run.log"),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("run.pause", "pause"),
        ("run.resume", "resume"),
        ("run.abort", "back out…"),
        ("run.log", "log"),
        ("app.copy", "copy commands"),
        ("view.back", "leave it running"),
    )

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self._run_id = place.name
        self._info: RunInfo | None = None
        self._steps: Sequence[StepInfo] = ()
        self._log: deque[Event] = deque(maxlen=LOG)
        self._trouble = ""
        self._all_events = False
        self._stale = True

    def on_mount(self) -> None:
        """Follow it."""
        self.work(self._follow_events(), "events")
        self.set_interval(PACE, self._look)

    async def _follow_events(self) -> None:
        after = self._log[-1].seq if self._log else 0
        try:
            engine = await self.desk.runs.looking()
            async for event in engine.events(self._run_id, after):
                self._log.append(event)
                self._stale = True
        except HsopsError as error:
            self._trouble = str(error)
        self._stale = True

    def _look(self) -> None:
        if self._stale and self._on_top:
            self._stale = False
            self.work(self._read(), "steps")

    async def _read(self) -> None:
        try:
            engine = await self.desk.runs.looking()
            self._info = await engine.info(self._run_id)
            self._steps = await engine.steps(self._run_id)
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        self.page.rebuild()

    def tick(self) -> None:
        """Times; and a run that another process works on tells us nothing by itself."""
        self._stale = self._stale or (self._info is not None and not self._info.status.over)
        self.page.rebuild()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """Head, steps, commands."""
        trouble: list[Line] = [(Span(" "), span(part, "critical")) for part in wrap(self._trouble, room - 2) if part]
        if self._info is None:
            return [(Span(" run "), span(self._run_id, "title")), BLANK, *(trouble or [(Span(" … asking", "dim"),)])]
        now = self.desk.clock()
        head: list[Line] = [*heading(self._info, now, room), *trouble, BLANK]
        steps = step_lines(self._steps, now, room)
        log = list(self._log) if self._all_events else commands_of(self._log)
        left = max(5, height - len(head) - len(steps) - 2)
        title = "everything that happened" if self._all_events else "commands"
        return [*head, *steps, BLANK, rule(title, room), *(log_line(event, room) for event in log[-left:])]

    # -- wishes

    def action_log(self) -> None:
        """All events or commands only."""
        self._all_events = not self._all_events
        self.page.rebuild()

    def action_pause(self) -> None:
        """What is in flight ends, nothing new begins."""
        self._wish(lambda engine: engine.pause(self._run_id), work=False)

    def action_resume(self) -> None:
        """Go on, here when nobody else does."""
        if self._may_act():
            self.desk.runs.attached.add(self._run_id)
            self._wish(lambda engine: engine.resume(self._run_id, attended=True), work=True)

    def action_abort(self) -> None:
        """Back out, after one question."""
        if self._info is None or not self._may_act():
            return
        head = (span(f"back out of run {self._run_id}", "title"),)
        text = "What was done is undone in reverse order; effects in flight end first."
        dialog = Confirm(head, text, ascii_only=self.desk.ascii_only)
        self.app.push_screen(dialog, lambda yes: self._back_out() if yes else None)

    def _back_out(self) -> None:
        self._wish(lambda engine: engine.abort(self._run_id, attended=True), work=True)

    def action_decide(self, verdict: str) -> None:
        """About the failed item under the cursor, or the only one."""
        failed = [step for step in self._steps if step.verdicts]
        link = self.page.link
        chosen = [step for step in failed if link == ("step", step.key)] or (failed if len(failed) == 1 else [])
        if not chosen:
            self.tell("nothing failed that waits for a decision" if not failed else "put the cursor on a failed item")
        elif self._may_act():
            key = chosen[0].key
            self._wish(lambda engine: engine.decide(self._run_id, key, Verdict(verdict)), work=False)

    def _may_act(self) -> bool:
        site = self._info.site if self._info is not None else ""
        if self.desk.guard.read_only(site):
            self.tell(f"{site} is read-only → :unlock 15m reason", problem=True)
            return False
        return True

    def _wish(self, wish: Callable[[RunEngine], Awaitable[object]], *, work: bool) -> None:
        self.work(self._ask_engine(wish, work=work), "wish", exclusive=False)

    async def _ask_engine(self, wish: Callable[[RunEngine], Awaitable[object]], *, work: bool) -> None:
        try:
            await wish(await (self.desk.runs.working() if work else self.desk.runs.looking()))
        except HsopsError as error:
            self.tell(str(error), problem=True)
        self._stale = True
        self.work(self._follow_events(), "events")

    def copy_text(self) -> str:
        """The commands that were done."""
        return "\n".join(event.shell or shlex.join(event.command) for event in commands_of(self._log))
