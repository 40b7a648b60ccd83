"""The form of a workflow: its inputs, with what exists now as candidates; wrong ones are told as one leaves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Static

from hsops.errors import HsopsError, plain
from hsops.model import ANCHORS, Health, Resource
from hsops.plugin import Input as Field
from hsops.screens import fields
from hsops.screens.desk import Desk
from hsops.screens.place import Place
from hsops.screens.plan import PlanView
from hsops.screens.text import BLANK, Line, Span, flow, span, wrap
from hsops.screens.view import View
from hsops.screens.widgets.canvas import LineCanvas
from hsops.workflow.inputs import convert

OFFERED = 60
"""Candidates shown below the fields at most."""
FOOT = 9

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
        Binding("ctrl+n", "candidate", "Next candidate", id="form.candidate", priority=True),
        Binding("enter", "plan", "Make the plan", id="form.plan"),
        Binding("escape", "app.back", "Back", priority=True, id="form.back"),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("form.plan", "show the plan"),
        ("form.next", "next field"),
        ("form.candidate", "next candidate"),
        ("form.back", "back"),
    )

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self._workflow = desk.registry.workflow(place.name)
        self._trouble = ""
        self._left: dict[str, str] = {}
        """What is wrong with the fields that were left, by name."""
        self._known: dict[tuple[str, str], Sequence[str]] = {}
        self._cycled: tuple[str, Sequence[str], int] = ("", (), 0)
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
        """Head, a line for each input, what the field under the cursor may hold."""
        self.head = LineCanvas(self._head_lines, id="head", ascii_only=self.desk.ascii_only)
        self.head.styles.height = 4
        yield self.head
        with VerticalScroll(id="main", can_focus=False):
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Static(self._label(field), classes="label", id=f"label-{field.name}")
                    yield self._input(field)
        self.foot = LineCanvas(self._foot_lines, id="foot", ascii_only=self.desk.ascii_only)
        self.foot.styles.height = FOOT
        yield self.foot

    def _label(self, field: Field) -> Content:
        mark = ("x" if self.desk.ascii_only else "✗") if self._left.get(field.name) else " "
        return Content(plain(f"{mark}{field.title}{' *' if field.required else ''}"))

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
        elif field.type == "text" and field.name in ANCHORS:
            yield from ((one, Health.OK) for one in self._anchors(field.name))
        else:
            yield from fields.candidates(field, self._rows)

    def _anchors(self, kind: str) -> Sequence[str]:
        """Hosts or racks of the site, looked for once: the rows may be many."""
        known = self._known.get((kind, self._site))
        if known is None:
            known = self._known[kind, self._site] = fields.anchors(self.desk.session, kind, self._site)
        return known

    def _resolved(self, field: Field, text: str) -> str:
        """An id for a name typed into a field that wants an id."""
        if field.type != "ref" or not field.kind:
            return text
        named = [row for row in self._rows(field) if text in (row.key(), row.title())]
        return named[0].key() if len(named) == 1 else text

    def _rows(self, field: Field) -> Sequence[Resource]:
        return list(self.desk.store.rows(field.kind, self._site).values())

    def action_candidate(self) -> None:
        """Put the next candidate into the field, of those that fit what was typed."""
        field = self._focused_field()
        if field is None:
            return
        name, found, at = self._cycled
        if name != field.name or not found or self._value(field) not in (found[at], ""):
            typed = self._value(field)
            fitting = [one for one, _ in self.candidates(field) if typed in one]
            every = [one for one, _ in self.candidates(field)]
            found, at = (every, every.index(typed)) if typed in every else (fitting or every, -1)
        if not found:
            self.tell("there is nothing to choose from: type it")
            return
        at = (at + 1) % len(found)
        self._cycled = (field.name, found, at)
        line = self.query_one(f"#field-{field.name}", Input)
        line.value = found[at]
        line.cursor_position = len(found[at])

    # -- lines

    def _head_lines(self, room: int, height: int) -> Sequence[Line]:
        workflow = self._workflow
        title = (Span(" "), span(workflow.name, "title"), span(f"  {workflow.title}   {self._site}", "dim"))
        steps = (Span(" 1 fill in", "accent"), Span(" → 2 look at the plan → 3 start it", "dim"))
        return [title, *((Span(" "), span(part, "dim")) for part in wrap(workflow.summary, room - 2)[:2]), steps]

    def _foot_lines(self, room: int, height: int) -> Sequence[Line]:
        lines: list[Line] = [BLANK]
        for text in dict.fromkeys([self._trouble, *self._left.values()]):
            lines += [(Span(" ✗ " if i == 0 else "   ", "critical"), span(part))
                      for i, part in enumerate(wrap(text, room - 4)) if part]  # fmt: skip
        field = self._focused_field()
        return [*lines[:5], *(self._about(field, room) if field is not None else [])]

    def _about(self, field: Field, room: int) -> list[Line]:
        """What the field under the cursor is for, how it is read, what it may hold."""
        typed = self._value(field)
        texts = [field.help, fields.understood(field, typed, self.desk.clock())]
        told = [part for text in texts if text for part in wrap(text, room - 2)[:2]]
        lines: list[Line] = [(Span(" "), span(part, "dim")) for part in told]
        strange = fields.doubt(field, typed, self._rows)
        if strange:
            lines.append((Span(" ! ", "warn"), span(strange)))
        every = list(self.candidates(field))
        fits = [(one, health) for one, health in every if typed in one] if (typed, Health.OK) not in every else every
        if not every:
            return lines
        hidden = len(every) - len(fits)
        label = f"{len(fits):,} to choose from" + (f", {hidden:,} do not fit what is typed" if hidden else "")
        lines.append((Span(" "), span(label, "dim")))
        phrases = [(Span(f"{health.symbol} ", health.word), span(one)) for one, health in fits[:OFFERED]]
        return [*lines, *((Span(" "), *one) for one in flow(phrases, room - 2))]

    def _focused_field(self) -> Field | None:
        focused = self.focused
        name = focused.id.removeprefix("field-") if focused is not None and focused.id else ""
        return next((field for field in self._fields if field.name == name), None)

    def _value(self, field: Field) -> str:
        found = self.query(f"#field-{field.name}")
        return found.first(Input).value if found else field.default

    # -- typing and leaving

    def on_input_changed(self, event: Input.Changed) -> None:
        """Candidates follow what is typed; what was wrong is forgotten while it is mended."""
        self._trouble = ""
        if event.input.id == f"field-{SITE.name}":
            self._site = event.value
        name = (event.input.id or "").removeprefix("field-")
        if self._left.pop(name, ""):
            self._mark(name)
        self.foot.rebuild()

    def on_descendant_focus(self) -> None:
        """Candidates of another field."""
        self.foot.rebuild()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """A field was left: say at once what is wrong with it."""
        name = (event.widget.id or "").removeprefix("field-")
        field = next((one for one in self._fields if one.name == name), None)
        if field is not None and self._on_top:
            self._judge(field)
            self.foot.rebuild()

    def _judge(self, field: Field) -> str:
        text = self._resolved(field, self._value(field))
        self._left[field.name] = fields.fault(field, text, self._workflow)
        self._mark(field.name)
        return self._left[field.name]

    def _mark(self, name: str) -> None:
        field = next(one for one in self._fields if one.name == name)
        label = self.query_one(f"#label-{name}", Static)
        label.update(self._label(field))
        label.set_class(bool(self._left.get(name)), "wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.action_plan()

    def action_plan(self) -> None:
        """Make the plan, when the inputs are right; else go to the first that is not."""
        wrong = [field for field in self._fields if self._judge(field)]
        if wrong:
            self.query_one(f"#field-{wrong[0].name}", Input).focus()
            self.foot.rebuild()
            return
        typed = {field.name: self._resolved(field, self._value(field)) for field in self._workflow.inputs}
        try:
            convert(self._workflow, typed)
        except HsopsError as error:
            self._trouble = str(error)
            self.foot.rebuild()
            return
        self.app.push_screen(PlanView(self.desk, self._workflow, typed, self._site))
