"""What is known of one run: the states of its steps and items, and its events. Only the owner of the run writes it."""

from __future__ import annotations

import asyncio
import json
import shlex
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, text

from hsops.errors import HsopsError, plain
from hsops.workflow import runs
from hsops.workflow.clock import now
from hsops.workflow.journal import Journal, Write
from hsops.workflow.redact import redact, redact_argv
from hsops.workflow.signals import Stopped, TakenOver
from hsops.workflow.values import Event, RunStatus, StepInfo, StepStatus, Verdict

T = TypeVar("T")

_TREND = 120
"""Values of `left` that are kept for the sparkline."""
_MINE = text("UPDATE hsops_run SET owner = owner WHERE id = :run AND owner = :me")
_STEP = text("""
    INSERT INTO hsops_step (run, key, position, body, status, attempts)
    VALUES (:run, :key, :position, :body, :status, :attempts)
    ON CONFLICT (run, key) DO UPDATE
    SET position = excluded.position, body = excluded.body, status = excluded.status, attempts = excluded.attempts""")
_EVENT = text("INSERT INTO hsops_event (run, key, kind, body) VALUES (:run, :key, :kind, :body)")
_LAST_PROGRESS = text("DELETE FROM hsops_event WHERE run = :run AND key = :key AND kind = 'progress'")


class Entry:
    """One step or item: its present state and its place in the order."""

    def __init__(self, info: StepInfo, position: int = 0) -> None:
        self.info = info
        self.position = position

    def change(self, **fields: Any) -> None:
        """Replace fields of the state."""
        self.info = msgspec.structs.replace(self.info, **fields)

    @property
    def asks(self) -> bool:
        """Whether it failed and waits for a verdict."""
        return self.info.status is StepStatus.FAILED and bool(self.info.verdicts)

    @property
    def is_red(self) -> bool:
        """Whether it is a gate that does not let the run pass."""
        return self.info.kind == "gate" and self.info.status is StepStatus.RUNNING and bool(self.info.verdicts)

    @property
    def begun(self) -> bool:
        """Whether its effect may have happened, in this life of the process or in an earlier one."""
        return self.info.attempts > 0


