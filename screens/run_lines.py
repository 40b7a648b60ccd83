"""Runs as lines: one on the overview, many in the list, and one whole run step by step."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from hsops.screens.place import Place, View
from hsops.screens.text import Line, Span, age, cut, line, span
from hsops.workflow.values import Event, RunInfo, RunStatus, StepInfo, StepStatus

SYMBOLS: Final = {
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

STEPS: Final = {
    StepStatus.PENDING: ("·", "dim"),
    StepStatus.RUNNING: ("▶", "accent"),
    StepStatus.DONE: ("✓", "ok"),
    StepStatus.FAILED: ("✗", "critical"),
    StepStatus.SKIPPED: ("‖", "maintenance"),
}

OVER: Final = (StepStatus.DONE, StepStatus.SKIPPED)
BARS: Final = "▁▂▃▄▅▆▇█"
LABEL: Final = 18
FINISHED_ITEMS: Final = 3
"""Ended items shown of a fan-out, the last ones."""


def run_line(info: RunInfo, now: float, steps: Sequence[StepInfo] = ()) -> Line:
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
    return f"{at.name} {_counted(members, now)}"


def short_progress(steps: Sequence[StepInfo]) -> str:
    """``12/19`` of the fan-out under way, or the name of the step."""
    at = next((step for step in reversed(steps) if step.status in (StepStatus.RUNNING, StepStatus.FAILED)), None)
    if at is None or at.kind != "item":
        return at.name if at is not None else ""
    members = [step for step in steps if step.kind == "item" and step.name == at.name]
    return f"{sum(step.status in OVER for step in members)}/{len(members)}"


def heading(info: RunInfo, now: float, room: int) -> list[Line]:
    """Who, what, since when, how it stands."""
    symbol, style = SYMBOLS[info.status]
    end = info.ended.timestamp() if info.ended is not None else now
    took = age(end - (info.started or info.created).timestamp())
    first = (
        Span(" run "),
        span(info.id, "title"),
        span(f"  {info.workflow} {info.target}"),
        span(f"   {info.site}  by {info.author}", "dim"),
        span(f"   {took}"),
    )
    state = [Span(f" {symbol} {info.status.value}", style)]
    if info.wish:
        state.append(span(f"   asked to {info.wish}", "warn"))
    if info.status is RunStatus.RUNNING and not info.owner_alive:
        state.append(Span("   nobody works on it: r resumes it here", "warn"))
    if info.reason:
        state.append(span(f"   {info.reason}"))
    return [cut(first, room), cut(state, room)]


def step_lines(steps: Sequence[StepInfo], now: float, room: int) -> list[Line]:
    """One line a step; checks and finished items are counted, what runs and what failed is told one by one."""
    lines: list[Line] = []
    shown = [step for step in steps if step.kind != "read"]
    for (kind, name), group in groupby(shown, key=_group):
        members = list(group)
        if kind == "check":
            lines += _checks(members, room)
        elif kind == "item":
            lines += _fan_out(name, members, now, room)
        else:
            lines += [_step(step, now, room) for step in members]
    return lines


def _group(step: StepInfo) -> tuple[str, str]:
    if step.kind == "check":
        return ("check", "")
    return ("item", step.name) if step.kind == "item" else (step.kind, step.key)


def _checks(members: Sequence[StepInfo], room: int) -> list[Line]:
    bad = [step for step in members if step.status is StepStatus.FAILED]
    symbol, style = ("✗", "critical") if bad else ("✓", "ok")
    head = line(Span(f" {symbol} ", style), f"{'checks':{LABEL}}", f"{len(members) - len(bad)} of {len(members)}")
    return [head, *(_row(step, "    ", room) for step in bad)]


def _fan_out(name: str, members: Sequence[StepInfo], now: float, room: int) -> list[Line]:
    done = [step for step in members if step.status in OVER]
    failed = [step for step in members if step.status is StepStatus.FAILED]
    running = [step for step in members if step.status is StepStatus.RUNNING]
    status = StepStatus.FAILED if failed else StepStatus.RUNNING if len(done) < len(members) else StepStatus.DONE
    symbol, style = STEPS[status]
    lines = [cut(line(Span(f" {symbol} ", style), span(f"{name:{LABEL}}"), _counted(members, now)), room)]
    for step in (*done[-FINISHED_ITEMS:], *running, *failed):
        lines.append(_row(step, "    ", room))
    return lines


def _counted(members: Sequence[StepInfo], now: float) -> str:
    """``12 of 19 · 2 at work · 1 failed · 31s each · ~4m left``."""
    done = [step for step in members if step.status in OVER]
    running = sum(step.status is StepStatus.RUNNING for step in members)
    failed = sum(step.status is StepStatus.FAILED for step in members)
    text = f"{len(done)} of {len(members)}"
    text += f" · {running} at work" if running else ""
    text += f" · {failed} failed" if failed else ""
    return text + _pace(done, len(members), now)


def _pace(done: Sequence[StepInfo], total: int, now: float) -> str:
    """How long one takes, and how long the rest will."""
    times = [
        (step.ended - step.started).total_seconds()
        for step in done
        if step.started is not None and step.ended is not None
    ]
    starts = [step.started.timestamp() for step in done if step.started is not None]
    left = total - len(done)
    if not times or not left:
        return ""
    spent = now - min(starts)
    return f" · {age(sum(times) / len(times))} each · ~{age(spent / len(done) * left)} left"


def _step(step: StepInfo, now: float, room: int) -> Line:
    symbol, style = STEPS[step.status]
    name = f"undo {step.name}" if step.kind == "undo" else step.name
    end = step.ended.timestamp() if step.ended is not None else now
    took = f"  {age(end - step.started.timestamp())}" if step.started is not None else ""
    link = ("step", step.key) if step.verdicts else None
    return cut(
        (
            Span(f" {symbol} ", style),
            span(f"{name:{LABEL}}", "", link),
            span(step.text),
            Span(took, "dim"),
            *_doubt(step),
        ),
        room,
    )


def _row(step: StepInfo, indent: str, room: int) -> Line:
    """An item: how far, what is left, whether it falls."""
    symbol, style = STEPS[step.status]
    link = ("step", step.key) if step.verdicts else None
    percent = f"{step.fraction:5.0%}  " if step.fraction is not None and step.status is StepStatus.RUNNING else ""
    return cut(
        (
            Span(f"{indent}{symbol} ", style),
            span(f"{step.title or step.item or step.name:20} ", "", link),
            Span(percent),
            span(step.text),
            Span(f"  {trend(step.trend)}" if step.status is StepStatus.RUNNING else "", "bar"),
            *_doubt(step),
        ),
        room,
    )


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


def commands_of(events: Iterable[Event]) -> list[Event]:
    """Each command once, as it stands now, in the order in which they were begun."""
    last: dict[tuple[str, ...], Event] = {}
    for event in events:
        if event.command:
            last[(event.key, *event.command)] = event
    return list(last.values())


def log_line(event: Event, room: int) -> Line:
    """``09:43:12 ✓ openstack server migrate …``."""
    when = event.at.astimezone(UTC) if event.at.tzinfo else event.at.replace(tzinfo=UTC)
    text = (
        event.shell
        or shlex.join(event.command)
        or " ".join(part for part in (event.key, event.status, event.text) if part)
    )
    style = {"failed": "critical", "done": "ok"}.get(event.status, "dim")
    symbol = {"failed": "✗", "done": "✓"}.get(event.status, "·")
    return cut(line(Span(f" {_time(when)} ", "dim"), Span(f"{symbol} ", style), span(text)), room)


def _time(when: datetime) -> str:
    return when.strftime("%H:%M:%S")
