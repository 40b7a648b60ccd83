"""A plan as lines: what it touches, what was checked, what a person must choose, every step with its way back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hsops.screens.blast import Blast
from hsops.screens.place import Place, View
from hsops.screens.text import BLANK, Line, Span, clock, cut, flow, line, rule, span, width, wrap
from hsops.screens.widgets.cell import width_of
from hsops.workflow.values import Plan, PlannedCheck, PlannedChoice, PlanStep

LABEL: Final = 10
ITEMS: Final = 4
"""Commands of a step shown while it is folded; the others are counted."""
KINDS: Final = {"verify": "proof", "gate": "goes on only while all is well", "wait": "waits"}
"""What a step without words of its own does."""
OBSTACLES: Final = 4
"""Obstacles told in the head; all of them stand below."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan with what the screen adds to it. `opened`: numbers of the steps whose commands are all shown."""

    plan: Plan
    blast: Blast | None = None
    opened: frozenset[int] = frozenset()
    running: bool = False
    """It belongs to a run already: it is not started from here."""


def plan_lines(shown: Shown, room: int) -> list[Line]:
    """The whole plan: whether it may start, what it costs, what stands in the way, every step."""
    plan = shown.plan
    head = (Span(" plan "), span(f"{plan.workflow} {plan.target}", "title"), span(f"   {plan.site}", "dim"))
    checked = f"   checked {clock(plan.made.timestamp())}Z · nothing has been changed yet"
    lines: list[Line] = [cut(head, room)]
    if shown.running:
        lines.append((Span(checked[2:], "dim"),))
    else:
        lines += _verdict(shown, checked, room)
    lines.append(BLANK)
    touches = " · ".join(f"{count} {name}" for name, count in plan.touches.items())
    lines += _labelled("touches", touches or "nothing was counted", room)
    if shown.blast is not None:
        lines += _blast(shown.blast, room)
    if plan.holder:
        lines += _holder(plan.holder, room)
    lines += _conditions(plan, room)
    lines += _checks(plan.checks, room)
    lines += _choices(plan.choices, room)
    for note in plan.notes:
        lines += _labelled("note", note, room)
    lines += [BLANK, rule(f"steps {len(plan.steps)} · commands {len(plan.commands())}", room)]
    for number, step in enumerate(plan.steps, 1):
        lines += _step(number, step, room, every=number in shown.opened)
    if not plan.steps:
        lines.append((Span(" nothing would be done: there is nothing left to do", "dim"),))
    return lines


def _verdict(shown: Shown, checked: str, room: int) -> list[Line]:
    """Whether it may start, and the next key."""
    obstacles = shown.plan.obstacles
    if not obstacles:
        if shown.plan.approval:
            what = Span("it may be put to a second person: ")
            return [cut((Span(" ✓ ", "ok"), what, Span("s", "key"), Span(checked, "dim")), room)]
        return [cut((Span(" ✓ ", "ok"), Span("it may start: "), Span("s", "key"), Span(checked, "dim")), room)]
    lines: list[Line] = [cut((Span(" ✗ ", "critical"), Span("it would be refused"), Span(checked, "dim")), room)]
    found = list(_in_the_way(shown.plan))
    for name, link, why in found[:OBSTACLES]:
        parts = wrap(why, max(20, room - width_of(name) - 6))
        lines.append(cut((Span("   "), span(name, "critical", link), Span("  "), span(parts[0])), room))
        lines += [(Span(" " * (width_of(name) + 5)), span(part, "")) for part in parts[1:2]]
    if len(found) > OBSTACLES:
        lines.append((Span(f"   and {len(found) - OBSTACLES} more, below", "dim"),))
    return [*lines, *((Span(" → " if i == 0 else "   ", "accent"), span(part))
                      for i, part in enumerate(wrap(_way_out(shown.plan), room - 4)))]  # fmt: skip


def _in_the_way(plan: Plan) -> Iterator[tuple[str, Hashable, str]]:
    """Name, link and reason of each obstacle: the holder, checks, choices."""
    if plan.holder:
        yield plan.target, _run_of(plan.holder), f"is held: {plan.holder}"
    for check in plan.checks:
        if not check.ok and not check.forced:
            yield check.name, ("check", check.name), check.text + (f" → {check.hint}" if check.hint else "")
    if plan.unapprovable:
        yield "approval", None, f"nobody could approve it: {plan.unapprovable}"
    for choice in plan.choices:
        if not choice.answer:
            yield choice.title, ("choice", choice.key), f"{choice.why}: {' or '.join(choice.options)}?"


