"""Two small dialogs: a yes that may need a typed name, and a line of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from hsops.errors import plain
from hsops.screens.dialog import Dialog
from hsops.screens.text import BLANK, Line, Span, cut, span, wrap


class Confirm(Dialog[bool | None]):
    """Yes or no; with `typed_name` only the name is a yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "yes", "Yes", id="dialog.agree"),
    ]

    def __init__(self, head: Line, text: str, typed_name: str = "", *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._heading = head
        self._said = text
        self._typed_name = plain(typed_name)
        self._trouble = ""

    def fields(self) -> ComposeResult:
        """The name, when it must be typed."""
        if self._typed_name:
            yield Static(Content(f"type {self._typed_name} to confirm"))
            field = Input(id="typed-name")
            field.cursor_blink = False
            yield field

    def head_lines(self, room: int) -> Sequence[Line]:
        """What is asked."""
        text = [(span(part),) for part in wrap(self._said, room)] if self._said else []
        return [cut(self._heading, room), BLANK, *text, BLANK]

    def foot_lines(self, room: int) -> Sequence[Line]:
        """The keys."""
        trouble = [(span(self._trouble, "critical"),)] if self._trouble else []
        return [BLANK, *trouble, (Span("enter", "key"), Span(" yes   "), Span("esc", "key"), Span(" no"))]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the field."""
        event.stop()
        self.action_yes()

    def action_yes(self) -> None:
        """Yes, when the name is right."""
        if self._typed_name and self.query_one(Input).value != self._typed_name:
            self._trouble = "the name does not match"
            self.fit()
        else:
            self.dismiss(True)


class Ask(Dialog[str | None]):
    """A line of text; empty is no answer."""

    def __init__(self, text: str, label: str, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._said = text
        self._label = label

    def fields(self) -> ComposeResult:
        """The line."""
        yield Static(Content(plain(self._label)))
        field = Input()
        field.cursor_blink = False
        yield field

    def head_lines(self, room: int) -> Sequence[Line]:
        """What is asked."""
        return [*((span(part),) for part in wrap(self._said, room)), BLANK]

    def foot_lines(self, room: int) -> Sequence[Line]:
        """The keys."""
        return [BLANK, (Span("enter", "key"), Span(" take   "), Span("esc", "key"), Span(" leave"))]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        if event.value.strip():
            self.dismiss(event.value.strip())
