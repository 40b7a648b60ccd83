"""All runs: those that wait for me first, then those under way, then what has ended, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from hsops.errors import HsopsError
from hsops.pattern import compile_pattern
from hsops.screens.desk import Desk
from hsops.screens.page import Page
from hsops.screens.place import Memory, Place
from hsops.screens.place import View as Kind
from hsops.screens.run_lines import run_rows, titles
from hsops.screens.text import BLANK, Line, Span, cut, rule, span, wrap
from hsops.workflow.values import RunInfo

ENDED: Final = 200
"""Ended runs drawn."""


class RunList(Page):
    """Enter opens a run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="runs.filter"),
        Binding("a", "approval", "Approve or reject it", id="runs.approval"),
        Binding("o", "report", "The report of the run", id="runs.report"),
        Binding("escape", "leave", "All again, else back", show=False, id="runs.leave"),
    ]

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        memory = desk.memory.get(place)
        self._query = memory.query if memory is not None else place.query
        self._trouble = ""
        self._asked = False

    def hints(self) -> Sequence[tuple[str, str]]:
        """What makes sense with the run under the cursor."""
        info = self._under_cursor()
        act: tuple[tuple[str, str], ...] = ()
        if info is not None and self._awaits(info):
            act = (("runs.approval", "approve or reject…"),)
        elif info is not None and info.status.over:
            act = (("runs.report", "report"),)
        opens = (("lines.open", "open"),) if self.desk.runs.infos else ()
        return (*opens, *act, ("app.workflows", "start one"), ("runs.filter", "filter"), ("runs.leave", "back"))

    def reload(self) -> None:
        """Ask the engine."""
        super().reload()
        self.work(self._list(), "list")

    def tick(self) -> None:
        """Runs move on."""
        self.work(self._list(), "list", exclusive=False)

    def remember(self) -> Memory:
        """Cursor and filter."""
        return Memory(cursor=self.page.link, query=self._query)

    async def _list(self) -> None:
        try:
            await self.desk.runs.refresh()
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        self._asked = True
        if self.is_attached:
            self.page.rebuild()
            self.key_line.rebuild()

    # -- lines

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """A line for each run, in three groups."""
        runs = self.desk.runs
        infos = [info for info in runs.infos if self._fits(info)]
        lines: list[Line] = [self._head(len(infos), room), BLANK]
        if self._trouble:
            lines += [(Span(" ✗ " if i == 0 else "   ", "critical"), span(part))
                      for i, part in enumerate(wrap(self._trouble, room - 4))]  # fmt: skip
            stale = "what was known last stands below" if infos else "it is asked again every second"
            lines += [(Span(f"   {stale}", "dim"),), BLANK]
        if not runs.infos:
            text = " nothing has been run yet → w shows what can be run" if self._asked else " … asking"
            return [*lines, (Span(text, "dim"),)] if not self._trouble else lines
        if not infos:
            return [*lines, (Span(" no run matches → esc shows all again", "dim"),)]
        mine = {info.id for info in runs.waiting}
        waiting = [info for info in infos if info.id in mine]
        active = [info for info in infos if info.id not in mine and not info.status.over]
        ended = [info for info in infos if info.status.over]
        lines.append(titles(room, sites=self.desk.many_sites))
        for title, group in (("waiting for you", waiting), ("under way", active), ("ended", ended[:ENDED])):
            if group:
                lines.append(rule(f"{title} {len(group)}", room))
                lines += [line for info in group for line in self._rows(info, room)]
        return lines

    def _head(self, shown: int, room: int) -> Line:
        runs = self.desk.runs
        counts = f"   {len(runs.active)} under way, {len(runs.infos)} known" if self._asked else ""
        waiting = f"   {len(runs.waiting)} waiting for you" if runs.waiting else ""
        hidden = f"   /{self._query}  ({len(runs.infos) - shown} hidden)" if self._query else ""
        return cut((Span(" runs", "title"), span(counts, "dim"), span(waiting, "warn"), span(hidden, "dim")), room)

    def _rows(self, info: RunInfo, room: int) -> Sequence[Line]:
        steps = self.desk.runs.steps.get(info.id, ())
        return run_rows(info, self.desk.clock(), room, steps=steps, sites=self.desk.many_sites)

    # -- filter

    async def action_filter(self) -> None:
        """While it is typed."""
        await self.ask("/", self._filtered, value=self._query, follow=self._filtered, history=self.desk.filters)

    def _filtered(self, text: str) -> None:
        try:
            compile_pattern(text)
        except HsopsError:
            return  # half typed: what was understood last stays
        self._query = text
        self.page.rebuild()

    def _fits(self, info: RunInfo) -> bool:
        if not self._query:
            return True
        text = " ".join((info.id, info.workflow, info.target, info.site, info.status.value, info.author, info.reason))
        return compile_pattern(self._query).found_in(text)

    async def action_leave(self) -> None:
        """Esc: all again, else back."""
        if self._query:
            self._filtered("")
        else:
            await self.app.run_action("app.back")

    # -- the run under the cursor

    def _under_cursor(self) -> RunInfo | None:
        link = self.page.link
        name = link.name if isinstance(link, Place) else ""
        return next((info for info in self.desk.runs.infos if info.id == name), None)

    def _awaits(self, info: RunInfo) -> bool:
        return info.approval is not None and not info.approval.verdict and not info.status.over

    def on_lines_view_moved(self) -> None:
        """Other keys make sense."""
        self.key_line.rebuild()

    def action_approval(self) -> None:
        """The plan that waits for a second person."""
        info = self._under_cursor()
        if info is not None and self._awaits(info):
            self.go(Place(Kind.APPROVAL, name=info.id))
        else:
            self.tell("this run waits for nobody's approval")

    def action_report(self) -> None:
        """What happened in it."""
        info = self._under_cursor()
        if info is not None:
            self.go(Place(Kind.REPORT, name=info.id))
