"""The report of a run: what was asked, by whom approved, what happened, how long it took; saved as Markdown or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from hsops.errors import HsopsError, UserError
from hsops.screens.desk import Desk
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.saving import save_text
from hsops.screens.text import Line, Span, cut, span, wrap

if TYPE_CHECKING:
    from hsops.workflow.report import Report

FORMS = ("md", "json")


class ReportView(Page):
    """Its text, broken at the width of the screen; tables are cut, the saved forms have all of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save_report", "Save the report", id="report.save"),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("report.save", "save as md or json"),
        ("app.copy", "copy"),
        ("app.refresh", "again"),
        ("view.back", "back"),
    )

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self._run_id = place.name
        self._report: Report | None = None
        self._text = ""
        self._trouble = ""

    def on_mount(self) -> None:
        """Make it."""
        self.again()

    def again(self) -> bool:
        """Make it anew."""
        self.work(self._make(), "report")
        return True

    async def _make(self) -> None:
        from hsops.workflow.report import make_report  # noqa: PLC0415 - only who reads one pays for it

        try:
            engine = await self.desk.runs.looking()
            self._report = await make_report(engine, self._run_id)
            self._text = self._report.text()
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        if self.is_attached:
            self.page.rebuild()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """The text."""
        if self._trouble:
            return [(Span(" ✗ ", "critical"), span(part)) for part in wrap(self._trouble, room - 4)]
        if not self._text:
            return [(Span(" … reading the run", "dim"),)]
        return [line for text in self._text.splitlines() for line in _broken(text, room)]

    def copy_text(self) -> str:
        """All of it."""
        return self._text

    async def action_save_report(self) -> None:
        """Ask for the form."""
        if self._report is None:
            self.tell("there is no report yet", problem=True)
            return
        await self.ask("save report as ", self._save_as, value="md", complete=lambda typed: FORMS)

    def _save_as(self, form: str) -> None:
        try:
            self.tell(f"saved: {self._saved(form.strip())}")
        except HsopsError as error:
            self.tell(str(error), problem=True)

    def _saved(self, form: str) -> Path:
        import msgspec  # noqa: PLC0415 - only who saves one pays for it

        if self._report is None:
            raise UserError("there is no report yet")
        data = msgspec.json.format(msgspec.json.encode(self._report.as_json()), indent=2).decode()
        texts = {"md": self._report.markdown(), "json": data + "\n"}
        return save_text(texts, form, f"report-{self._run_id}", self.desk.state_dir, self.desk.clock())


def _broken(text: str, room: int) -> list[Line]:
    bare = text.strip()
    indent = " " * (1 + len(text) - len(text.lstrip()))
    if "  " in bare:  # columns: broken they would say nothing
        return [cut((Span(indent), span(bare)), room)]
    style = "title" if bare and not text.startswith(" ") else ""
    return [(Span(indent), span(part, style)) for part in wrap(bare, max(20, room - len(indent) - 1))]
