"""Plans in files: saved when they are made, run later, refused when the world is another one by then."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hsops.errors import Conflict, HsopsError, UserError
from hsops.workflow.planning import digest
from hsops.workflow.values import Plan, PlanStep

KIND = "hsops-plan"
FORMAT = 1
"""Of the file. Raised when an older hsops could not read it rightly."""
_SHOWN = 5
"""Names in one sentence of what differs."""


class PlanChanged(Conflict):
    """The plan that would be carried out is not the one that was approved. Nothing was changed."""

    exit_code = 3


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    format: int


class _File(_Head, frozen=True, kw_only=True):
    plan: Plan


def save_plan(plan: Plan, path: Path) -> None:
    """Write the plan as JSON, mode 0600, all or nothing. Raises UserError when it can not be written."""
    text = msgspec.json.format(msgspec.json.encode(_File(kind=KIND, format=FORMAT, plan=plan)), indent=2)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text + b"\n")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UserError(f"can not be written: {error.strerror}", thing=str(path)) from error


def load_plan(path: Path) -> Plan:
    """Read a saved plan. Raises UserError when it is none, is of a newer format, or was edited since."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"can not be read: {error.strerror}", thing=str(path)) from error
    try:
        plan = _decoded(raw)
    except HsopsError:
        raise
    except (msgspec.MsgspecError, ValueError) as error:
        hint = "hsops run WORKFLOW … --plan --plan-file FILE writes one"
        raise UserError(f"is no plan: {error}", thing=str(path), hint=hint) from error
    if digest(plan) != plan.digest:
        raise UserError("was edited since it was saved", thing=str(path), hint="make the plan anew")
    return plan


def _decoded(raw: bytes) -> Plan:
    head = msgspec.json.decode(raw, type=_Head)
    if head.kind != KIND:
        raise ValueError("another kind of file")
    if head.format > FORMAT:
        raise UserError(f"the plan is of format {head.format}", hint="a newer hsops wrote it: run it with that one")
    return msgspec.json.decode(raw, type=_File).plan


def values_of(plan: Plan) -> Mapping[str, Any]:
    """Its inputs, in the form in which they can be given again: what was left empty stays empty."""
    return {name: "" if value is None else value for name, value in plan.values.items()}


def choices_of(plan: Plan) -> Mapping[str, str]:
    """The answers it was made with."""
    return {choice.key: choice.answer for choice in plan.choices if choice.answer}


def forced_in(plan: Plan) -> Mapping[str, str]:
    """The checks it forces, with the reasons."""
    return {check.name: check.forced for check in plan.checks if check.forced}


def demand(plan: Plan, expected: str, saved: Plan | None = None) -> None:
    """Raises PlanChanged unless the plan made now does what the expected digest stands for."""
    if plan.digest == expected:
        return
    what = "; ".join(differences(saved, plan)) if saved is not None else ""
    raise PlanChanged(
        f"the plan is not the approved one any more{': ' + what if what else ''}",
        thing=f"{plan.workflow} {plan.target}".strip(),
        hint="nothing was changed; look at the new plan and approve that",
    )


def differences(saved: Plan, made: Plan) -> Sequence[str]:
    """What differs between two plans, in sentences; empty when they would do the same."""
    return [] if digest(saved) == digest(made) else list(_differences(saved, made)) or ["the commands differ"]


def _differences(saved: Plan, made: Plan) -> Iterator[str]:
    for what in ("workflow", "site", "target"):
        if getattr(saved, what) != getattr(made, what):
            yield f"{what} was {getattr(saved, what)}, is {getattr(made, what)}"
    yield from _mapping("input", saved.values, made.values)
    yield from _mapping("touches", saved.touches, made.touches)
    yield from _mapping("check", *({check.name: _held(check.ok) for check in plan.checks} for plan in (saved, made)))
    yield from _mapping("answer for", choices_of(saved), choices_of(made))
    before, after = ({choice.key: choice.options for choice in plan.choices} for plan in (saved, made))
    yield from _names("question", before, after)
    before_steps, after_steps = (_numbered(plan.steps) for plan in (saved, made))
    yield from _names("step", before_steps, after_steps)
    for name in before_steps.keys() & after_steps.keys():
        yield from _step(name, before_steps[name], after_steps[name])


def _held(ok: bool) -> str:
    return "passed" if ok else "failed"


def _numbered(steps: Sequence[PlanStep]) -> dict[str, PlanStep]:
    """By name; the second of one name is ``name#2``, as in a run."""
    found: dict[str, PlanStep] = {}
    for step in steps:
        number = 1 + sum(known.name == step.name for known in found.values())
        found[step.name if number == 1 else f"{step.name}#{number}"] = step
    return found


def _step(name: str, saved: PlanStep, made: PlanStep) -> Iterator[str]:
    if (saved.command, saved.undo_command) != (made.command, made.undo_command):
        yield f"step {name} has another command"
    before, after = ({item.key: item for item in step.items} for step in (saved, made))
    yield from _names(f"item of {name}", before, after)
    changed = [key for key in before if key in after and before[key] != after[key]]
    if changed:
        yield f"changed in {name}: {_listed(changed)}"


def _mapping(what: str, saved: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[str]:
    yield from _names(what, saved, made)
    for name in saved:
        if name in made and saved[name] != made[name]:
            yield f"{what} {name} was {saved[name]}, is {made[name]}"


def _names(what: str, saved: Mapping[str, object], made: Mapping[str, object]) -> Iterator[str]:
    gone, new = [name for name in saved if name not in made], [name for name in made if name not in saved]
    if gone:
        yield f"{what} gone: {_listed(gone)}"
    if new:
        yield f"{what} new: {_listed(new)}"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
