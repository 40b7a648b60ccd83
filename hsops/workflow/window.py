"""Maintenance windows: when one is open, until when, and when the next one opens.

A window begins, and ends, at the first moment at which its zone's wall clock shows the time or has passed it: a time
that the clocks skip in spring is the moment of the change, one that comes twice in autumn is the first of the two.
Nothing is counted down: whoever waits asks again, so a clock that is set forwards or back is followed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hsops.policy import Window

CHECK = "window.open"
"""Name of the check that refuses a run outside every window."""
_BACK, _AHEAD = 9, 16
"""Days around now in which occurrences are looked for: every window opens once a week."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How the windows stand at a moment. Times are UTC; `name` is empty when the site has no windows."""

    is_open: bool
    name: str = ""
    until: datetime | None = None
    """When it closes, or closed last; a window that another one follows without a break ends with that one."""
    opens: datetime | None = None
    """When the next one opens, while none is open."""
    last: str = ""
    """Which one closed last, while none is open."""

    @property
    def pause(self) -> str:
        """Why a run pauses, while none is open."""
        return f"the window {self.last} ended at {stamp(self.until)}; goes on at {stamp(self.opens)}"

    @property
    def text(self) -> str:
        """In one phrase; empty when the site has no windows."""
        if self.is_open:
            return f"{self.name} until {stamp(self.until)}" if self.name else ""
        return f"none is open; {self.name} opens at {stamp(self.opens)}"


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    start: datetime
    end: datetime
    name: str


def opening(windows: Sequence[Window], at: datetime) -> Opening:
    """How they stand at that moment (aware)."""
    if not windows:
        return Opening(True)
    at = at.astimezone(UTC)
    spans = _merged(sorted(span for window in windows for span in _spans(window, at)))
    last: _Span | None = None
    for span in spans:
        if at < span.start:
            return Opening(False, span.name, last.end if last else None, span.start, last.name if last else "")
        if at < span.end:
            return Opening(True, span.name, span.end)
        last = span
    return Opening(False, windows[0].name)  # days are never empty: only at the end of the calendar


def stamp(moment: datetime | None) -> str:
    """RFC 3339, UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else "?"


def _spans(window: Window, at: datetime) -> Iterator[_Span]:
    zone = ZoneInfo(window.zone)
    today = at.astimezone(zone).date()
    for offset in range(-_BACK, _AHEAD):
        day = today + timedelta(days=offset)
        if day.weekday() in window.days:
            last = day if window.end > window.begin else day + timedelta(days=1)
            span = _Span(_first(day, window.begin, zone), _first(last, window.end, zone), window.name)
            if span.start < span.end:
                yield span


def _merged(spans: Sequence[_Span]) -> list[_Span]:
    """Those that overlap or touch as one, named after the one that begins first."""
    found: list[_Span] = []
    for span in spans:
        if found and span.start <= found[-1].end:
            found[-1] = _Span(found[-1].start, max(found[-1].end, span.end), found[-1].name)
        else:
            found.append(span)
    return found


def _first(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first moment at which the wall clock of the zone shows that time, or has passed it."""
    wall = datetime.combine(day, clock)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment  # the clocks skip it between these two
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
