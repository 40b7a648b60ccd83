"""`Prompt`: one line at the bottom to type a command or a filter into, with completion and history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from hsops.screens.history import History

OFFERED = 12
"""Candidates shown at once."""

Complete = Callable[[str], Sequence[str]]
"""The whole lines that could be meant by what is typed, best first."""


def _key(keys: str, action: str, description: str) -> Binding:
    return Binding(keys, action, description, show=False, id=f"prompt.{action}")


class Prompt(Widget):
    """Posts `Submitted`, `Changed` and `Left`; whoever mounted it takes it away."""

    DEFAULT_CSS = """
    Prompt { height: 1; dock: bottom; background: $surface; layout: horizontal; }
    Prompt #sign { width: auto; color: $state-accent; text-style: bold; background: $surface; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; background: $surface; color: $foreground; }
    Prompt Input:focus { border: none; background-tint: transparent; }
    Prompt Input > .input--suggestion { color: $state-dim; }
    Prompt Input > .input--placeholder { color: $state-dim; }
    Prompt #offer { width: auto; max-width: 60%; height: 1; background: $surface; color: $state-dim; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("escape", "leave", "Leave the line"),
        _key("tab", "complete", "Complete"),
        _key("up", "older", "Line before"),
        _key("down", "newer", "Line after"),
    ]

    class Base(Message):
        """A message of a prompt."""

        def __init__(self, prompt: Prompt, value: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.value = value

    class Submitted(Base):
        """Enter."""

    class Changed(Base):
        """Something was typed."""

    class Left(Base):
        """Esc, or backspace on the empty line."""

    def __init__(
        self, sign: str, *, value: str = "", complete: Complete | None = None, history: History | None = None
    ) -> None:
        super().__init__()
        self.sign = sign
        self._value = value
        self._complete = complete
        self._history = history or History()
        self._typed = value

    def compose(self) -> ComposeResult:
        """Sign, line, candidates."""
        yield Static(Content(f" {self.sign}"), id="sign")
        line = Input(self._value, select_on_focus=False)
        line.cursor_blink = False
        yield line
        yield Static(id="offer")

    def on_mount(self) -> None:
        """Type at once."""
        self._history.rewind()
        self.screen.set_focus(self.line)  # now: `focus()` would wait behind keys that are typed already
        self._offer()

    @property
    def line(self) -> Input:
        """The line itself."""
        return self.query_one(Input)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the owner and show what could be meant."""
        event.stop()
        if event.value != self._value:
            self._value = event.value
            self._offer()
            self.post_message(self.Changed(self, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self._history.add(event.value)
        self.post_message(self.Submitted(self, event.value))

    def action_leave(self) -> None:
        """Esc."""
        self.post_message(self.Left(self, self.line.value))

    def action_older(self) -> None:
        """The line typed before."""
        found = self._history.older()
        if found is not None:
            self._put(found)

    def action_newer(self) -> None:
        """The line typed after."""
        self._put(self._history.newer())

    def action_complete(self) -> None:
        """As much as all candidates share; with one candidate the whole of it."""
        found = self._candidates()
        if not found:
            return
        shared = _shared_start(found)
        self._put(shared if len(shared) > len(self.line.value) else found[0])

    def _put(self, text: str) -> None:
        self.line.value = text
        self.line.cursor_position = len(text)

    def _candidates(self) -> Sequence[str]:
        return self._complete(self.line.value) if self._complete is not None else ()

    def _offer(self) -> None:
        found = self._candidates()
        head = self.line.value.rpartition(" ")[0]
        words = [one[len(head) :].strip() for one in found[:OFFERED]]
        more = f" +{len(found) - OFFERED}" if len(found) > OFFERED else ""
        self.query_one("#offer", Static).update(Content(" ".join(words) + more + " "))


def _shared_start(lines: Sequence[str]) -> str:
    """What all lines begin with."""
    first, last = min(lines), max(lines)
    for index, char in enumerate(first):
        if index >= len(last) or char != last[index]:
            return first[:index]
    return first