def _run_of(holder: str) -> Place | None:
    found = re.match(r"run (\w+)", holder)
    return Place(View.RUN, name=found[1]) if found else None


def _way_out(plan: Plan) -> str:
    """What a person can do about the obstacles."""
    ways = []
    if any(not choice.answer for choice in plan.choices):
        ways.append("enter on a choice answers it")
    if any(not check.ok and not check.forced for check in plan.checks):
        ways.append("mend what is wrong and ctrl-r, or enter on a check forces it")
    if plan.holder:
        ways.append("the run that holds it has to end first: enter on it")
    return "; ".join(ways)


def _blast(blast: Blast, room: int) -> list[Line]:
    """What depends on the target, by layer."""
    place = Place(View.IMPACT, kind=blast.key.kind, key=blast.key)
    if not blast.layers:
        return [(Span(f" {'impact':{LABEL}}", "dim"), span("nothing that hsops knows of depends on it", "", place))]
    phrases: list[Line] = [
        (*((Span(f"{layer.title}: ", "dim"),) if index == 0 else ()), span(count, "", place))
        for layer, counts in blast.layers
        for index, count in enumerate(counts)
    ]
    if blast.sick:
        names = ", ".join(blast.sick[:3]) + ("…" if len(blast.sick) > 3 else "")
        phrases.append((span(f"! {len(blast.sick)} not well already: {names}", "warn"),))
    lines = flow(phrases, max(20, room - LABEL - 2), gap=3)
    return [(Span(f" {'impact' if i == 0 else '':{LABEL}}", "dim"), *one) for i, one in enumerate(lines)]


def _holder(holder: str, room: int) -> list[Line]:
    """The run that works on the target now; Enter opens it."""
    link = _run_of(holder)
    parts = wrap(holder, max(20, room - LABEL - 2))
    label = Span(f" {'held by':{LABEL}}", "dim")
    return [
        (label if i == 0 else Span(" " * (LABEL + 1)), span(part, "critical", link if i == 0 else None))
        for i, part in enumerate(parts)
    ]


def _conditions(plan: Plan, room: int) -> list[Line]:
    """The maintenance window, and who has to agree."""
    lines: list[Line] = []
    if plan.window:
        lines += _labelled("window", plan.window, room)
    if plan.unapprovable:
        lines += _labelled("approval", f"nobody could approve it: {plan.unapprovable}", room, "critical")
    elif plan.approval:
        lines += _labelled("approval", f"{plan.approval} has to say yes before anything is changed", room, "warn")
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


def _step(number: int, step: PlanStep, room: int, *, every: bool) -> list[Line]:
    undo = f"undo: {shlex.join(step.undo_command) or 'yes'}" if step.undoable else ""
    many = f"{len(step.items):,} items, {step.limit} at a time" if step.items else ""
    text = " · ".join(part for part in (step.text, many) if part) or KINDS.get(step.kind, "")
    commands = step.commands()
    name = span(f"{step.name:18} ", "", ("plan-step", number) if commands else None)
    head = line(f" {number:>3} ", name, span(text))
    fits = width(head) + 3 + width_of(undo) <= room
    lines = [cut((*head, span(f"   {undo}" if undo and fits else "", "dim")), room)]
    shown = commands if every else commands[:ITEMS]
    for command in shown:
        if every:
            parts = wrap(command, room - 10)
            lines += [(Span("       $ " if i == 0 else "         ", "dim"), span(part)) for i, part in enumerate(parts)]
        else:
            lines.append(cut(line(Span("       $ ", "dim"), span(command, "dim")), room))
    if len(commands) > len(shown):
        more = f"       and {len(commands) - len(shown):,} more like these: enter on {step.name} shows them"
        lines.append(cut((span(more, "dim"),), room))
    if undo and not fits:
        lines.append(cut((span(f"       {undo}", "dim"),), room))
    return lines
