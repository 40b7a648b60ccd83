"""The form of a workflow: its inputs, with what exists now as candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Static

from hsops.errors import HsopsError, plain
from hsops.model import Health, Resource
from hsops.plugin import Input as Field
from hsops.screens.desk import Desk
from hsops.screens.place import Place
from hsops.screens.plan import PlanView
from hsops.screens.text import BLANK, Line, Span, flow, span, wrap
from hsops.screens.view import View
from hsops.screens.widgets.canvas import LineCanvas
from hsops.workflow.inputs import convert

OFFERED = 60
"""Candidates shown below the fields at most."""

SITE = Field(name="site", title="site", required=True)
"""Asked for when several sites are open."""


class Candidates(Suggester):
    """Completes a field with what it may hold."""

    def __init__(self, form: FormView, field: Field) -> None:
        super().__init__(use_cache=False)
        self._form = form
        self._field = field

    async def get_suggestion(self, value: str) -> str | None:
        """The first candidate that begins so."""
        if not value:
            return None
        return next((one for one, _ in self._form.candidates(self._field) if one.startswith(value)), None)


class FormView(View):
    """Enter makes the plan; nothing is changed before that has been seen and started."""

    AUTO_FOCUS = "Input"
    CSS_PATH = "form.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,down", "app.focus_next", "Next field", id="form.next"),
        Binding("shift+tab,up", "app.focus_previous", "Previous field", id="form.previous"),
        Binding("enter", "plan", "Make the plan", id="form.plan"),
        Binding("escape", "app.back", "Back", priority=True, id="form.back"),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("form.plan", "show the plan"),
        ("form.next", "next field"),
        ("form.back", "back"),
    )

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self._workflow = desk.registry.workflow(place.name)
        self._trouble = ""
        sites = [site.name for site in desk.session.sites]
        asks = len(sites) > 1 and not place.site
        self._site = place.site or sites[0]
        self._fields = [*([SITE] if asks else []), *self._workflow.inputs]
        self._start = self._filled()

    def _filled(self) -> Mapping[str, str]:
        """Values to start with: defaults, and the row that the form was opened on."""
        values = {field.name: field.default for field in self._fields}
        key = self.place.key
        if key is not None:
            field = next((one for one in self._fields if one.type == "ref" and one.kind == key.kind), None)
            if field is not None:
                values[field.name] = key.id
        return values

    def body(self) -> ComposeResult:
        """Head, a line for each input, candidates."""
        self.head = LineCanvas(self._head_lines, id="head", ascii_only=self.desk.ascii_only)
        self.head.styles.height = 4
        yield self.head
        with VerticalScroll(id="main", can_focus=False):
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Static(Content(plain(f" {field.title}{' *' if field.required else ''}")), classes="label")
                    yield self._input(field)
        self.foot = LineCanvas(self._foot_lines, id="foot", ascii_only=self.desk.ascii_only)
        self.foot.styles.height = 8
        yield self.foot

    def _input(self, field: Field) -> Input:
        found = Input(
            self._start[field.name], id=f"field-{field.name}", select_on_focus=False, suggester=Candidates(self, field)
        )
        found.cursor_blink = False
        return found

    def reload(self) -> None:
        """Candidates may be others now."""
        self.head.rebuild()
        self.foot.rebuild()

    def keys_of(self) -> dict[str, str]:
        """A field takes Enter for itself; here it makes the plan."""
        return {**super().keys_of(), "form.plan": "enter"}

    # -- candidates

    def candidates(self, field: Field) -> Iterator[tuple[str, Health]]:
        """What a field may hold, the well ones first."""
        if field is SITE:
            yield from ((site.name, Health.OK) for site in self.desk.session.sites)
        elif field.type == "bool":
            yield from (("yes", Health.OK), ("no", Health.OK))
        elif field.choices:
            yield from ((one, Health.OK) for one in field.choices)
        elif field.type == "ref" and field.kind:
            rows = self.desk.store.rows(field.kind, self._site)
            for row in sorted(rows.values(), key=lambda row: (row.health(), row.title())):
                yield row.key(), row.health()

    def _resolved(self, field: Field, text: str) -> str:
        """An id for a name typed into a field that wants an id."""
        if field.type != "ref" or not field.kind:
            return text
        named = [row for row in self._rows(field) if text in (row.key(), row.title())]
        return named[0].key() if len(named) == 1 else text

    def _rows(self, field: Field) -> Sequence[Resource]:
        return list(self.desk.store.rows(field.kind, self._site).values())

    # -- lines

    def _head_lines(self, room: int, height: int) -> Sequence[Line]:
        workflow = self._workflow
        title = (Span(" "), span(workflow.name, "title"), span(f"  {workflow.title}   {self._site}", "dim"))
        return [title, *((Span(" "), span(part, "dim")) for part in wrap(workflow.summary, room - 2)[:2])]

    def _foot_lines(self, room: int, height: int) -> Sequence[Line]:
        lines: list[Line] = [BLANK]
        lines += [(Span(" "), span(part, "critical")) for part in wrap(self._trouble, room - 2) if part]
        field = self._focused_field()
        if field is None:
            return lines
        if field.help:
            lines.append((Span(" "), span(field.help, "dim")))
        typed = self._value(field)
        fits = [(one, health) for one, health in self.candidates(field) if typed in one][:OFFERED]
        phrases = [(Span(f"{health.symbol} ", health.word), span(one)) for one, health in fits]
        return [*lines, *((Span(" "), *one) for one in flow(phrases, room - 2))]

    def _focused_field(self) -> Field | None:
        focused = self.focused
        name = focused.id.removeprefix("field-") if focused is not None and focused.id else ""
        return next((field for field in self._fields if field.name == name), None)

    def _value(self, field: Field) -> str:
        found = self.query(f"#field-{field.name}")
        return found.first(Input).value if found else field.default

    def on_input_changed(self, event: Input.Changed) -> None:
        """Candidates follow what is typed."""
        self._trouble = ""
        if event.input.id == f"field-{SITE.name}":
            self._site = event.value
        self.foot.rebuild()

    def on_descendant_focus(self) -> None:
        """Candidates of another field."""
        self.foot.rebuild()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.action_plan()

    def action_plan(self) -> None:
        """Make the plan, when the inputs are right."""
        typed = {field.name: self._resolved(field, self._value(field)) for field in self._workflow.inputs}
        try:
            convert(self._workflow, typed)
        except HsopsError as error:
            self._trouble = str(error)
            self.foot.rebuild()
            return
        self.app.push_screen(PlanView(self.desk, self._workflow, typed, self._site))
