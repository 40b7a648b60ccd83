"""A run as lines: one on the overview and in the list, and its head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hsops.screens.place import Place, View
from hsops.screens.step_lines import OVER, counted
from hsops.screens.text import Line, Span, age, cut, pad, span
from hsops.workflow.values import RunInfo, RunStatus, StepInfo, StepStatus

SYMBOLS: Final = {
    RunStatus.QUEUED: ("·", "dim"),
    RunStatus.AWAITING: ("!", "warn"),
    RunStatus.RUNNING: ("▶", "accent"),
    RunStatus.WAITING: ("!", "warn"),
    RunStatus.PAUSED: ("‖", "maintenance"),
    RunStatus.STOPPED: ("!", "warn"),
    RunStatus.ROLLING_BACK: ("▶", "warn"),
    RunStatus.ROLLED_BACK: ("‖", "maintenance"),
    RunStatus.REFUSED: ("‖", "dim"),
    RunStatus.DONE: ("✓", "ok"),
    RunStatus.FAILED: ("✗", "critical"),
}


def run_line(info: RunInfo, now: float, steps: Sequence[StepInfo] = (), *, waits: bool = False) -> Line:
    """``▶ 3f2a hypervisor.drain host/cmp-2  running  live-migrate 12 of 19 · ~4m left  by noc@bastion  4m  reason``."""
    symbol, style = SYMBOLS[info.status]
    link = Place(View.RUN, name=info.id)
    since = age(now - info.created.timestamp())
    orphan = info.status is RunStatus.RUNNING and not info.owner_alive
    return (
        Span(f" {symbol} ", style),
        span(info.id, "accent", link),
        span(f" {info.workflow} {info.target}", "", link),
        span(f"  {info.status.value}", style),
        Span("  waits for you" if waits else "", "warn"),
        span(f"  {progress(steps, now)}" if steps else ""),
        Span("  nobody works on it" if orphan else "", "warn"),
        span(f"  by {info.author}  {since}", "dim"),
        span(f"  {info.reason}" if info.reason else ""),
    )


def progress(steps: Sequence[StepInfo], now: float) -> str:
    """Where a run is, in one phrase: ``live-migrate 12 of 19 · 2 at work · ~4m left``; empty when it is nowhere."""
    at = next((step for step in reversed(steps) if step.status in (StepStatus.RUNNING, StepStatus.FAILED)), None)
    if at is None:
        return ""
    if at.kind != "item":
        return f"{at.name} {at.text}".strip()
    members = [step for step in steps if step.kind == "item" and step.name == at.name]
    return f"{at.name} {counted(members, now)}"


def short_progress(steps: Sequence[StepInfo]) -> str:
    """``12/19`` of the fan-out under way, or the name of the step."""
    at = next((step for step in reversed(steps) if step.status in (StepStatus.RUNNING, StepStatus.FAILED)), None)
    if at is None or at.kind != "item":
        return at.name if at is not None else ""
    members = [step for step in steps if step.kind == "item" and step.name == at.name]
    return f"{sum(step.status in OVER for step in members)}/{len(members)}"


WIDE: Final = 120
"""Cells from which on author and site have room, and what goes on stands on the same line."""
NARROW_WORDS: Final = {
    RunStatus.AWAITING: "to approve",
    RunStatus.ROLLING_BACK: "undoing",
    RunStatus.ROLLED_BACK: "undone",
}
"""Shorter words for the status, where there is little room."""


def titles(room: int, *, sites: bool) -> Line:
    """The titles of the columns of `run_rows`."""
    if room < WIDE:
        return cut(
            (Span(f"   {'run':9} {'workflow':20} {'target':18} {'status':11} {'age':>4} {'took':>5}", "dim"),), room
        )
    site = f"{'site':10} " if sites else ""
    words = (
        f"   {'run':9} {'workflow':22} {'target':18} {'status':17} {'age':>4} {'took':>5}  {site}{'by':22} how far, why"
    )
    return cut((Span(words, "dim"),), room)


def run_rows(
    info: RunInfo, now: float, room: int, *, steps: Sequence[StepInfo] = (), sites: bool = False
) -> Sequence[Line]:
    """A run as a row: symbol, id, workflow, target, status, age, how long, (site, author,) how far or why.

    Where there is little room, how far and why stand on a line below.
    """
    symbol, style = SYMBOLS[info.status]
    link = Place(View.RUN, name=info.id)
    wide = room >= WIDE
    word = info.status.value if wide else NARROW_WORDS.get(info.status, info.status.value)
    row = [
        Span(f" {symbol} ", style),
        *_cell(span(info.id, "accent", link), 9),
        *_cell(span(info.workflow), 22 if wide else 20),
        *_cell(span(info.target), 18),
        *_cell(span(word, style), 17 if wide else 11),
        Span(f"{age(now - info.created.timestamp()):>4} {_took(info, now):>5}  ", "dim"),
    ]
    how = _how(info, steps, now)
    if wide:
        row += [*(_cell(span(info.site, "dim"), 10) if sites else ()), *_cell(span(info.author, "dim"), 22), *how]
        return [cut(row, room)]
    below = (Span("     "), *how, span(f"by {info.author}" if not info.status.over else "", "dim"))
    return [cut(row, room), *([cut(below, room)] if any(one.text for one in below[1:]) else [])]


def _cell(one: Span, cells: int) -> Line:
    return (*pad((one,), cells), Span(" "))


def _took(info: RunInfo, now: float) -> str:
    """How long it has worked; empty while it has not begun."""
    if info.started is None:
        return ""
    end = info.ended.timestamp() if info.ended is not None else now
    return age(end - info.started.timestamp())


def _how(info: RunInfo, steps: Sequence[StepInfo], now: float) -> Line:
    """How far an active run is, and why it does not go on."""
    spans = []
    if steps and not info.status.over:
        spans.append(span(f"{progress(steps, now)}  "))
    if info.status is RunStatus.RUNNING and not info.owner_alive:
        spans.append(Span("nobody works on it  ", "warn"))
    if info.status is RunStatus.AWAITING and info.approval is not None and info.approval.expires is not None:
        spans.append(span(f"{age(info.approval.expires.timestamp() - now)} left to approve  ", "warn"))
    if info.reason:
        spans.append(span(f"{info.reason}  "))
    if info.skipped:
        spans.append(span(f"{info.skipped} left out  ", "maintenance"))
    return tuple(spans)
