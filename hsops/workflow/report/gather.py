"""From what the store has of a run to its report."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Protocol

from hsops.workflow.clock import now
from hsops.workflow.report.moves import moved, seconds_of
from hsops.workflow.report.values import Asked, Checked, Command, Happened, Report, Took, Trace
from hsops.workflow.values import Event, RunInfo, StepInfo, StepStatus

_TIMED = ("step", "wait", "verify", "gate")
_EFFECTS = ("step", "item", "undo")


class Known(Protocol):
    """The part of an engine that a report needs; one that only looks (``work=False``) will do."""

    async def info(self, run: str) -> RunInfo:
        """One run. Raises NotFound."""
        ...

    async def steps(self, run: str) -> Sequence[StepInfo]:
        """Its steps and items."""
        ...

    def events(self, run: str, after: int = 0, *, follow: bool = True) -> AsyncIterator[Event]:
        """Its log."""
        ...


async def make_report(engine: Known, run: str) -> Report:
    """The report of a run as it is now, from the engine's store; in its life or long after. Raises HsopsError."""
    info, steps = await engine.info(run), await engine.steps(run)
    events = [event async for event in engine.events(run, follow=False)]
    find = getattr(engine, "trace", None)  # an engine that knows no audit log has none
    found = await find(run) if find is not None else None
    return report_of(info, steps, events, Trace(entries=found[0], seq=found[1], head=found[2]) if found else None)


def report_of(info: RunInfo, steps: Sequence[StepInfo], events: Sequence[Event], trace: Trace | None) -> Report:
    """The report of what is known."""
    items = [step for step in steps if step.kind == "item"]
    took = tuple(sorted(_times(steps), key=lambda one: -one.seconds))
    gates = tuple(_gates(events))
    return Report(
        run=info,
        made=now(),
        asked=_asked(info, events),
        approval=info.approval,
        approvals=tuple(_of_kind("approval", events)),
        touches=info.touches,
        checks=tuple(_checks(steps, events)),
        moved=tuple(moved(item, info.target) for item in items),
        counts=dict(Counter(item.status.value for item in items)),
        took=took,
        states=_states(info, events),
        gates=gates,
        alerts=tuple(_alerts(events)),
        alerts_watched=any(event.kind == "alert" for event in events),
        silences=tuple(one for one in took if "silence" in one.name.lower()),
        troubles=tuple(_troubles(steps, events)),
        undone=tuple(_took(step) for step in steps if step.kind == "undo" and step.attempts),
        notes=tuple(event.text for event in events if event.kind == "note" and event.text),
        commands=tuple(_commands(steps, events)),
        trace=trace,
    )


def _asked(info: RunInfo, events: Sequence[Event]) -> Asked:
    request: dict[str, Any] = next((event.data for event in events if event.status == "submitted"), {})
    return Asked(
        workflow=info.workflow, title=info.title, site=info.site, tier=info.tier, target=info.target,
        author=info.author, at=info.created, values=info.values, choices=dict(request.get("choices", {})),
        force=dict(request.get("force", {})), reason=str(info.values.get("reason") or ""), window=info.window,
    )  # fmt: skip


def _checks(steps: Sequence[StepInfo], events: Sequence[Event]) -> Iterator[Checked]:
    """The last word of every check, then the proofs."""
    last = {event.key: event for event in events if event.kind == "check"}
    for event in last.values():
        forced = str(event.data.get("forced", "")) if event.status == "forced" else ""
        yield Checked(name=event.key, verdict=event.status, text=event.text, reason=forced)
    for step in steps:
        if step.kind == "verify" and step.status is not StepStatus.PENDING:
            verdict = "ok" if step.status is StepStatus.DONE else step.status.value
            yield Checked(name=f"{step.name} (proof)", verdict=verdict, text=step.text)


def _times(steps: Sequence[StepInfo]) -> Iterator[Took]:
    for step in steps:
        if step.kind in _TIMED and step.started is not None:
            yield _took(step)
    names = dict.fromkeys(step.name for step in steps if step.kind == "item")
    for name in names:
        items = [step for step in steps if step.kind == "item" and step.name == name and step.started]
        if items:
            yield _fan_out(name, items)


