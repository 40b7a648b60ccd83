"""The work behind ``hsops events``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from hsops.cli import asking, verdict
from hsops.cli.opening import opened
from hsops.cli.output import documents, streams
from hsops.cli.output.sheet import API_VERSION
from hsops.errors import UserError, plain
from hsops.live.state import SourceStatus
from hsops.live.store import Delta
from hsops.model import Change, Health
from hsops.registry import near
from hsops.render import moment
from hsops.session import Session

FORMS = ("table", "json")


async def show_changes(flag: str, words: Sequence[str], seconds: float | None, form: str) -> int:
    """Print changes for some seconds, or until interrupted. Gives the exit code; raises UserError."""
    if form not in FORMS:
        raise UserError(f"events are not written as {form}", hint=near(form, FORMS))
    async with opened(flag) as session:
        asked = [asking.kind_of(session, word) for word in words]
        if quiet := [kind.name for kind in asked if kind.quiet]:
            raise UserError(f"{quiet[0]} keeps out of the change log", hint=f"hsops get {quiet[0]} -w")
        kinds = asked or [kind for kind in session.kinds if not kind.quiet]
        names = {kind.name for kind in kinds}
        states = await session.refresh(names)
        code = verdict.tell(states, sites=len(session.sites) > 1)
        count = await _follow(session, names, seconds, _PRINTERS[form])
        if not count and seconds is not None:
            streams.say(f"looked for {seconds:g} s: nothing changed → -w looks until interrupted")
        return code


async def _follow(session: Session, names: set[str], seconds: float | None, show: Callable[[Change], str]) -> int:
    """Print every change of the kinds; gives their number."""
    changed = asyncio.Event()
    stop = session.store.subscribe(lambda delta: _note(session, delta, names, changed))
    seen = session.store.log.total
    count = 0
    with ExitStack() as stack:
        stack.callback(stop)
        for name in names:
            stack.enter_context(session.focus(name))
        session.start(names)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await changed.wait()
                    changed.clear()
                    fresh = session.store.log.tail(session.store.log.total - seen)
                    seen = session.store.log.total
                    count += _print([change for change in fresh if change.key.kind in names], show)
        except TimeoutError:
            return count


def _print(changes: Sequence[Change], show: Callable[[Change], str]) -> int:
    for change in changes:
        streams.write(show(change))
    streams.write("", flush=True)
    return len(changes)


def _note(session: Session, delta: Delta, names: set[str], changed: asyncio.Event) -> None:
    if delta.kind not in names:
        return
    if delta.state_changed:
        state = session.store.state(delta.site, delta.system, delta.kind)
        if state.status is not SourceStatus.LIVE or state.missing:
            streams.say(plain(f"{state.system} {state.kind} {verdict.phrase(state.status)}: {state.error}"))
    changed.set()


def _line(change: Change) -> str:
    symbol = change.health.symbol if change.health is not Health.UNKNOWN else " "
    what = f"{change.field} {change.old or '-'} → {change.new or '-'}" if change.field else change.new or change.old
    return plain(f"{_when(change)}  {symbol} {change.key.kind}/{change.title}  {what}", 400) + "\n"


def _document(change: Change) -> Mapping[str, Any]:
    key = change.key
    return {
        "apiVersion": API_VERSION, "kind": "Change",
        "metadata": {"name": change.title, "id": key.id, "site": key.site, "system": key.system},
        "status": {
            "at": _when(change), "kind": key.kind, "field": change.field, "old": change.old, "new": change.new,
            "health": change.health.word,
        },
    }  # fmt: skip


def _when(change: Change) -> str:
    return moment(datetime.fromtimestamp(change.when, UTC))


_PRINTERS: Mapping[str, Callable[[Change], str]] = {
    "table": _line,
    "json": lambda change: documents.as_json(_document(change), indent=0),
}
