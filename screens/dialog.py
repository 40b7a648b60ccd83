"""Dialogs: nothing that changes anything happens without one. The exact command, the cost and the way back first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import join
from typing import Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from hsops.errors import plain
from hsops.model import Resource
from hsops.plugin import Action, Danger
from hsops.plugin import Input as Field
from hsops.screens.text import BLANK, Line, Span, cut, span, wrap
from hsops.screens.widgets.canvas import LineCanvas
from hsops.workflow.values import RunInfo

T = TypeVar("T")

SHOWN_COMMANDS = 6
"""Commands shown of a bulk action; the others are counted."""

DANGERS = {
    Danger.SAFE: ("safe", "ok"),
    Danger.DISRUPTIVE: ("disruptive: others may notice", "warn"),
    Danger.DESTRUCTIVE: ("destructive: something is gone for good", "critical"),
}


class Dialog(ModalScreen[T], inherit_bindings=False):
    """A box of lines, perhaps with fields. Esc leaves without doing anything."""

    AUTO_FOCUS = "Input"
    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="dialog.leave"),
        Binding("tab,down", "app.focus_next", "Next field", id="dialog.next"),
        Binding("shift+tab,up", "app.focus_previous", "Previous field", id="dialog.previous"),
    ]

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii = ascii_only

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(id="box"):
            self.head = LineCanvas(self._head_lines, id="head", ascii_only=self._ascii)
            yield self.head
            yield from self.fields()
            self.foot = LineCanvas(self._foot_lines, id="foot", ascii_only=self._ascii)
            yield self.foot

    def on_mount(self) -> None:
        """As tall as the lines are."""
        self.fit()

    def fit(self) -> None:
        """Lines again, and the height they need."""
        room = min(84, self.app.size.width) - 4
        self.head.styles.height = max(1, len(self.head_lines(room)))
        self.foot.styles.height = max(1, len(self.foot_lines(room)))
        self.head.rebuild()
        self.foot.rebuild()

    def fields(self) -> ComposeResult:
        """Inputs between head and foot."""
        yield from ()

    def head_lines(self, room: int) -> Sequence[Line]:
        """Lines above the fields."""
        return [BLANK]

    def foot_lines(self, room: int) -> Sequence[Line]:
        """Lines below the fields."""
        return [BLANK]

    def _head_lines(self, room: int, height: int) -> Sequence[Line]:
        return self.head_lines(room)

    def _foot_lines(self, room: int, height: int) -> Sequence[Line]:
        return self.foot_lines(room)

    def action_leave(self) -> None:
        """Esc."""
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The person said yes: values of the fields as typed."""

    values: Mapping[str, str]