class Book:
    """States and events of a run. Loaded when a process begins to work on it."""

    def __init__(self, journal: Journal, run: str, owner: str) -> None:
        self.run = run
        self.status = RunStatus.RUNNING
        self.reason = ""
        self._journal = journal
        self._owner = owner
        self._entries: dict[str, Entry] = {}
        self._touches: dict[str, int | str] = {}

    def load(self, connection: Connection) -> None:
        """Read what earlier lives of the run have left."""
        self._entries = {info.key: Entry(info) for info in runs.steps(connection, self.run)}
        info = runs.one(self._journal.store, connection, self.run)
        self._touches = dict(info.touches)
        if info.status is RunStatus.AWAITING:
            self.status, self.reason = info.status, info.reason

    def entry(self, key: str, kind: str, name: str, **fields: Any) -> Entry:
        """The entry of that key, with what the function says of it now."""
        entry = self._entries.get(key)
        if entry is None:
            info = StepInfo(key=key, kind=kind, name=name, status=StepStatus.PENDING)
            entry = self._entries[key] = Entry(info)
        entry.change(**{field: _clean(value) for field, value in fields.items()})
        return entry

    @property
    def changed_anything(self) -> bool:
        """Whether an effect was begun."""
        effects = ("step", "item")
        return any(entry.begun and entry.info.kind in effects for entry in self._entries.values())

    @property
    def open_questions(self) -> Sequence[StepInfo]:
        """What failed and waits for a verdict, and gates that are red."""
        return [entry.info for entry in self._entries.values() if entry.asks or entry.is_red]

    # -- steps

    @property
    def not_taken_back(self) -> Sequence[StepInfo]:
        """What was begun, could be undone and was not: nothing, after a complete rollback."""
        begun = [entry.info for entry in self._entries.values() if entry.begun and entry.info.undoable]
        undone = {entry.info.name for entry in self._entries.values() if entry.info.kind == "undo" and entry.begun}
        return [info for info in begun if info.key not in undone]

    def stays(self, keys: Iterable[str]) -> None:
        """What was done under these keys is not taken back any more."""
        entries = [self._entries[key] for key in keys if key in self._entries]
        for entry in entries:
            entry.change(undoable=False)
        if entries:
            self._write([self._state(entry) for entry in entries])

    async def plan_items(self, entries: Iterable[Entry]) -> None:
        """Show the items of a fan-out before the first one begins."""
        fresh = [entry for entry in entries if entry.info.status is StepStatus.PENDING]
        await self._written(*(self._state(entry) for entry in fresh))

    async def begin(self, entry: Entry, *, effect: bool) -> None:
        """An attempt begins. For an effect it is written down on return, so that its undo is known to be needed.

        Raises TakenOver.
        """
        info = entry.info
        first = info.started is None or info.status is StepStatus.FAILED
        entry.change(
            status=StepStatus.RUNNING,
            attempts=info.attempts + 1,
            started=now() if first else info.started,
            ended=None,
            verdicts=(),
        )
        if effect:
            await self._written(self._state(entry), self._event(entry, "step", text=""))
        else:
            self._write([self._state(entry)])

    def progress(self, entry: Entry) -> None:
        """How far it is. The last one replaces the one before, so that a long wait does not fill the store."""
        event = self._event(entry, "progress")
        values = {"run": self.run, "key": entry.info.key}
        self._write([self._state(entry), lambda connection: connection.execute(_LAST_PROGRESS, values), event])

    def end(self, entry: Entry, status: StepStatus, text: str = "", **data: Any) -> None:
        """It is over. Not waited for: the answer itself is in DBOS's journal, and a replay mends the state."""
        if entry.info.status is status:
            return
        entry.change(status=status, text=_clean(text), ended=now(), verdicts=(), fraction=None, left=None)
        self._write([self._state(entry), self._event(entry, "step", data=data)])

    async def fail(self, entry: Entry, reason: str, verdicts: Sequence[Verdict]) -> None:
        """It failed and somebody has to decide; on return that is written down."""
        entry.change(status=StepStatus.FAILED, text=_clean(reason), ended=now(), verdicts=tuple(verdicts))
        ask = self._event(entry, "question", data={"verdicts": [verdict.value for verdict in verdicts]})
        await self._written(self._state(entry), ask)

    def sample(self, entry: Entry, text: str, fraction: float | None, left: float | None) -> None:
        """Keep how far it is, without writing it."""
        trend = entry.info.trend if left is None else (*entry.info.trend, float(left))[-_TREND:]
        entry.change(text=_clean(text), fraction=fraction, left=left, trend=trend)

    # -- the run

    async def set_status(self, status: RunStatus, reason: str = "", *, code: int = 0, release: bool = False) -> None:
        """The run's own state; `release`: nobody works on it from here on."""
        self.status = status
        self.reason = reason = _clean(reason)
        values = {"run": self.run, "status": status.value, "reason": reason, "code": code, "now": time.time()}
        ended = ", ended = :now" if status.over else ""
        owner = ", owner = ''" if release or status.over else ""
        fields = f"status = :status, reason = :reason, code = :code, started = coalesce(started, :now){ended}{owner}"
        sql = text(f"UPDATE hsops_run SET {fields} WHERE id = :run")  # noqa: S608 - own text
        event = self.event("run", status=status.value, text=reason, data={"code": code} if code else {})
        await self._written(event, lambda connection: connection.execute(sql, values))

    async def want_abort(self, by: str) -> None:
        """Leave the wish to undo everything where a later life of the run finds it."""
        await self._written(lambda connection: runs.wish(connection, self.run, "abort", by))

    def touches(self, numbers: dict[str, int | str]) -> None:
        """What the run touches."""
        if numbers.items() <= self._touches.items():
            return  # a replay says it again
        self._touches.update(numbers)
        values = {"run": self.run, "touches": json.dumps(self._touches)}
        sql = text("UPDATE hsops_run SET touches = :touches WHERE id = :run")
        self.log("touches", data=dict(self._touches))
        self._write([lambda connection: connection.execute(sql, values)])

    def in_window(self, text_: str) -> None:
        """The maintenance window that the run is in."""
        values = {"run": self.run, "found": _clean(text_)}
        sql = text("UPDATE hsops_run SET in_window = :found WHERE id = :run AND in_window <> :found")
        self._write([lambda connection: connection.execute(sql, values)])

    def log(self, kind: str, **fields: Any) -> None:
        """Add an event that belongs to no step's state."""
        self._write([self.event(kind, **fields)])

    def event(self, kind: str, *, key: str = "", command: Sequence[str] = (), **fields: Any) -> Write:
        """The write that adds an event."""
        argv = redact_argv(command)
        clean = {name: _clean(value) for name, value in fields.items()}
        event = Event(
            run=self.run, at=now(), kind=kind, key=key, command=argv, shell=shlex.join(argv) if argv else "", **clean
        )
        values = {"run": self.run, "key": key, "kind": kind, "body": event.line().decode()}
        return lambda connection: connection.execute(_EVENT, values)

    def _event(self, entry: Entry, kind: str, **fields: Any) -> Write:
        info = entry.info
        shown: dict[str, Any] = {"status": info.status.value, "text": info.text, "fraction": info.fraction}
        return self.event(kind, key=info.key, command=info.command, **{**shown, "left": info.left, **fields})

    def _state(self, entry: Entry) -> Write:
        info = entry.info
        values = {
            "run": self.run,
            "key": info.key,
            "position": entry.position,
            "body": msgspec.json.encode(info).decode(),
            "status": info.status.value,
            "attempts": info.attempts,
        }
        return lambda connection: connection.execute(_STEP, values)

    # -- writing

    async def also(self, *writes: Write) -> None:
        """Write what belongs to the run and has another form; it is there on return. Raises TakenOver or Stopped."""
        await self._written(*writes)

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Read from the store. Raises HsopsError."""
        return await asyncio.to_thread(self._journal.store.run, question)

    def _write(self, writes: Sequence[Write], *, urgent: bool = False) -> Future[None]:
        return self._journal.post(lambda connection, mine: self._fenced(connection, mine, writes), urgent=urgent)

    def _fenced(self, connection: Connection, mine: set[str], writes: Sequence[Write]) -> None:
        """A process that was taken over must not write over what the new owner writes.

        The row stays locked until the transaction ends, so one look is enough for all writes in it.
        """
        if self.run not in mine and connection.execute(_MINE, {"run": self.run, "me": self._owner}).rowcount != 1:
            raise NotOwnerError(self.run)
        mine.add(self.run)
        for write in writes:
            write(connection)

    async def _written(self, *writes: Write) -> None:
        """Write, and return when it is there. Raises TakenOver or Stopped."""
        try:
            await asyncio.wrap_future(self._write(writes, urgent=True))
        except NotOwnerError:
            raise TakenOver("another process has taken the run over") from None
        except HsopsError as error:  # given up only when this process is closing
            raise Stopped(str(error)) from None


class NotOwnerError(Exception):
    """The write came from a process that does not own the run any more."""


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redact(plain(value))
    if isinstance(value, tuple) and all(isinstance(word, str) for word in value):
        return redact_argv(value)
    return value
