"""The catalogue: every guided workflow there is, what it does and what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hsops.plugin import Workflow
from hsops.screens.dialog import DANGERS
from hsops.screens.page import Page
from hsops.screens.place import Place, View
from hsops.screens.text import BLANK, Line, Span, span, wrap


class Catalogue(Page):
    """Enter fills one in."""

    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "fill in"),
        ("app.runs", "runs"),
        ("view.back", "back"),
    )

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """A paragraph for each workflow."""
        lines: list[Line] = [
            (Span(" workflows", "title"), Span("   planned, shown, then run; every one can be undone", "dim"))
        ]
        lines.append(BLANK)
        workflows = sorted(self.desk.registry.workflows, key=lambda one: one.name)
        for workflow in workflows:
            lines += [*self._workflow(workflow, room), BLANK]
        if not workflows:
            lines.append((Span(" no plugin of this installation brings a workflow", "dim"),))
        return lines

    def _workflow(self, workflow: Workflow, room: int) -> list[Line]:
        word, style = DANGERS[workflow.danger]
        lacks = [name for name in workflow.systems if name not in self._plugins()]
        place = Place(View.FORM, name=workflow.name)
        head = [Span("  "), span(workflow.name, "accent", place), span(f"  {workflow.title}   "), Span(word, style)]
        lines: list[Line] = [tuple(head)]
        lines += [(Span("    "), span(part, "dim")) for part in wrap(workflow.summary, room - 6)]
        inputs = ", ".join(f"{one.name}{'*' if one.required else ''}" for one in workflow.inputs)
        if inputs:
            lines.append((Span("    asks for ", "dim"), span(inputs)))
        if lacks:
            lines.append((Span(f"    no open site has {', '.join(lacks)}", "warn"),))
        return lines

    def _plugins(self) -> set[str]:
        return {system.plugin for site in self.desk.session.sites for system in site.systems}
