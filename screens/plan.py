"""The plan: what a run would do, before anything happens. Choices and forced checks are made here, then it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from hsops.errors import HsopsError
from hsops.plugin import Danger, Workflow
from hsops.screens.blast import Blast, blast
from hsops.screens.confirm import Ask, Confirm
from hsops.screens.desk import Desk
from hsops.screens.dialog import Choose
from hsops.screens.messages import Go
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.plan_lines import Shown, plan_lines
from hsops.screens.text import BLANK, Line, Span, span, wrap
from hsops.screens.widgets.lines import LinesView
from hsops.workflow.values import Plan, PlannedChoice


class PlanView(Page):
    """Made again after every choice, by the same code that runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start it", id="plan.start"),
        Binding("C", "copy_step", "Copy the commands of the step", id="plan.copy_step"),
        Binding("ctrl+s", "save_plan", "Save the plan to a file", id="plan.save"),
    ]

    def __init__(self, desk: Desk, workflow: Workflow, values: Mapping[str, str], site: str) -> None:
        super().__init__(desk, Place(Kind.PLAN, name=workflow.name, site=site, query=repr(sorted(values.items()))))
        self._workflow = workflow
        self._values = dict(values)
        self._site = site
        self._choices: dict[str, str] = {}
        self._force: dict[str, str] = {}
        self._plan: Plan | None = None
        self._blast: Blast | None = None
        self._opened: set[int] = set()
        self._trouble = ""
        self._making = False
        self._starting = False

    def hints(self) -> Sequence[tuple[str, str]]:
        """What is next: start it, or clear the way."""
        plan = self._plan
        if plan is None:
            return (("app.refresh", "try again"), ("view.back", "back to the form"))
        start = "ask for approval…" if plan.approval else "start…"
        act = [] if plan.obstacles else [("plan.start", start)]
        enter = ("lines.open", "choose, force, open" if plan.obstacles else "open")
        return (*act, enter, ("app.refresh", "check again"), ("app.copy", "copy as commands"),
                ("plan.save", "save to a file"), ("view.back", "back"))  # fmt: skip

    def on_mount(self) -> None:
        """Make it."""
        self.again()

    def again(self) -> bool:
        """Read and check anew."""
        self._making = True
        self.work(self._make(), "plan")
        return True

    async def _make(self) -> None:
        try:
            engine = await self.desk.runs.looking()
            self._plan = await engine.plan(
                self._workflow.name, self._values, self._choices, self._site, force=self._force
            )
            self._blast = blast(self.desk.session, self._plan.target, self._site)
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        finally:
            self._making = False
        if self.is_attached:
            self.page.rebuild()
            self.refresh_frame()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """The plan, or why there is none."""
        lines: list[Line] = []
        for part in wrap(self._trouble, room - 2) if self._trouble else ():
            lines.append((Span(" "), span(part, "critical")))
        if self._plan is not None:
            shown = Shown(self._plan, self._blast, frozenset(self._opened))
            return [*lines, *plan_lines(shown, room)]
        head = (Span(" plan "), span(self._workflow.name, "title"))
        if self._trouble:
            return [head, BLANK, *lines, BLANK, (Span(" no plan could be made; nothing was changed", "dim"),)]
        return [head, BLANK, (Span(" … reading and checking; nothing is changed", "dim"),)]

    # -- choices and checks

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """Enter on a choice, on a check that does not hold, on a step, on what depends or holds."""
        link = event.link
        if isinstance(link, Place):
            self.go(link)
            return
        plan = self._plan
        if plan is None or link is None:
            return
        what, name = link
        if what == "choice":
            self._choose(next(one for one in plan.choices if one.key == name))
        elif what == "check":
            self._force_check(name)
        elif what == "plan-step":
            self._opened ^= {name}
            self.page.rebuild()

    def _choose(self, choice: PlannedChoice) -> None:
        plan = self._plan
        alike = [one for one in plan.choices if one.options == choice.options] if plan is not None else []
        answers = [(option, [choice.key]) for option in choice.options]
        if len(alike) > 1:
            answers += [(option, [one.key for one in alike]) for option in choice.options]
        entries = [
            (span(option if len(keys) == 1 else f"{option}, for all {len(keys)} that ask this", "", index),)
            for index, (option, keys) in enumerate(answers)
        ]

        def chosen(index: int | None) -> None:
            if index is not None:
                option, keys = answers[index]
                self._choices.update(dict.fromkeys(keys, option))
                self.again()

        dialog = Choose(f"{choice.title}: {choice.why}", entries, ascii_only=self.desk.ascii_only)
        self.app.push_screen(dialog, chosen)

    def _force_check(self, name: str) -> None:
        def answered(reason: str | None) -> None:
            if reason:
                self._force[name] = reason
                self.again()

        text = f"go on although {name} does not hold? The reason is kept with the run."
        self.app.push_screen(Ask(text, "reason", ascii_only=self.desk.ascii_only), answered)

    # -- start

    def action_start(self) -> None:
        """Start it, after one more question."""
        plan, guard = self._plan, self.desk.guard
        if plan is None or self._starting:
            return
        if self._making:
            self.tell("it is being checked again: wait a moment")
        elif guard.read_only(plan.site):
            self.tell(f"{plan.site} is read-only → :unlock 15m reason", problem=True)
        elif plan.obstacles:
            self.tell(f"it would be refused: {plan.obstacles[0]}", problem=True)
        else:
            careful = guard.typed_name_needed(plan.site) and self._workflow.danger > Danger.SAFE
            name = plan.target.rpartition("/")[2] if careful else ""
            dialog = Confirm(*self._question(plan), name, ascii_only=self.desk.ascii_only)
            self.app.push_screen(dialog, lambda yes: self._start() if yes else None)

    def _question(self, plan: Plan) -> tuple[Line, str]:
        """What the last question says."""
        touches = " · ".join(f"{count} {name}" for name, count in plan.touches.items())
        text = f"touches {touches}. " if touches else ""
        if plan.approval:
            head = f"ask for approval of {plan.workflow} {plan.target}"
            return (span(head, "title"),), f"{text}Nothing is changed until a second person has approved it."
        text += "Esc on the next screen leaves it running; p pauses it, b undoes it."
        return (span(f"start {plan.workflow} {plan.target}", "title"),), text

    def _start(self) -> None:
        self._starting = True
        self.work(self._submit(), "start")

    async def _submit(self) -> None:
        try:
            engine = await self.desk.runs.working()
            run = await engine.submit(self._workflow.name, self._values, self._choices, self._site, force=self._force)
        except HsopsError as error:
            self.tell(str(error), problem=True)
            return
        finally:
            self._starting = False
        self.desk.runs.attached.add(run)
        self.post_message(Go(Place(Kind.RUN, name=run)))

    # -- copies

    def copy_text(self) -> str:
        """The commands."""
        return "\n".join(self._plan.commands()) if self._plan is not None else ""

    def action_copy_step(self) -> None:
        """The commands of the step under the cursor."""
        link = self.page.link
        if self._plan is None or not (isinstance(link, tuple) and link[0] == "plan-step"):
            self.tell("put the cursor on a step; c copies the commands of all")
        else:
            self.copy("\n".join(self._plan.steps[link[1] - 1].commands()))

    async def action_save_plan(self) -> None:
        """Ask where to, and write it: `hsops run --from-plan` runs it later, if the world is still the same."""
        if self._plan is None:
            self.tell("there is no plan yet", problem=True)
            return
        target = re.sub(r"[^A-Za-z0-9._-]+", "-", self._plan.target).strip("-.")
        await self.ask("save plan to ", self._save_to, value=f"{Path.cwd() / self._workflow.name}-{target}.json")

    def _save_to(self, text: str) -> None:
        if self._plan is None or not text.strip():
            return
        from hsops.workflow.planfile import save_plan  # noqa: PLC0415 - only who saves one pays for it

        path = Path(text.strip()).expanduser()
        try:
            save_plan(self._plan, path)
        except HsopsError as error:
            self.tell(str(error), problem=True)
        else:
            self.tell(f"saved: hsops run --from-plan {path}")
