"""The work behind ``hsops runs``."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.cli import following
from hsops.cli.confirm import confirmed
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


REFUSED = 3


@asynccontextmanager
async def open_store(flag: str, *, work: bool = False) -> AsyncIterator[Engine]:
    """An engine that only looks, or one that works on what it is told to."""
    async with opened(flag) as session:
        engine = await open_engine(session, work=work, adopt=False)
        try:
            yield engine
        finally:
            await engine.close()


async def found_run(engine: Engine, start: str) -> str:
    """The id that begins so. Raises NotFound, UserError when several do."""
    hits = [info.id for info in await engine.runs(1000) if info.id.startswith(start)]
    if start in hits or len(hits) == 1:
        return start if start in hits else hits[0]
    if hits:
        raise UserError(f"{len(hits)} runs begin with {start}", hint=", ".join(hits[:5]))
    raise NotFound(f"there is no run {start}", hint="`hsops runs ls` lists them")


def list_runs(flag: str, wanted: Output, *, waiting: bool = False) -> int:
    """Print all runs; with `waiting` those that wait for who asks."""

    async def work() -> int:
        async with open_store(flag) as engine:
            found = [info for info in await engine.runs() if not waiting or engine.waits_for_me(info)]
        writer.write(_sheet(found), wanted)
        if not found:
            streams.say("no run waits for you" if waiting else "there are no runs")
        return 0

    return run(work())


def show(flag: str, start: str, form: str) -> int:
    """Print one run; gives its exit code only where it failed to be shown."""
    _check(form)

    async def work() -> int:
        async with open_store(flag) as engine:
            run_id = await found_run(engine, start)
            info, steps = await engine.info(run_id), await engine.steps(run_id)
        if form == "text":
            streams.write("".join(f"{line}\n" for line in _lines(info, steps)))
            return 0
        data = {**_document(info), "steps": msgspec.to_builtins(steps)}
        streams.write(documents.as_json(data) if form == "json" else documents.as_yaml(data))
        return 0

    return run(work())


def go_on(flag: str, start: str, wish: str, form: str, reason: str = "") -> int:
    """Resume or abort a run and follow it; gives its exit code. `reason`: of resuming outside the window."""
    _check(form)

    async def work() -> int:
        async with open_store(flag, work=True) as engine:
            run_id = await found_run(engine, start)
            seen = await _last_event(engine, run_id)
            if wish == "resume":
                await engine.resume(run_id, attended=False, reason=reason)
            else:
                await engine.abort(run_id, attended=False)
            return await following.follow(engine, run_id, form, after=seen)

    return run(work())


def rewind(flag: str, start: str, step: str, *, only_failed: bool, yes: bool, form: str) -> int:
    """Take a run back to a step, or to what failed, and follow it; gives its exit code."""
    _check(form)

    async def work() -> int:
        async with open_store(flag, work=True) as engine:
            run_id = await found_run(engine, start)
            told = await engine.rewinding(run_id, step, only_failed=only_failed)
            for effect in told.again:
                streams.say(plain(f"again: {effect.title or effect.item or effect.name}  {shlex.join(effect.command)}"))
            if not yes and not await confirmed(f"{len(told.again)} effects look again and act where they must."):
                return REFUSED
            seen = await _last_event(engine, run_id)
            await engine.rewind(run_id, step, only_failed=only_failed, attended=False)
            return await following.follow(engine, run_id, form, after=seen)

    return run(work())


def carry(flag: str, start: str, form: str) -> int:
    """Carry a run over to this version of hsops and follow it; gives its exit code."""
    _check(form)

    async def work() -> int:
        async with open_store(flag, work=True) as engine:
            run_id = await found_run(engine, start)
            seen = await _last_event(engine, run_id)
            await engine.carry(run_id, attended=False)
            return await following.follow(engine, run_id, form, after=seen)

    return run(work())


async def _last_event(engine: Engine, run_id: str) -> int:
    """Number of the newest event: what comes after it is new."""
    seen = 0
    async for event in engine.events(run_id, follow=False):
        seen = event.seq
    return seen


def pause(flag: str, start: str) -> int:
    """Ask a run to pause."""

    async def work() -> int:
        async with open_store(flag) as engine:
            streams.say(following.ending(await engine.pause(await found_run(engine, start))))
        return 0

    return run(work())


def decide(flag: str, start: str, item: str, verdict: str) -> int:
    """Leave a verdict."""

    async def work() -> int:
        async with open_store(flag) as engine:
            run_id = await found_run(engine, start)
            await engine.decide(run_id, item, verdict.replace("-", "_"))
        streams.say(plain(f"run {run_id}: {item} → {verdict}"))
        return 0

    return run(work())


def logs(flag: str, start: str, form: str, *, live: bool) -> int:
    """Print a run's events."""
    _check(form)

    async def work() -> int:
        async with open_store(flag) as engine:
            code = await following.follow(engine, await found_run(engine, start), form, live=live)
        return code if live else 0

    return run(work())


def report(flag: str, start: str, form: str) -> int:
    """Print the maintenance report of a run."""
    if form not in ("md", "text", "json", "yaml"):
        raise UserError(f"there is no output {form}", hint="md, text, json or yaml")
    from hsops.workflow.report import make_report  # noqa: PLC0415 - only who wants one pays for it

    async def work() -> int:
        async with open_store(flag) as engine:
            made = await make_report(engine, await found_run(engine, start))
        if form in ("md", "text"):
            streams.write(made.markdown() if form == "md" else made.text())
        else:
            streams.write(documents.as_json(made.as_json()) if form == "json" else documents.as_yaml(made.as_json()))
        return 0

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
    if info.approval is not None and info.approval.verdict:
        given = info.approval
        why = f": {given.reason}" if given.reason else ""
        yield plain(f"  {given.verdict} by {given.identity or given.by}{' (signed)' if given.signed else ''}{why}")
    if info.window:
        yield plain(f"  window {info.window}")
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
