"""All runs, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hsops.errors import HsopsError
from hsops.screens.page import Page
from hsops.screens.run_lines import run_line
from hsops.screens.text import BLANK, Line, Span, cut, span, wrap


class RunList(Page):
    """Enter opens a run."""

    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "open"),
        ("app.workflows", "start one"),
        ("view.back", "back"),
    )

    _trouble = ""
    _asked = False

    def reload(self) -> None:
        """Ask the engine."""
        super().reload()
        self.work(self._list(), "list")

    def tick(self) -> None:
        """Runs move on."""
        self.work(self._list(), "list")

    async def _list(self) -> None:
        try:
            await self.desk.runs.refresh()
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        self._asked = True
        self.page.rebuild()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """A line for each run."""
        runs = self.desk.runs
        infos = runs.infos
        counts = f"   {len(self.desk.runs.active)} under way, {len(infos)} known" if self._asked else ""
        lines: list[Line] = [(Span(" runs", "title"), Span(counts, "dim")), BLANK]
        if self._trouble:
            return [*lines, *((Span(" "), span(part, "critical")) for part in wrap(self._trouble, room - 2))]
        if not infos:
            text = " nothing has been run yet → w shows what can be run" if self._asked else " … asking"
            return [*lines, (Span(text, "dim"),)]
        return [*lines, *(cut(run_line(info, self.desk.clock(), runs.steps.get(info.id, ())), room) for info in infos)]
