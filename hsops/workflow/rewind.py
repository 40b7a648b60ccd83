"""Going back to a step: what was journalled before it stays, it and everything after it is done again.

Our own tables are turned back first, DBOS's journal after them: when the process dies in between, the replay finds the
answers still recorded and puts the states right, as if nobody had asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, text

from hsops.errors import Conflict, UserError
from hsops.workflow.values import RunInfo, RunStatus, StepInfo, StepStatus

_EFFECTS = ("step", "item")
_NO_START = ("note", "undo", "item", "gate")
_NOT_YET = (RunStatus.QUEUED, RunStatus.AWAITING)
_NEVER = (*_NOT_YET, RunStatus.ROLLING_BACK, RunStatus.ROLLED_BACK, RunStatus.REFUSED, RunStatus.FAILED)
_HALF = (StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.RUNNING)
_BODY = text("SELECT body FROM hsops_step WHERE run = :run AND key = :key")
_TURN = text("""UPDATE hsops_step SET body = :body, status = 'pending', verdict = '' WHERE run = :run AND key = :key""")


class Rewinding(msgspec.Struct, frozen=True, kw_only=True):
    """What going back to a step means. `start` is where the run goes on."""

    run: str
    start: str
    forgotten: tuple[StepInfo, ...] = ()
    """Steps and items whose answers are forgotten, in order."""

    @property
    def again(self) -> Sequence[StepInfo]:
        """The effects among them that were begun: each looks first, and acts where the world is not as it wants it."""
        return [step for step in self.forgotten if step.kind in _EFFECTS and step.attempts]


def refuse(info: RunInfo, steps: Sequence[StepInfo]) -> None:
    """Raises Conflict when the run can not go back now."""
    thing = f"run {info.id}"
    if info.status in _NEVER:
        hint = "nothing was done yet" if info.status in _NOT_YET else "start a new one"
        raise Conflict(f"is {info.status}", thing=thing, hint=hint)
    if info.wish == "abort" or any(step.kind == "undo" for step in steps):
        raise Conflict("is being taken back", thing=thing, hint=f"hsops runs resume {info.id} goes on with that")
    if info.owner_alive:
        raise Conflict(f"{info.owner} works on it", thing=thing, hint="end that process first, or wait until it stops")


def from_step(run: str, steps: Sequence[StepInfo], wanted: str) -> Rewinding:
    """Back to a step, or to the first item of a fan-out. Raises UserError when the run has no such step."""
    for number, step in enumerate(steps):
        if (step.key == wanted and step.kind not in _NO_START) or step.key == f"{wanted}/{step.item}":
            later = [later for later in steps[number:] if later.kind != "undo"]
            return Rewinding(run=run, start=wanted, forgotten=tuple(later))
    named = dict.fromkeys(_name(step) for step in steps if step.kind not in ("note", "undo", "gate"))
    hint = "--only-failed tries items again" if any(wanted in (s.item, s.key) for s in steps) else ", ".join(named)
    raise UserError(f"has no step {wanted} to go back to", thing=f"run {run}", hint=hint)


def only_failed(run: str, steps: Sequence[StepInfo], wanted: str = "") -> Rewinding:
    """Back to the items of a fan-out that failed or were skipped; the others stay done. Later steps are done again.

    Without a name it is the first fan-out that has such items. Raises UserError when there are none.
    """
    for step in steps:
        name = _name(step)
        if step.kind == "item" and step.status in _HALF and wanted in ("", name):
            ours = [other for other in steps if other.kind == "item" and _name(other) == name]
            half = [other for other in ours if other.status is not StepStatus.DONE]
            later = [other for other in steps[steps.index(ours[-1]) + 1 :] if other.kind != "undo"]
            return Rewinding(run=run, start=name, forgotten=(*half, *later))
    raise UserError("has no failed or skipped item", thing=f"run {run}", hint="--from STEP goes back to a step")


def number_of(rewinding: Rewinding, recorded: Mapping[int, str]) -> int:
    """Number of the first recorded step that is forgotten; behind the last one when none of them is recorded."""
    names = {f"{step.kind} {step.key}" for step in rewinding.forgotten}
    return min((number for number, name in recorded.items() if name in names), default=max(recorded, default=0) + 1)


def reopen(connection: Connection, info: RunInfo, was: str, me: str, *, attended: bool | None, version: str) -> bool:
    """Become the owner of a run that stopped or is done, as it was seen; False when somebody was faster.

    Raises IntegrityError when its target is held by another run meanwhile.
    """
    sql = """UPDATE hsops_run SET owner = :me, status = 'running', reason = '', code = 0, ended = NULL,
             wish = CASE WHEN wish = 'abort' THEN wish ELSE '' END, version = :version, attempts = 1,
             attended = coalesce(:attended, attended)
             WHERE id = :run AND owner = :was AND status = :status RETURNING id"""
    there = None if attended is None else int(attended)
    values = {"run": info.id, "me": me, "was": was, "status": info.status.value, "attended": there, "version": version}
    return connection.execute(text(sql), values).first() is not None


def turn_back(connection: Connection, rewinding: Rewinding) -> None:
    """Put the states of forgotten steps back. That they were begun is kept: backing out has to know it."""
    for step in rewinding.forgotten:
        where = {"run": rewinding.run, "key": step.key}
        body = connection.execute(_BODY, where).scalar_one()
        info = msgspec.structs.replace(
            msgspec.json.decode(body, type=StepInfo),
            status=StepStatus.PENDING,
            text="",
            fraction=None,
            left=None,
            trend=(),
            started=None,
            ended=None,
            verdicts=(),
        )
        connection.execute(_TURN, {**where, "body": msgspec.json.encode(info).decode()})


def _name(step: StepInfo) -> str:
    """The key of a step, or of an item's fan-out."""
    return step.key.removesuffix(f"/{step.item}") if step.kind == "item" else step.key
