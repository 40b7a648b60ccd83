"""Following a run until it rests: a line an event, NDJSON for programs; interrupting detaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.cli.output import documents, streams
from hsops.errors import plain
from hsops.render import moment

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine
    from hsops.workflow.values import Event, RunInfo, StepInfo

_EFFECTS = ("step", "item", "wait", "verify", "undo")
_MARKS = {"running": "▶", "done": "✓", "ok": "✓", "failed": "✗", "skipped": "‖", "forced": "!", "warning": "!"}


async def follow(engine: Engine, run: str, form: str, *, after: int = 0, live: bool = True) -> int:
    """Print the run's events and its end. Gives the run's exit code; raises HsopsError."""
    steps: dict[str, StepInfo] = {}
    async for event in engine.events(run, after, follow=live):
        if form == "json":
            streams.write(documents.as_json(event, indent=0))
        else:
            if event.key and event.key not in steps:
                steps = {step.key: step for step in await engine.steps(run)}
            if line := event_line(event, steps.get(event.key)):
                streams.write(line + "\n")
        streams.write("", flush=True)
    info = await engine.info(run)
    streams.say(ending(info))
    return info.exit_code


def event_line(event: Event, step: StepInfo | None) -> str:
    """An event for a person; empty for what is of no interest: progress, reads, and what another event tells."""
    if event.kind == "approval":
        return plain(f"{moment(event.at)}  ■ approval {event.status}  {event.text}".rstrip())
    if event.kind == "run":
        return plain(f"{moment(event.at)}  ■ run {event.status}  {event.text}".rstrip())
    echo = step is not None and step.kind not in _EFFECTS
    if event.kind in ("progress", "touches") or (event.kind == "step" and echo and event.status != "failed"):
        return ""
    what = (step.title or step.item or step.name) if step is not None and step.kind != "check" else event.key
    shell = f"$ {event.shell}" if event.shell and event.status == "running" else ""
    mark = _MARKS.get(event.status, "·")
    parts = [f"{moment(event.at)}  {mark} {'' if event.kind == 'note' else what}".rstrip(), event.text, shell]
    if step is not None and event.kind == "question":
        parts.append("→ " + " or ".join(event.data.get("verdicts", ())))
    return plain("  ".join(part for part in parts if part), 1000)


def ending(info: RunInfo) -> str:
    """How a run stands, and what can be done next."""
    from hsops.workflow.values import RunStatus  # noqa: PLC0415 - late: following is imported for every `run --help`

    text = f"run {info.id} {info.status}" + (f": {info.reason}" if info.reason else "")
    if info.stranded:
        text += f"; no live worker for version {info.version} → hsops runs carry {info.id}"
    elif info.status is RunStatus.AWAITING and not (info.approval and info.approval.verdict):
        text += f" → another person: hsops runs approve {info.id}, or hsops runs reject {info.id} --reason TEXT"
    elif not info.status.over:
        text += f" → hsops runs resume {info.id}, or hsops runs abort {info.id}"
    return plain(text)
