"""The catalogue: every guided workflow there is, by purpose; what it does, needs and risks; found as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hsops.plugin import Input, Workflow
from hsops.screens.desk import Desk
from hsops.screens.page import Page
from hsops.screens.place import Memory, Place, View
from hsops.screens.purposes import DANGER_LOOKS, grouped, matching
from hsops.screens.text import BLANK, Line, Span, cut, rule, span, width, wrap
from hsops.screens.widgets.canvas import LineCanvas
from hsops.screens.widgets.lines import LinesView

NAME: Final = 22
FOOT: Final = 8
"""Lines that tell of the workflow under the cursor."""


class Catalogue(Page):
    """Enter fills one in; `/` narrows the list while one types."""

    CSS_PATH = "catalogue.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", id="catalogue.search"),
        Binding("escape", "leave", "All again, else back", show=False, id="catalogue.leave"),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "fill in"),
        ("catalogue.search", "search"),
        ("app.runs", "runs"),
        ("catalogue.leave", "back"),
    )

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        memory = desk.memory.get(place)
        self._typed = memory.query if memory is not None else place.query

    def body(self) -> ComposeResult:
        """The list, and what the cursor is on."""
        yield from super().body()
        self.foot = LineCanvas(self._foot, id="foot", ascii_only=self.desk.ascii_only)
        yield self.foot

    def reload(self) -> None:
        """Draw what differs."""
        super().reload()
        self.foot.rebuild()

    def remember(self) -> Memory:
        """Cursor and search."""
        return Memory(cursor=self.page.link, query=self._typed)

    # -- search

    async def action_search(self) -> None:
        """Narrow while it is typed."""
        await self.ask("/", self._search, value=self._typed, follow=self._search, history=self.desk.filters)

    def _search(self, typed: str) -> None:
        self._typed = typed.strip()
        self.page.rebuild()
        self.page.action_first()
        self.foot.rebuild()

    async def action_leave(self) -> None:
        """Esc: all again, else back."""
        if self._typed:
            self._search("")
        else:
            await self.app.run_action("app.back")

    # -- lines

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """A line for each workflow, by purpose; while one searches the best first."""
        self.call_next(self.foot.rebuild)  # the cursor may stand on another one once these lines are there
        workflows = self.desk.registry.workflows
        found = matching(workflows, self._typed) if self._typed else workflows
        hidden = len(workflows) - len(found)
        counts = f"   {len(found)}" + (f"   /{self._typed}  ({hidden} hidden)" if self._typed else "")
        words = "planned and shown before anything happens"
        lines: list[Line] = [cut((Span(" workflows", "title"), span(f"{counts}   {words}", "dim")), room)]
        if not workflows:
            return [*lines, BLANK, (Span(" no plugin of this installation brings a workflow", "dim"),)]
        if not found:
            text = f" no workflow is like {self._typed!r}: esc shows all again"
            return [*lines, BLANK, (span(text, "dim"),)]
        if self._typed:
            return [*lines, BLANK, *(self._workflow(one, room) for one in found)]
        for title, members in grouped(found):
            lines += [rule(title, room), *(self._workflow(one, room) for one in members)]
        return lines

    def _workflow(self, workflow: Workflow, room: int) -> Line:
        symbol, word, style = DANGER_LOOKS[workflow.danger]
        place = Place(View.FORM, name=workflow.name)
        lacks = self._lacks(workflow)
        end: Line = (Span(f"  {symbol} {word:11}", style),)
        if lacks:
            end = (span(f"  needs {', '.join(lacks)}", "dim"),)
        name = (Span("  "), span(f"{workflow.name:{NAME}} ", "dim" if lacks else "accent", place))
        left = cut((*name, span(workflow.title, "dim" if lacks else "")), max(10, room - width(end)))
        return (*left, Span(" " * max(0, room - width(left) - width(end))), *end)

    def _lacks(self, workflow: Workflow) -> Sequence[str]:
        """Plugins that it needs and no open site has."""
        there = {system.plugin for site in self.desk.session.sites for system in site.systems}
        return [name for name in workflow.systems if name not in there]

    # -- what the cursor is on

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """Tell of another one."""
        self.foot.rebuild()

    def _foot(self, room: int, height: int) -> Sequence[Line]:
        link = self.page.link
        found = [one for one in self.desk.registry.workflows if isinstance(link, Place) and one.name == link.name]
        if not found:
            return []
        workflow = found[0]
        lines: list[Line] = [rule(workflow.name, room)]
        lines += [(Span(" "), span(part)) for part in wrap(workflow.summary, room - 2)[:3]]
        lines += _facts("asks for", _asked(workflow.inputs), room)
        lines += _facts("needs", self._needs(workflow), room)
        lines += _facts("starts on", self._rows(workflow), room)
        return lines[:height]

    def _needs(self, workflow: Workflow) -> str:
        lacks = self._lacks(workflow)
        words = [f"{name} (no open site has it)" if name in lacks else name for name in workflow.systems]
        if workflow.spans:
            words.append("every system of the site that has a part in taking out a host")
        return ", ".join(words) or "nothing but the site"

    def _rows(self, workflow: Workflow) -> str:
        registry = self.desk.registry
        plurals = [registry.kind(kind).plural for kind in workflow.kinds]
        return (
            f"the rows of {', '.join(plurals)}" + (f" with {workflow.key}" if workflow.key else "") if plurals else ""
        )


def _asked(inputs: Sequence[Input]) -> str:
    needed = [one.title for one in inputs if one.required]
    rest = [one.title for one in inputs if not one.required]
    told = [*needed, *([f"may be told: {', '.join(rest)}"] if rest else [])]
    return "; ".join(told) or "nothing"


def _facts(label: str, text: str, room: int) -> list[Line]:
    if not text:
        return []
    parts = wrap(text, max(20, room - 13))[:2]
    return [(Span(f" {label if i == 0 else '':10} ", "dim"), span(part)) for i, part in enumerate(parts)]