def _took(step: StepInfo) -> Took:
    return Took(
        name=step.key, title=step.title, kind=step.kind, status=step.status.value, seconds=seconds_of(step) or 0.0,
        attempts=max(1, step.attempts), text=step.text,
    )  # fmt: skip


def _fan_out(name: str, items: Sequence[StepInfo]) -> Took:
    began = min(item.started for item in items if item.started)
    ended = max((item.ended for item in items if item.ended), default=began)
    slowest = max(items, key=lambda item: seconds_of(item) or 0.0)
    statuses = Counter(item.status.value for item in items)
    return Took(
        name=name, title="", kind="items", status=", ".join(f"{count} {status}" for status, count in statuses.items()),
        seconds=(ended - began).total_seconds(), items=len(items), slowest=slowest.title or slowest.item,
        attempts=max(item.attempts for item in items),
    )  # fmt: skip


def _states(info: RunInfo, events: Sequence[Event]) -> dict[str, float]:
    """How long the run was in each state: what it waited for people, and what it worked."""
    marks = [(event.at, event.status) for event in events if event.kind == "run" and event.status]
    found: dict[str, float] = {}
    ends = [at for at, _ in marks[1:]] + ([info.ended] if info.ended else [marks[-1][0]] if marks else [])
    for (began, status), ended in zip(marks, ends, strict=False):
        found[status] = found.get(status, 0.0) + max(0.0, (ended - began).total_seconds())
    return {status: round(seconds, 3) for status, seconds in found.items() if seconds > 0}


def _gates(events: Sequence[Event]) -> Iterator[Happened]:
    for event in events:
        if event.kind in ("gate", "waiver"):
            what = "waiver given" if event.kind == "waiver" else event.status
            yield Happened(at=event.at, what=what, thing=event.key, text=event.text)


def _of_kind(kind: str, events: Sequence[Event]) -> Iterator[Happened]:
    return (Happened(at=event.at, what=event.status, text=event.text) for event in events if event.kind == kind)


def _alerts(events: Sequence[Event]) -> Iterator[Happened]:
    """What alerted meanwhile, and when it was quiet again."""
    for event in events:
        if event.kind == "alert" and event.data:
            thing, text = str(event.data.get("gate", "")), str(event.data.get("text", ""))
            yield Happened(at=event.at, what=event.status, thing=thing, text=text)


def _troubles(steps: Sequence[StepInfo], events: Sequence[Event]) -> Iterator[Happened]:
    """What failed, what people decided, what was left out, and what could not be recorded, in order of time."""
    known = {step.key: step for step in steps}
    found: list[Happened] = []
    for event in events:
        step = known.get(event.key)
        thing = (step.title or step.item or step.name) if step is not None else event.key
        if event.kind == "question":
            found.append(Happened(at=event.at, what="failed", thing=thing, text=event.text))
        elif event.kind == "decision":
            found.append(Happened(at=event.at, what=f"decided: {event.status}", thing=thing, text=event.text))
        elif event.kind == "step" and event.status == "skipped":
            found.append(Happened(at=event.at, what="skipped", thing=thing, text=event.text))
        elif event.kind == "note" and event.status == "warning":
            found.append(Happened(at=event.at, what="warning", text=event.text))
        elif event.kind == "run" and event.status in ("waiting", "paused", "stopped", "refused", "rolling-back"):
            found.append(Happened(at=event.at, what=event.status, thing="the run", text=event.text))
    return iter(found)


def _commands(steps: Sequence[StepInfo], events: Sequence[Event]) -> Iterator[Command]:
    """Every effect that was begun, as often as it was."""
    kinds = {step.key: step.kind for step in steps}
    for event in events:
        kind = kinds.get(event.key, "")
        if event.kind == "step" and event.status == "running" and kind in _EFFECTS and event.command:
            yield Command(at=event.at, step=event.key, shell=shlex.join(event.command), undo=kind == "undo")