class ActionDialog(Dialog[Confirmed | None]):
    """What an action would do to these rows, and whether it shall."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "confirm", "Do it", id="dialog.confirm")]

    def __init__(
        self, action: Action, rows: Sequence[Resource], *, typed_name: str, undo: str, tier: str, ascii_only: bool
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self._asked = action
        self._rows = rows
        self._typed_name = typed_name
        self._undo = undo
        self._trouble = ""
        self.add_class(f"tier-{tier}")

    def fields(self) -> ComposeResult:
        """One line for each input of the action, and one for the name when it must be typed."""
        for field in self._asked.inputs:
            yield Static(Content(_label(field)), classes="label")
            yield _input(field)
        if self._typed_name:
            yield Static(Content(f"type {plain(self._typed_name)} to confirm"), classes="label")
            yield Input(id="typed-name")

    def head_lines(self, room: int) -> Sequence[Line]:
        """Title, danger, what it touches, the exact commands, the way back."""
        action = self._asked
        word, style = DANGERS[action.danger]
        names = ", ".join(row.title() for row in self._rows[:5])
        more = f" and {len(self._rows) - 5} more" if len(self._rows) > 5 else ""
        lines = [
            (span(action.title, "title"), Span("   "), Span(word, style)),
            BLANK,
            cut((Span("touches  ", "dim"), span(names + more)), room),
            *self._commands(room),
        ]
        if self._undo:
            lines += _paragraph("undo     ", self._undo, room)
        return [*lines, BLANK]

    def _commands(self, room: int) -> list[Line]:
        try:
            values = self.values()
            commands = [join(self._asked.command(row, values)) for row in self._rows[:SHOWN_COMMANDS]]
        except Exception as error:  # noqa: BLE001 - a plugin's command() on a half-typed value; shown, never fatal
            return [(span(f"command  cannot be told yet: {plain(str(error))}", "dim"),)]
        lines = [one for command in commands for one in _paragraph("command  ", command, room)]
        rest = len(self._rows) - len(commands)
        return [*lines, (Span(f"         and {rest} more like these", "dim"),)] if rest else lines

    def foot_lines(self, room: int) -> Sequence[Line]:
        """What is wrong, and the keys."""
        trouble = [(span(text, "critical"),) for text in wrap(self._trouble, room)] if self._trouble else []
        keys = (Span("enter", "key"), Span(" do it   "), Span("esc", "key"), Span(" leave"))
        return [BLANK, *trouble, keys]

    def values(self) -> dict[str, str]:
        """The fields as typed now."""
        return {field.name: self._typed(field) for field in self._asked.inputs}

    def _typed(self, field: Field) -> str:
        found = self.query(f"#field-{field.name}")
        return found.first(Input).value if found else field.default

    def on_input_changed(self, event: Input.Changed) -> None:
        """The command follows what is typed."""
        event.stop()
        self._trouble = ""
        self.fit()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.action_confirm()

    def action_confirm(self) -> None:
        """Yes, when nothing is missing."""
        self._trouble = self._missing()
        if self._trouble:
            self.fit()
        else:
            self.dismiss(Confirmed(self.values()))

    def _missing(self) -> str:
        values = self.values()
        for field in self._asked.inputs:
            if field.required and not values[field.name].strip():
                return f"{field.title} is needed"
            if field.choices and values[field.name] not in field.choices:
                return f"{field.title} is one of {', '.join(field.choices)}"
        if self._typed_name and self.query_one("#typed-name", Input).value != plain(self._typed_name):
            return "the name does not match"
        return ""


def _label(field: Field) -> str:
    choices = f" ({' | '.join(field.choices)})" if field.choices else ""
    return plain(f"{field.title}{choices}{' *' if field.required else ''}  {field.help}".rstrip())


def _input(field: Field) -> Input:
    found = Input(field.default, id=f"field-{field.name}", select_on_focus=False)
    found.cursor_blink = False
    return found


def _paragraph(label: str, text: str, room: int) -> list[Line]:
    parts = wrap(text, room - len(label))
    return [(Span(label if index == 0 else " " * len(label), "dim"), span(part)) for index, part in enumerate(parts)]


class Leave(Dialog[bool | None]):
    """Leave although a run started here is under way? It goes on only where its worker lives."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "yes", "Leave", id="dialog.yes"),
        Binding("n", "leave", "Stay", id="dialog.no"),
    ]

    def __init__(self, running: Sequence[RunInfo], *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._under_way = running

    def head_lines(self, room: int) -> Sequence[Line]:
        """The runs, and what becomes of them."""
        runs = [
            cut((Span("▶ ", "accent"), span(f"{one.id} {one.workflow} {one.target}")), room) for one in self._under_way
        ]
        text = "Leaving stops work on it after the step under way. It is kept: another console, or this one started "
        text += "again, takes it up where it was; hsops runs shows it."
        return [(Span("A run started here is under way", "title"),), BLANK, *runs, BLANK,
                *((span(part),) for part in wrap(text, room)), BLANK]  # fmt: skip

    def foot_lines(self, room: int) -> Sequence[Line]:
        """The keys."""
        return [(Span("y", "key"), Span(" leave   "), Span("esc", "key"), Span(" stay"))]

    def action_yes(self) -> None:
        """Leave."""
        self.dismiss(True)


class Choose(Dialog[int | None]):
    """One of a few: the number of the entry that was chosen."""

    AUTO_FOCUS = "#list"

    def __init__(self, title: str, entries: Sequence[Line], *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._heading = title
        self._entries = entries

    def fields(self) -> ComposeResult:
        """The entries."""
        from hsops.screens.widgets.lines import LinesView  # noqa: PLC0415 - heavy for who only confirms

        self._list = LinesView(lambda room, height: self._entries, id="list", ascii_only=self._ascii)
        self._list.styles.height = min(max(1, len(self._entries)), 16)
        yield self._list

    def head_lines(self, room: int) -> Sequence[Line]:
        """The title."""
        return [cut((span(self._heading, "title"),), room), BLANK]

    def foot_lines(self, room: int) -> Sequence[Line]:
        """The keys."""
        return [BLANK, (Span("enter", "key"), Span(" take   "), Span("esc", "key"), Span(" leave"))]

    def on_lines_view_opened(self, event: Any) -> None:
        """Enter on an entry."""
        event.stop()
        self.dismiss(event.link)
