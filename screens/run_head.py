"""The head of a run: who, what, how it stands, what a person can do next; and the keys that make sense now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from hsops.screens.run_lines import SYMBOLS
from hsops.screens.text import Line, Span, age, cut, span, wrap
from hsops.workflow.values import RunInfo, RunStatus, StepInfo, StepStatus, Verdict

Hints: TypeAlias = Sequence[tuple[str, str]]

MOST_NEXT: Final = 3
MOST_REASON: Final = 2
"""Lines for why it waits or stopped."""


def head_lines(info: RunInfo, steps: Sequence[StepInfo], now: float, room: int) -> list[Line]:
    """Who, what, since when; how it stands and why; what to do next."""
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
    if info.wish and not info.status.over:
        state.append(span(f"   asked to {'back out' if info.wish == 'abort' else info.wish}", "warn"))
    if info.approval is not None and info.approval.verdict:
        asked = info.approval
        state.append(span(f"   {asked.verdict} by {asked.identity or asked.by}", "dim"))
    if info.window and not info.status.over:
        state.append(span(f"   window {info.window}", "dim"))
    if info.owner and not info.status.over:
        state.append(span(f"   worked on by {info.owner}", "dim"))
    lines = [cut(first, room), cut(state, room)]
    if info.reason and info.reason != info.status.value:
        lines += [(Span("   "), span(part)) for part in wrap(info.reason, room - 4)[:MOST_REASON]]
    following = next_step(info, [step for step in steps if step.verdicts])
    if following:
        parts = wrap(following, room - 4)[:MOST_NEXT]
        lines += [(Span(" → " if i == 0 else "   ", "accent"), span(part)) for i, part in enumerate(parts)]
    return lines


def next_step(info: RunInfo, questions: Sequence[StepInfo]) -> str:
    """What a person can do now, in a sentence; empty when there is nothing to do."""
    if info.stranded:
        return (
            f"another version of hsops began it, and that process is gone: hsops runs carry {info.id} goes on with it"
        )
    if orphaned(info):
        return "nobody works on it: the process that did is gone; r takes it up here, where it was"
    failed = [step for step in questions if step.status is StepStatus.FAILED]
    if any(step.kind == "gate" for step in questions):
        return "a gate is closed: it waits until all is well; s waives it with a reason, b backs out"
    if failed and not info.status.over:
        what = "1 thing failed" if len(failed) == 1 else f"{len(failed)} things failed"
        many = "; T and S answer for all of them" if len(failed) > 1 else ""
        return f"{what}: cursor on it, then {_answers(failed)}, or b backs out of everything{many}"
    return _BY_STATUS.get(info.status, "")


def _answers(failed: Sequence[StepInfo]) -> str:
    allowed = {verdict for step in failed for verdict in step.verdicts}
    words = [("t tries it again", Verdict.RETRY), ("s leaves it out", Verdict.SKIP)]
    return ", ".join(word for word, verdict in words if verdict in allowed)


_BY_STATUS: Final = {
    RunStatus.PAUSED: "paused: what was in flight has ended; r goes on, b undoes what was done",
    RunStatus.STOPPED: "stopped half-way, nothing is lost: r goes on where it stopped, b undoes what was done",
    RunStatus.QUEUED: "left for a worker: `hsops worker` takes it up, r begins it here",
    RunStatus.AWAITING: "nothing has been changed: a second person has to say yes; a shows what is asked",
}


_RESTING: Final = (RunStatus.PAUSED, RunStatus.STOPPED, RunStatus.QUEUED)


def orphaned(info: RunInfo) -> bool:
    """Whether it should be worked on and is not."""
    return info.status in (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.ROLLING_BACK) and not info.owner_alive


def keys_for(info: RunInfo | None, questions: Sequence[StepInfo], *, in_log: bool, everything: bool) -> Hints:
    """Ids and words for the last line, what matters now first."""
    log = ("run.log", "commands" if everything else "log")
    if in_log:
        return (
            ("lines.open", "whole line"),
            ("app.copy", "copy line"),
            ("run.copy_all", "copy all"),
            ("run.filter", "filter"),
            log,
            ("run.full", "full"),
            ("run.other", "steps"),
            ("view.back", "leave"),
        )
    leave = ("view.back", "back" if info is None or info.status.over else "leave it running")
    return (
        *_acts(info, questions),
        leave,
        ("lines.open", "details"),
        ("run.other", "to log"),
        log,
        ("app.copy", "copy commands"),
        ("run.filter", "filter"),
        ("run.fold", "open all"),
    )


def _acts(info: RunInfo | None, questions: Sequence[StepInfo]) -> Hints:
    if info is None:
        return ()
    if info.status.over:
        return (("run.report", "report"),)
    back = ("run.abort", "back out…")
    if info.status is RunStatus.AWAITING:
        return (("run.approval", "approve or reject…"), back)
    if info.status in _RESTING or orphaned(info):
        return (("run.resume", "resume"), *_verdicts(questions), back)
    return (*(_verdicts(questions) if questions else (("run.pause", "pause"),)), back)


def _verdicts(questions: Sequence[StepInfo]) -> Hints:
    if any(step.kind == "gate" for step in questions):
        return (("run.skip", "waive gate…"),)
    if not questions:
        return ()
    more = (("run.retry_all", "retry all"),) if len(questions) > 1 else ()
    return (("run.retry", "retry"), ("run.skip", "skip"), *more)
