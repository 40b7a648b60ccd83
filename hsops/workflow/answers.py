"""What people answer to a run that asks: approved, rejected, waived. Calls block: they belong into a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from hsops.errors import Conflict, UserError, plain
from hsops.plugin import Workflow
from hsops.workflow import approval, consent, events, runs, waivers, window
from hsops.workflow.approval import Approver, Claim
from hsops.workflow.clock import moment, now
from hsops.workflow.consent import Asked
from hsops.workflow.redact import redact
from hsops.workflow.store import Store
from hsops.workflow.values import Event, RunInfo, RunStatus, StepInfo, StepStatus
from hsops.workflow.waivers import ALL, WINDOW, Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Who answers and why. `digest`: of the plan that they have seen, empty for whatever is asked."""

    by: str
    reason: str = ""
    signature: bytes = b""
    digest: str = ""


def payload(connection: Connection, info: RunInfo, workflow: Workflow) -> bytes:
    """The bytes to sign. Raises Conflict when the run asks for no approval."""
    asked = _asked(connection, info)
    request = runs.request(connection, info.id)
    return approval.payload(info.id, request, workflow.target(request.values), asked.digest)


def approve(store: Store, info: RunInfo, workflow: Workflow, approver: Approver, answer: Answer) -> str:
    """Keep an approval, once it is proven, and give who approved. Raises Conflict, Forbidden or UserError."""
    asked = store.run(lambda connection: _open(connection, info, answer.digest))
    _still_stands(store, info, asked)
    signed = store.run(lambda connection: payload(connection, info, workflow))
    claim = Claim(payload=signed, by=answer.by, starter=info.author, signature=answer.signature)
    identity = approver.identity(claim)
    _keep(store, asked, consent.APPROVED, answer, identity)
    return identity


def reject(store: Store, info: RunInfo, answer: Answer) -> None:
    """Refuse the run. Raises Conflict when it is not asked (any more), UserError without a reason."""
    _demand_reason(answer.reason, "rejecting a run")
    asked = store.run(lambda connection: _open(connection, info, ""))
    _keep(store, asked, consent.REJECTED, answer, "")
    store.run(lambda connection: _end(connection, info, f"rejected by {answer.by}: {answer.reason}"))


def waive(connection: Connection, info: RunInfo, wanted: str, by: str, reason: str) -> str:
    """Let the run pass a red gate once: one gate by its name, or all of a step by its key. Gives the step's key.

    Raises Conflict when the run waits at no gate, UserError for a name that is none and without a reason.
    """
    _demand_reason(reason, "waiving a gate")
    steps = [step for step in runs.steps(connection, info.id) if step.kind == "gate"]
    here = [step for step in steps if step.status is StepStatus.RUNNING]
    if not here and not (wanted == WINDOW and info.status is RunStatus.PAUSED):
        raise Conflict("waits at no gate", thing=f"run {info.id}", hint=f"hsops runs show {info.id}")
    key = here[0].key if here else WINDOW
    gate = _gate(connection, info, here, wanted)
    waivers.waive(connection, info.id, Waiver(key, gate, by, reason))
    data = {"gate": gate, "by": by, "reason": redact(plain(reason))}
    text = f"{wanted} by {by}: {redact(plain(reason))}"
    events.add(connection, Event(run=info.id, at=now(), kind="waiver", key=key, status="waived", text=text, data=data))
    return key


def paused_by_window(info: RunInfo) -> bool:
    """Whether a living process holds the run at the end of a maintenance window."""
    return info.status is RunStatus.PAUSED and info.wish != "pause" and info.owner_alive


def _gate(connection: Connection, info: RunInfo, here: Sequence[StepInfo], wanted: str) -> str:
    if any(wanted in (step.key, step.name) for step in here):
        return ALL
    # A system that does not answer stands in for its gates, under its own name.
    red = {part.partition(":")[0] for step in here for part in step.text.split("; ")}
    known = {WINDOW, *red, *(waivers.baselines(connection, info.id) or {})}
    if wanted not in known:
        raise UserError(f"there is no gate {wanted}", thing=f"run {info.id}", hint=f"one of {', '.join(sorted(known))}")
    return wanted


def _open(connection: Connection, info: RunInfo, digest: str) -> Asked:
    """What is asked now. Raises Conflict when nothing is."""
    asked = _asked(connection, info)
    thing = f"run {info.id}"
    if asked.verdict:
        raise Conflict(f"was {asked.verdict} by {asked.identity or asked.approver} already", thing=thing)
    if digest and digest != asked.digest:
        raise Conflict("its plan is another one by now", thing=thing, hint="look at it again")
    return asked


def _asked(connection: Connection, info: RunInfo) -> Asked:
    found = consent.read(connection, info.id)
    if found is None:
        raise Conflict(f"asks for no approval, it is {info.status}", thing=f"run {info.id}")
    return found


def _still_stands(store: Store, info: RunInfo, asked: Asked) -> None:
    """Raises Conflict when the time is over; a run that nobody holds is refused then and there."""
    if asked.has_expired:
        reason = f"nobody approved it until {window.stamp(moment(asked.expires))}"
        store.run(lambda connection: _end(connection, info, reason))
        raise Conflict(reason, thing=f"run {info.id}", hint="start it anew")


def _end(connection: Connection, info: RunInfo, reason: str) -> None:
    if consent.end_unheld(connection, info.id, reason):
        text, data = redact(plain(reason)), {"code": 3}
        events.add(connection, Event(run=info.id, at=now(), kind="run", status="refused", text=text, data=data))


def _keep(store: Store, asked: Asked, verdict: str, answer: Answer, identity: str) -> None:
    def write(connection: Connection) -> bool:
        fields = {"by": answer.by, "reason": answer.reason, "identity": identity, "signature": answer.signature}
        if not consent.answer(connection, asked, verdict, **fields):  # type: ignore[arg-type] # one dict, several types
            return False
        data = {
            "by": answer.by,
            "identity": identity,
            "signed": bool(answer.signature),
            "digest": asked.digest,
            "reason": redact(plain(answer.reason)),
        }
        text = f"by {identity or answer.by}" + (f": {data['reason']}" if answer.reason else "")
        event = Event(run=asked.run, at=now(), kind="approval", status=verdict, text=text, data=data)
        events.add(connection, event)
        return True

    if not store.run(write):
        raise Conflict("somebody was faster, or the plan is another one by now", thing=f"run {asked.run}")


def _demand_reason(reason: str, what: str) -> None:
    if not reason.strip():
        raise UserError(f"{what} needs a reason", hint="--reason TEXT")
