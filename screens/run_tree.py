"""The steps of a run as a tree of lines: what is well folds into one line, what runs, waits or failed stands open.

Lines of what has ended are made once and kept: a run of a thousand items costs no more to draw than one of ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, TypeAlias

from hsops.screens.step_lines import OVER, about_step, cells_of, counted, gate_lines, step_row
from hsops.screens.text import Line, Span, cut, line, span
from hsops.workflow.values import StepInfo, StepStatus

STEPS: Final = {
    StepStatus.PENDING: ("·", "dim"),
    StepStatus.RUNNING: ("▶", "accent"),
    StepStatus.DONE: ("✓", "ok"),
    StepStatus.FAILED: ("✗", "critical"),
    StepStatus.SKIPPED: ("‖", "maintenance"),
}
LABEL: Final = 18
ENDED_SHOWN: Final = 3
"""Ended items shown of a folded fan-out, the last ones."""
RUNNING_SHOWN: Final = 24
FAILED_SHOWN: Final = 40
FOLDING: Final = {"check": ("checks", 1), "undo": ("undo", 2)}
"""Kinds that are counted, with their word, and from how many on."""

Link: TypeAlias = tuple[str, str]
"""``("group", KEY)`` or ``("step", KEY)``."""


@dataclass(slots=True)
class RunTree:
    """Which parts are open, and the lines as they were drawn last."""

    opened: set[str] = field(default_factory=set)
    over: bool = False
    """The run has ended: what has not begun never will."""
    _kept: dict[str, tuple[StepInfo, tuple[int, str, int], Line]] = field(default_factory=dict)
    _groups: list[str] = field(default_factory=list)

    def toggle(self, link: Link) -> None:
        """Open or fold what the link names."""
        self.opened ^= {f"{link[0]} {link[1]}"}

    def toggle_all(self) -> None:
        """Open every group; fold everything when something is open."""
        self.opened = set() if self.opened else {f"group {key}" for key in self._groups}

    def lines(self, steps: Sequence[StepInfo], now: float, room: int) -> list[Line]:
        """The whole tree."""
        self._groups = []
        found: list[Line] = []
        shown = [step for step in steps if step.kind != "read"]
        for host, section in groupby(shown, key=_host):
            members = list(section)
            if host:
                found += self._section(host, members, now, room)
            else:
                found += self._part(members, now, room, "")
        return found

    def _section(self, host: str, members: Sequence[StepInfo], now: float, room: int) -> Iterator[Line]:
        """The steps of one host among several: folded once they have ended well, and until they begin."""
        link = ("group", f"@{host} {members[0].key}")
        status = _together(members)
        ended = sum(step.status in OVER for step in members)
        is_open = self._open(link) != (status in (StepStatus.RUNNING, StepStatus.FAILED))
        yield self._head(link, status, host, f"{ended:,} of {len(members):,} steps", room, is_open=is_open)
        if is_open:
            yield from self._part(members, now, room, "  ")

    def _part(self, steps: Sequence[StepInfo], now: float, room: int, indent: str) -> Iterator[Line]:
        for (kind, key), group in groupby(steps, key=_group):
            members = list(group)
            if kind == "item":
                yield from self._fan_out(key, members, now, room, indent)
            elif kind in FOLDING and len(members) >= FOLDING[kind][1]:
                yield from self._folding(kind, members, now, room, indent)
            else:
                for step in members:
                    yield from self._step(step, now, room, indent)

    # -- parts

    def _open(self, link: Link) -> bool:
        return f"{link[0]} {link[1]}" in self.opened

    def _head(
        self, link: Link, status: StepStatus, name: str, text: str, room: int, *, is_open: bool, indent: str = ""
    ) -> Line:
        self._groups.append(link[1])
        symbol, style = STEPS[StepStatus.PENDING if self.over and status is StepStatus.RUNNING else status]
        mark = "▼" if is_open else "▸"
        return cut(
            line(
                Span(indent + mark, "dim"),
                Span(f"{symbol} ", style),
                span(f"{name:{LABEL}}  ", "", link),
                *([text] if text else []),
            ),
            room,
        )

    def _folding(self, kind: str, members: Sequence[StepInfo], now: float, room: int, indent: str) -> Iterator[Line]:
        """Checks and undos: counted, what is not well told one by one."""
        link = ("group", f"{kind} {members[0].key}")
        is_open = self._open(link)
        bad = [step for step in members if step.status in (StepStatus.FAILED, StepStatus.RUNNING)]
        ended = f"{sum(step.status in OVER for step in members):,} of {len(members):,}"
        name = FOLDING[kind][0]
        yield self._head(link, _together(members), name, ended, room, is_open=is_open, indent=indent)
        for step in members if is_open else bad:
            yield from self._step(step, now, room, f"{indent}  ")

    def _fan_out(self, name: str, members: Sequence[StepInfo], now: float, room: int, indent: str) -> Iterator[Line]:
        link = ("group", name)
        is_open = self._open(link)
        text, cells = counted(members, now, over=self.over), cells_of(members)
        yield self._head(link, _together(members), _bare(name), text, room, is_open=is_open, indent=indent)
        if is_open:
            for step in members:
                yield from self._step(step, now, room, f"{indent}   ", cells)
            return
        shown = worth_a_line(members)
        for step in shown:
            yield from self._step(step, now, room, f"{indent}   ", cells)
        hidden = len(members) - len(shown)
        if hidden and any(step.status not in OVER for step in members):
            more = f"{indent}      {hidden:,} more: " + " · ".join(_rest(members, shown, over=self.over))
            yield cut((span(more, "dim"),), room)

    def _step(self, step: StepInfo, now: float, room: int, indent: str, cells: int = LABEL) -> Iterator[Line]:
        moving = step.status is StepStatus.RUNNING
        kept = self._kept.get(step.key)
        if not moving and kept is not None and kept[1] == (room, indent, cells) and kept[0] == step:
            yield kept[2]
        else:
            made = self._row(step, now, room, indent, cells)
            self._kept[step.key] = (step, (room, indent, cells), made)
            yield made
        if step.kind == "gate" and moving:
            yield from gate_lines(step, room)
        if self._open(("step", step.key)):
            yield from about_step(step, now, room)

    def _row(self, step: StepInfo, now: float, room: int, indent: str, cells: int) -> Line:
        symbol, style = STEPS[step.status]
        if step.kind == "gate" and step.status is StepStatus.RUNNING and step.verdicts:
            symbol, style = "✗", "critical"
        return cut((Span(f"{indent} {symbol} ", style), *step_row(step, now, room, cells)), room)


def worth_a_line(members: Sequence[StepInfo]) -> list[StepInfo]:
    """Of a folded fan-out: what failed, what is at work, and the last that ended."""
    failed = [step for step in members if step.status is StepStatus.FAILED][:FAILED_SHOWN]
    running = [step for step in members if step.status is StepStatus.RUNNING][:RUNNING_SHOWN]
    ended = sorted((step for step in members if step.status in OVER), key=_end)[-ENDED_SHOWN:]
    return [*ended, *running, *failed]


def _end(step: StepInfo) -> float:
    return step.ended.timestamp() if step.ended is not None else 0.0


def _rest(members: Sequence[StepInfo], shown: Sequence[StepInfo], *, over: bool) -> Iterator[str]:
    """What is not shown, counted by its state."""
    counts = Counter(step.status for step in members)
    counts.subtract(step.status for step in shown)
    for status, word in (
        (StepStatus.PENDING, "not begun" if over else "to come"),
        (StepStatus.RUNNING, "at work"),
        (StepStatus.FAILED, "failed"),
        (StepStatus.DONE, "done"),
        (StepStatus.SKIPPED, "left out"),
    ):
        if counts[status]:
            yield f"{counts[status]:,} {word}"


def _together(members: Sequence[StepInfo]) -> StepStatus:
    """One state for many."""
    states = {step.status for step in members}
    if StepStatus.FAILED in states:
        return StepStatus.FAILED
    if states <= set(OVER):
        return StepStatus.DONE
    return StepStatus.PENDING if states == {StepStatus.PENDING} else StepStatus.RUNNING


def _group(step: StepInfo) -> tuple[str, str]:
    if step.kind in ("check", "undo"):
        return (step.kind, step.kind)
    return ("item", step.name) if step.kind == "item" else (step.kind, step.key)


def _host(step: StepInfo) -> str:
    """The host that a step of work on several hosts belongs to; empty for others."""
    return step.name.rpartition("@")[2] if "@" in step.name and step.kind not in ("check", "undo") else ""


def _bare(name: str) -> str:
    return name.rpartition("@")[0] or name
