"""Following a run until it rests: a line an event, NDJSON for programs; interrupting detaches."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hsops.cli.output import documents, streams
from hsops.errors import plain
from hsops.render import moment

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine
    from hsops.workflow.values import Event, RunInfo


async def follow(engine: Engine, run: str, form: str, *, after: int = 0, live: bool = True) -> int:
    """Print the run's events and its end. Gives the run's exit code; raises HsopsError."""
    async for event in engine.events(run, after, follow=live):
        if form == "json":
            streams.write(documents.as_json(event, indent=0))
        elif line := event_line(event):
            streams.write(line + "\n")
        sys.stdout.flush()
    info = await engine.info(run)
    streams.say(ending(info))
    return info.exit_code


def event_line(event: Event) -> str:
    """An event for a person; progress is told by the steps around it."""
    if event.kind == "progress":
        return ""
    parts = [event.kind, event.key, event.status, event.text, f"$ {event.shell}" if event.shell else ""]
    return plain(f"{moment(event.at)}  " + "  ".join(part for part in parts if part), 1000)


def ending(info: RunInfo) -> str:
    """How a run stands, and what can be done next."""
    text = f"run {info.id} {info.status}" + (f": {info.reason}" if info.reason else "")
    if not info.status.over:
        text += f" → hsops runs resume {info.id}, or hsops runs abort {info.id}"
    return plain(text)
