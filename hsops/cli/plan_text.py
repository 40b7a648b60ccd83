"""A plan as lines for a person: what it touches, the checks, the questions, the steps with their commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hsops.errors import plain
from hsops.model import Health
from hsops.render import moment

if TYPE_CHECKING:
    from hsops.workflow.values import Plan, PlannedCheck, PlanStep

_KINDS = {"wait": "wait", "verify": "verify", "gate": "gate", "note": "note"}


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan; every remote text in it is made harmless."""
    yield plain(f"plan  {plan.workflow} {plan.target}   {plan.site}   made {moment(plan.made)}")
    yield "nothing has been changed yet"
    if plan.touches:
        yield plain("touches   " + " · ".join(f"{value} {name}" for name, value in plan.touches.items()))
    if plan.holder:
        yield plain(f"held by   {plan.holder}")
    if plan.window:
        yield plain(f"window    {plan.window}; how long it takes is not known")
    if plan.approval:
        yield plain(f"approval  {plan.unapprovable or plan.approval}")
    if plan.checks:
        yield "checks"
        yield from (_check(check) for check in plan.checks)
    if plan.choices:
        yield "questions"
        for choice in plan.choices:
            options = "|".join(choice.options)
            answer = choice.answer or f"no answer yet: --choice {choice.key}={options}"
            yield plain(f"  {choice.title}: {choice.why} → {answer}")
    yield "steps"
    for number, step in enumerate(plan.steps, 1):
        yield from _step(number, step)
    yield from (plain(f"note: {note}") for note in plan.notes)


def _check(check: PlannedCheck) -> str:
    health = Health.OK if check.ok else Health.CRITICAL
    if check.warning or (not check.ok and check.forced):
        health = Health.WARN
    text = f"  {health.symbol} {check.name}  {check.text}"
    if check.forced and not check.ok:
        text += f"   forced: {check.forced}"
    elif not check.ok:
        text += f" → {check.hint + ', or ' if check.hint else ''}--force {check.name}=REASON"
    return plain(text)


def _step(number: int, step: PlanStep) -> Iterator[str]:
    head = f"  {number} {step.name}"
    extra = [step.text, f"{step.limit} at a time" if step.limit > 1 else "", "" if step.undoable else "no undo"]
    if step.kind in _KINDS:
        extra = [_KINDS[step.kind], step.text]
    yield plain(f"{head}   {' · '.join(part for part in extra if part)}")
    for argv, undo in [(step.command, step.undo_command), *((item.command, item.undo_command) for item in step.items)]:
        if argv:
            yield plain(f"      $ {shlex.join(argv)}" + (f"      undo: {shlex.join(undo)}" if undo else ""))
