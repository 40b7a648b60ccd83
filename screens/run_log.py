"""What happened in a run: every event, or each command once; filtered, followed to its end, copied line by line."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from typing import Final

from hsops.pattern import compile_pattern
from hsops.screens.text import Line, Span, cut, line, rule, span, wrap
from hsops.workflow.values import Event

KEPT: Final = 2000
"""Events kept; the title counts those that are not."""
COMMANDS_KEPT: Final = 5000

_LOOKS: Final = {"failed": ("✗", "critical"), "done": ("✓", "ok"), "skipped": ("‖", "maintenance")}


class RunLog:
    """Events and commands of one run, in the order in which they came."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._commands: dict[tuple[str, ...], Event] = {}
        self._drawn: dict[int, tuple[int, Line]] = {}
        self._match: Callable[[str], bool] | None = None
        self.seen = 0
        """Number of the last event taken."""
        self.dropped = 0
        self.everything = False
        """Show every event; else each command once."""
        self.filter = ""
        self.opened: set[int] = set()
        """Numbers of the events that are shown in full."""

    def take(self, event: Event) -> None:
        """A later event."""
        if len(self._events) == KEPT:
            self._drawn.pop(self._events[0].seq, None)
            self.dropped += 1
        self._events.append(event)
        self.seen = max(self.seen, event.seq)
        if event.command and len(self._commands) < COMMANDS_KEPT:
            self._commands[(event.key, *event.command)] = event

    def narrow(self, pattern: str) -> None:
        """Show only lines in which the regular expression is found. Raises UserError; the old one stays then."""
        self._match = compile_pattern(pattern).found_in if pattern else None
        self.filter = pattern

    @property
    def commands(self) -> Sequence[str]:
        """Every command once, quoted for a shell."""
        return [command_of(event) for event in self._commands.values()]

    def title(self, room: int) -> Line:
        """What is listed, how much of it, and what is missing."""
        everything = self.everything
        count = len(self._events) if everything else len(self._commands)
        words = [f"log {count:,}" if everything else f"commands {count:,}"]
        if self.filter:
            hidden = count - len(self._shown())
            words.append(f"/{self.filter} ({hidden:,} hidden)")
        if everything and self.dropped:
            words.append(f"{self.dropped:,} older lines dropped: hsops runs events has them")
        return rule(" · ".join(words), room)

    def lines(self, room: int) -> list[Line]:
        """A line for each event or command; its link is ``("event", NUMBER)``."""
        found = [line for event in self._shown() for line in self._lines(event, room)]
        if not found:
            nothing = "nothing matches; esc in / shows all again" if self.filter else self._nothing()
            return [(span(f" {nothing}", "dim"),)]
        return found

    def _nothing(self) -> str:
        return "nothing has happened yet" if self.everything else "no command yet: nothing has been changed"

    def text_of(self, number: int) -> str:
        """The command of an event, or its line as text; empty when it is not known any more."""
        for event in (*self._commands.values(), *self._events):
            if event.seq == number:
                return command_of(event) or words_of(event)
        return ""

    def _shown(self) -> Sequence[Event]:
        events = self._events if self.everything else self._commands.values()
        match = self._match
        return [event for event in events if match is None or match(command_of(event) or words_of(event))]

    def _lines(self, event: Event, room: int) -> Iterator[Line]:
        yield self._line(event, room)
        if event.seq in self.opened:
            texts = [command_of(event), event.text] if event.command else [words_of(event)]
            for text in texts:
                yield from ((span(f"            {part}", "dim"),) for part in wrap(text, max(20, room - 14)) if part)

    def _line(self, event: Event, room: int) -> Line:
        kept = self._drawn.get(event.seq)
        if kept is None or kept[0] != room:
            kept = self._drawn[event.seq] = (room, log_line(event, room))
        return kept[1]


def command_of(event: Event) -> str:
    """Its command quoted for a shell; empty without one."""
    return event.shell or shlex.join(event.command)


def words_of(event: Event) -> str:
    """An event without a command, in words."""
    return " ".join(part for part in (event.key or event.kind, event.status, event.text) if part)


def log_line(event: Event, room: int) -> Line:
    """``09:43:12 ✓ openstack server migrate …``."""
    when = event.at.astimezone(UTC) if event.at.tzinfo else event.at.replace(tzinfo=UTC)
    symbol, style = _LOOKS.get(event.status, ("·", "dim"))
    said = f"  {event.text}" if event.command and event.text else ""
    return cut(
        line(
            Span(f" {when:%H:%M:%S} ", "dim"),
            Span(f"{symbol} ", style),
            span(command_of(event) or words_of(event), "", ("event", event.seq)),
            span(said, "critical" if event.status == "failed" else "dim"),
        ),
        room,
    )
