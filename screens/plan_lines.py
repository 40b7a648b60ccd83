"""A plan as lines: what it touches, what was checked, what a person must choose, every step with its way back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from hsops.screens.text import BLANK, Line, Span, clock, cut, line, rule, span, wrap
from hsops.workflow.values import Plan, PlannedCheck, PlannedChoice, PlanStep

LABEL: Final = 10
ITEMS: Final = 8
"""Items of a fan-out shown; the others are counted."""


def plan_lines(plan: Plan, room: int) -> list[Line]:
    """The whole plan."""
    head = (
        Span(" plan "),
        span(f"{plan.workflow} {plan.target}", "title"),
        span(f"   {plan.site}", "dim"),
        span(f"   checked {clock(plan.made.timestamp())}Z · nothing has been changed yet", "dim"),
    )
    lines: list[Line] = [cut(head, room), BLANK]
    if plan.touches:
        touches = " · ".join(f"{count} {name}" for name, count in plan.touches.items())
        lines += _labelled("touches", touches, room)
    if plan.holder:
        lines += _labelled("held by", plan.holder, room, "critical")
    lines += _checks(plan.checks, room)
    lines += _choices(plan.choices, room)
    for note in plan.notes:
        lines += _labelled("note", note, room)
    lines += [BLANK, rule("steps", room)]
    for number, step in enumerate(plan.steps, 1):
        lines += _step(number, step, room)
    return [*lines, BLANK, *_verdict(plan, room)]


def _verdict(plan: Plan, room: int) -> list[Line]:
    obstacles = plan.obstacles
    if not obstacles:
        return [(Span(" ✓ ", "ok"), Span("it may start: ", ""), Span("s", "key"))]
    lines: list[Line] = [(Span(" ✗ ", "critical"), Span("it would be refused:"))]
    for text in obstacles:
        lines += [(Span("   "), span(part)) for part in wrap(text, room - 4)]
    return lines


def _labelled(label: str, text: str, room: int, style: str = "") -> list[Line]:
    parts = wrap(text, max(20, room - LABEL - 2))
    return [(Span(f" {label if i == 0 else '':{LABEL}}", "dim"), span(part, style)) for i, part in enumerate(parts)]


def _checks(checks: Sequence[PlannedCheck], room: int) -> list[Line]:
    """The counts, then what does not hold; Enter on it forces it with a reason."""
    bad = [check for check in checks if not check.ok and not check.forced]
    forced = [check for check in checks if check.forced]
    warnings = [check for check in checks if check.ok and check.warning]
    good = len(checks) - len(bad) - len(warnings) - len(forced)
    counts = [Span(f" {'checks':{LABEL}}", "dim"), Span(f"✓ {good}", "ok")]
    counts += [Span(f"   ! {len(warnings)}", "warn")] if warnings else []
    counts += [Span(f"   ✗ {len(bad)}", "critical")] if bad else []
    counts += [Span(f"   ‖ {len(forced)} forced", "maintenance")] if forced else []
    lines: list[Line] = [tuple(counts)]
    for mark, style, group in (("✗", "critical", bad), ("‖", "maintenance", forced), ("!", "warn", warnings)):
        for check in group:
            link = ("check", check.name) if style != "warn" else None
            text = check.text + (f" → {check.hint}" if check.hint else "")
            text += f"   forced: {check.forced}" if check.forced else ""
            parts = wrap(text, max(20, room - 34))
            lines.append(line(Span(f"   {mark} ", style), span(f"{check.name:26} ", "", link), span(parts[0])))
            lines += [(Span(" " * 32), span(part)) for part in parts[1:]]
    return lines


def _choices(choices: Sequence[PlannedChoice], room: int) -> list[Line]:
    """What cannot be decided without a person; Enter on it asks."""
    lines: list[Line] = []
    for index, choice in enumerate(choices):
        answer = (
            span(choice.answer, "ok") if choice.answer else span("choose: " + " | ".join(choice.options), "critical")
        )
        lines.append(
            cut(
                (
                    Span(f" {'choices' if index == 0 else '':{LABEL}}", "dim"),
                    span(f"{choice.title:20}", "", ("choice", choice.key)),
                    Span(" → ", "dim"),
                    answer,
                    span(f"   {choice.why}", "dim"),
                ),
                room,
            )
        )
    return lines


def _step(number: int, step: PlanStep, room: int) -> list[Line]:
    undo = f"   undo: {shlex.join(step.undo_command) or 'yes'}" if step.undoable else ""
    many = f"{len(step.items)} items, {step.limit} at a time" if step.items else ""
    text = " · ".join(part for part in (step.text, many) if part)
    lines = [cut(line(f" {number:>3} ", span(f"{step.name:18} "), span(text), span(undo, "dim")), room)]
    for command in step.commands()[:ITEMS]:
        lines.append(cut(line(Span("       $ ", "dim"), span(command, "dim")), room))
    more = len(step.commands()) - ITEMS
    if more > 0:
        lines.append((Span(f"       and {more} more like these", "dim"),))
    return lines
