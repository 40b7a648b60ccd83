"""The work behind ``hsops runs``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.cli import following
from hsops.cli.engines import open_engine
from hsops.cli.opening import opened, run
from hsops.cli.output import documents, streams, writer
from hsops.cli.output.sheet import Field, Sheet, plain_document
from hsops.cli.output.writer import Output
from hsops.errors import NotFound, UserError, plain
from hsops.render import length, moment

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine
    from hsops.workflow.values import RunInfo, StepInfo


@asynccontextmanager
async def _engine(flag: str, *, work: bool = False) -> AsyncIterator[Engine]:
    """An engine that only looks, or one that works on what it is told to."""
    async with opened(flag) as session:
        engine = await open_engine(session, work=work, adopt=False)
        try:
            yield engine
        finally:
            await engine.close()


async def _found(engine: Engine, start: str) -> str:
    """The id that begins so. Raises NotFound, UserError when several do."""
    hits = [info.id for info in await engine.runs(1000) if info.id.startswith(start)]
    if start in hits or len(hits) == 1:
        return start if start in hits else hits[0]
    if hits:
        raise UserError(f"{len(hits)} runs begin with {start}", hint=", ".join(hits[:5]))
    raise NotFound(f"there is no run {start}", hint="`hsops runs ls` lists them")


def list_runs(flag: str, wanted: Output) -> int:
    """Print all runs."""

    async def work() -> int:
        async with _engine(flag) as engine:
            found = await engine.runs()
        writer.write(_sheet(found), wanted)
        if not found:
            streams.say("there are no runs")
        return 0

    return run(work())


def show(flag: str, start: str, form: str) -> int:
    """Print one run; gives its exit code only where it failed to be shown."""
    _check(form)

    async def work() -> int:
        async with _engine(flag) as engine:
            run_id = await _found(engine, start)
            info, steps = await engine.info(run_id), await engine.steps(run_id)
        if form == "text":
            streams.write("".join(f"{line}\n" for line in _lines(info, steps)))
            return 0
        data = {**_document(info), "steps": msgspec.to_builtins(steps)}
        streams.write(documents.as_json(data) if form == "json" else documents.as_yaml(data))
        return 0

    return run(work())


def go_on(flag: str, start: str, wish: str, form: str) -> int:
    """Resume or abort a run and follow it; gives its exit code."""
    _check(form)

    async def work() -> int:
        async with _engine(flag, work=True) as engine:
            run_id = await _found(engine, start)
            seen = 0
            async for event in engine.events(run_id, follow=False):
                seen = event.seq
            await (engine.resume if wish == "resume" else engine.abort)(run_id, attended=False)
            return await following.follow(engine, run_id, form, after=seen)

    return run(work())


def pause(flag: str, start: str) -> int:
    """Ask a run to pause."""

    async def work() -> int:
        async with _engine(flag) as engine:
            streams.say(following.ending(await engine.pause(await _found(engine, start))))
        return 0

    return run(work())


def decide(flag: str, start: str, item: str, verdict: str) -> int:
    """Leave a verdict."""

    async def work() -> int:
        async with _engine(flag) as engine:
            run_id = await _found(engine, start)
            await engine.decide(run_id, item, verdict.replace("-", "_"))
        streams.say(plain(f"run {run_id}: {item} → {verdict}"))
        return 0

    return run(work())


def logs(flag: str, start: str, form: str, *, live: bool) -> int:
    """Print a run's events."""
    _check(form)

    async def work() -> int:
        async with _engine(flag) as engine:
            code = await following.follow(engine, await _found(engine, start), form, live=live)
        return code if live else 0

    return run(work())


def _check(form: str) -> None:
    if form not in ("text", "json", "yaml"):
        raise UserError(f"there is no output {form}", hint="text, json or yaml")


def _sheet(found: Sequence[RunInfo]) -> Sheet:
    fields: tuple[Field, ...] = (
        Field("id", lambda info: info.id),
        Field("workflow", lambda info: info.workflow),
        Field("target", lambda info: info.target),
        Field("status", lambda info: str(info.status)),
        Field("site", lambda info: info.site, priority=20),
        Field("author", lambda info: info.author, priority=30),
        Field("created", lambda info: moment(info.created), priority=10),
        Field("ended", lambda info: moment(info.ended) if info.ended else None, priority=40),
        Field("reason", lambda info: info.reason, priority=50),
        Field("owner", lambda info: info.owner, wide=True),
    )
    return Sheet("Run", fields, found, _document, name=lambda info: f"run/{info.id}")


def _document(info: RunInfo) -> dict[str, Any]:
    status = msgspec.to_builtins(info)
    name = status.pop("id")
    return {**plain_document("Run", name, (), info), "status": {**status, "exitCode": info.exit_code}}


def _lines(info: RunInfo, steps: Sequence[StepInfo]) -> Iterator[str]:
    yield plain(f"run {info.id}  {info.workflow} {info.target}   {info.site}   {info.status}")
    yield plain(f"  by {info.author}, {moment(info.created)}" + (f", on {info.owner}" if info.owner else ""))
    if info.reason:
        yield plain(f"  {info.reason}")
    for step in steps:
        yield _step(step)
    yield following.ending(info)


def _step(step: StepInfo) -> str:
    took = length((step.ended - step.started).total_seconds()) if step.started and step.ended else ""
    done = f"{step.fraction:.0%}" if step.fraction is not None and not step.ended else ""
    what = step.title or step.item or step.name
    indent = "    " if step.item else "  "
    parts = (f"{_MARKS.get(step.status, ' ')} {what}", done, step.text, took)
    asked = f" → {' or '.join(step.verdicts)}" if step.verdicts else ""
    return plain(indent + "  ".join(part for part in parts if part) + asked)


_MARKS = {"pending": "·", "running": "▶", "done": "✓", "failed": "✗", "skipped": "‖"}
