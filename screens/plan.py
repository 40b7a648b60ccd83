"""The plan: what a run would do, before anything happens. Choices and forced checks are made here, then it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from hsops.errors import HsopsError
from hsops.plugin import Danger, Workflow
from hsops.screens.confirm import Ask, Confirm
from hsops.screens.desk import Desk
from hsops.screens.dialog import Choose
from hsops.screens.messages import Go
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.plan_lines import plan_lines
from hsops.screens.text import BLANK, Line, Span, span, wrap
from hsops.screens.widgets.lines import LinesView
from hsops.workflow.values import Plan, PlannedChoice


class PlanView(Page):
    """Made again after every choice, by the same code that runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start it", id="plan.start"),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("plan.start", "start…"),
        ("lines.open", "choose, force"),
        ("app.copy", "copy as commands"),
        ("app.refresh", "check again"),
        ("view.back", "back"),
    )

    def __init__(self, desk: Desk, workflow: Workflow, values: Mapping[str, str], site: str) -> None:
        super().__init__(desk, Place(Kind.PLAN, name=workflow.name, site=site, query=repr(sorted(values.items()))))
        self._workflow = workflow
        self._values = dict(values)
        self._site = site
        self._choices: dict[str, str] = {}
        self._force: dict[str, str] = {}
        self._plan: Plan | None = None
        self._trouble = ""
        self._starting = False

    def on_mount(self) -> None:
        """Make it."""
        self.again()

    def again(self) -> bool:
        """Read and check anew."""
        self.work(self._make(), "plan")
        return True

    async def _make(self) -> None:
        try:
            engine = await self.desk.runs.looking()
            self._plan = await engine.plan(
                self._workflow.name, self._values, self._choices, self._site, force=self._force
            )
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        if self.is_attached:
            self.page.rebuild()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """The plan, or why there is none."""
        lines: list[Line] = []
        for part in wrap(self._trouble, room - 2) if self._trouble else ():
            lines.append((Span(" "), span(part, "critical")))
        if self._plan is not None:
            return [*lines, *plan_lines(self._plan, room)]
        head = (Span(" plan "), span(self._workflow.name, "title"))
        return [head, BLANK, *(lines or [(Span(" … reading and checking; nothing is changed", "dim"),)])]

    # -- choices and checks

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """Enter on a choice or a check that does not hold."""
        what, name = event.link
        plan = self._plan
        if plan is None:
            return
        if what == "choice":
            self._choose(next(one for one in plan.choices if one.key == name))
        elif what == "check":
            self._force_check(name)

    def _choose(self, choice: PlannedChoice) -> None:
        entries = [(span(option, "", index),) for index, option in enumerate(choice.options)]

        def chosen(index: int | None) -> None:
            if index is not None:
                self._choices[choice.key] = choice.options[index]
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
        if guard.read_only(plan.site):
            self.tell(f"{plan.site} is read-only → :unlock 15m reason", problem=True)
        elif plan.obstacles:
            self.tell(f"it would be refused: {plan.obstacles[0]}", problem=True)
        else:
            careful = guard.typed_name_needed(plan.site) and self._workflow.danger > Danger.SAFE
            name = plan.target.rpartition("/")[2] if careful else ""
            head = (span(f"start {plan.workflow} {plan.target}", "title"),)
            touches = " · ".join(f"{count} {name}" for name, count in plan.touches.items())
            dialog = Confirm(head, f"touches {touches}" if touches else "", name, ascii_only=self.desk.ascii_only)
            self.app.push_screen(dialog, lambda yes: self._start() if yes else None)

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

    def copy_text(self) -> str:
        """The commands."""
        return "\n".join(self._plan.commands()) if self._plan is not None else ""

    def link_opened(self, link: Any) -> None:
        """Nothing else opens here."""
