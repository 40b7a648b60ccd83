"""Steps and items as lines: how far, how fast, how long still; one told in full; a gate that is closed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from hsops.screens.text import Line, Span, age, clock, cut, line, pad, span, width, wrap
from hsops.workflow.values import StepInfo, StepStatus

OVER: Final = (StepStatus.DONE, StepStatus.SKIPPED)
BARS: Final = "▁▂▃▄▅▆▇█"
NAME: Final = 18
LONGEST: Final = 28
BAR: Final = 8
WIDE: Final = 100
"""Cells from which on progress gets a bar."""
LABEL: Final = 9
INDENT: Final = "      "
MOST: Final = 6
"""Lines that one part may take."""


def about_step(step: StepInfo, now: float, room: int) -> Iterator[Line]:
    """Everything known of it."""
    yield from _part("says", step.text, room)
    if step.command:
        yield from _part("command", f"$ {shlex.join(step.command)}", room)
    if step.undoable:
        yield from _part("undo", shlex.join(step.undo_command) or "yes, when the run is backed out", room)
    yield from _part("times", _times(step, now), room)


def _times(step: StepInfo, now: float) -> str:
    if step.started is None:
        return "not begun"
    began = step.started.timestamp()
    parts = [f"began {clock(began)}Z"]
    if step.ended is not None and step.status is not StepStatus.RUNNING:
        parts.append(f"ended {clock(step.ended.timestamp())}Z after {age(step.ended.timestamp() - began)}")
    else:
        parts.append(f"{age(now - began)} ago")
    if step.attempts > 1:
        parts.append(f"attempt {step.attempts}")
    return " · ".join(parts)


def gate_lines(step: StepInfo, room: int) -> Iterator[Line]:
    """Why the gate is closed, and what can be done."""
    if not step.verdicts:
        return
    yield from _part("why", step.text, room, "critical")
    yield line(
        Span(f"{INDENT}it opens by itself when this is well again   ", "dim"),
        Span("s", "key"), Span(" waive with a reason…   ", "dim"),
        Span("b", "key"), Span(" back out…", "dim"),
    )  # fmt: skip


def _part(label: str, text: str, room: int, style: str = "") -> Iterator[Line]:
    if not text:
        return
    parts = wrap(text, max(20, room - len(INDENT) - LABEL - 1))
    for index, part in enumerate(parts[:MOST]):
        yield (Span(f"{INDENT}{label if index == 0 else '':{LABEL}}", "dim"), span(part, style))
    if len(parts) > MOST:
        yield (Span(f"{INDENT}{'':{LABEL}}and {len(parts) - MOST} lines more", "dim"),)


def counted(members: Sequence[StepInfo], now: float, *, over: bool = False) -> str:
    """``12 of 19 · ~4m left · 2 at work · 1 failed · 31s each · 3.9/min``: what matters most first."""
    done = [step for step in members if step.status in OVER]
    running = sum(step.status is StepStatus.RUNNING for step in members)
    failed = sum(step.status is StepStatus.FAILED for step in members)
    skipped = sum(step.status is StepStatus.SKIPPED for step in members)
    left, pace = ("", "") if over else _pace(done, len(members), now)
    parts = [
        f"{len(done):,} of {len(members):,}",
        left,
        f"{failed} failed" if failed else "",
        f"{running} at work" if running else "",
        f"{skipped} left out" if skipped else "",
        pace,
    ]
    return " · ".join(part for part in parts if part)


def _pace(done: Sequence[StepInfo], total: int, now: float) -> tuple[str, str]:
    """How long the rest will take; how long one takes and how many a minute."""
    times = [took(step) for step in done if step.started is not None and step.ended is not None]
    left = total - len(done)
    if not times or not left:
        return "", ""
    spent = now - min(step.started.timestamp() for step in done if step.started is not None)
    rate = f" · {_rate(len(done) / spent * 60)}/min" if spent >= 1 else ""
    return f"~{age(spent / len(done) * left)} left", f"{age(sum(times) / len(times))} each{rate}"


def _rate(a_minute: float) -> str:
    return f"{a_minute:.1f}" if a_minute < 10 else f"{a_minute:,.0f}"


def took(step: StepInfo) -> float:
    """Seconds from its beginning to its end; 0 while there is none."""
    if step.started is None or step.ended is None:
        return 0.0
    return step.ended.timestamp() - step.started.timestamp()


def step_row(step: StepInfo, now: float, room: int, cells: int = NAME) -> Line:
    """A step or an item behind its symbol: name, how far, what it says, its trend, how long, what may be decided.

    `cells`: of the name.
    """
    if step.kind == "note":
        return (span(step.text or step.title or step.name, "", ("step", step.key)),)
    running = step.status is StepStatus.RUNNING
    item = step.kind == "item"
    own = step.name if step.kind in ("check", "undo") else step.name.rpartition("@")[0] or step.name
    name = (step.title or step.item) if item else f"undo {own}" if step.kind == "undo" else own
    spans = [*pad((span(name, "", ("step", step.key)),), cells), Span("  ")]
    if running and step.fraction is not None:
        bar = _bar(step.fraction) if room >= WIDE else ""
        spans.append(Span(f"{bar}{step.fraction:4.0%}  "))
    doubt = _doubt(step)
    said = step.text or ("" if item else step.title)
    spans.append(span(said, "critical" if doubt and step.kind != "gate" else ""))
    if running and step.trend:
        spans.append(Span(f"  {trend(step.trend)}", "bar"))
    spans.append(Span(_time_of(step, now, item=item), "dim"))
    return (*spans, *doubt) if not doubt else (*cut(spans, room - width(doubt) - 8), *doubt)


def cells_of(members: Sequence[StepInfo]) -> int:
    """Cells for the names of a fan-out's items."""
    return max(NAME - 2, min(LONGEST, max(len(step.title or step.item) for step in members)))


def _bar(fraction: float) -> str:
    full = round(max(0.0, min(1.0, fraction)) * BAR)
    return "█" * full + "░" * (BAR - full)


def _time_of(step: StepInfo, now: float, *, item: bool) -> str:
    """How long it took, or has been at work and how long it still will."""
    if step.started is None:
        return ""
    began = step.started.timestamp()
    if step.status is not StepStatus.RUNNING:
        return f"  {age(took(step))}" if not item or took(step) >= 1 else ""
    left = remaining(step, now)
    return f"  {age(now - began)}" + (f" · ~{age(left)} left" if left is not None else "")


def remaining(step: StepInfo, now: float) -> float | None:
    """Seconds that it will still take at its pace so far; None when nobody can say."""
    if step.started is None:
        return None
    spent = now - step.started.timestamp()
    if step.fraction is not None and step.fraction > 0.02:
        return spent / step.fraction * max(0.0, 1 - step.fraction)
    if step.left is not None and len(step.trend) >= 3 and step.trend[0] > step.left:
        return spent / (step.trend[0] - step.left) * step.left
    return None


def _doubt(step: StepInfo) -> Line:
    """What may be decided."""
    if not step.verdicts:
        return ()
    keys = {"retry": "t", "skip": "s", "back_out": "b"}
    spans: list[Span] = []
    for verdict in step.verdicts:
        spans += [Span("  "), Span(keys[verdict.value], "key"), Span(f" {verdict.value.replace('_', ' ')}", "dim")]
    return tuple(spans)


def trend(values: Sequence[float]) -> str:
    """A sparkline of what is left."""
    top = max(values, default=0.0)
    if top <= 0:
        return ""
    return "".join(BARS[min(len(BARS) - 1, max(0, round(value / top * (len(BARS) - 1))))] for value in values[-12:])
