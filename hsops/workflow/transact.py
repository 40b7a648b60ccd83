"""The only module that touches DBOS. What it relies on is proven against the pinned version by a test.

- One registered DBOS workflow, `hsops_run`, runs every workflow of hsops: its only argument is the run's id.
- Answers are portable JSON. DBOS reads a row that says so with pickle whatever serializer is configured, which is
  code execution from a shared database: that door is nailed shut here.
- A run that goes on elsewhere is put on the queue of the process that won it with DBOS's public `resume_workflow`.
  It is unconditional, so who may call it is decided before, by one conditional UPDATE (`runs.claim`).
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from hsops.errors import Unreachable, plain
from hsops.workflow import version
from hsops.workflow.redact import redact
from hsops.workflow.store import PASSING
from hsops.workflow.tape import Record, playing

if TYPE_CHECKING:
    from dbos import DBOS, Serializer, StepReservation

    Slot: TypeAlias = StepReservation

Body: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Execute: TypeAlias = Callable[[str], Awaitable[None]]

VERSION = version.VERSION
_POLL = 0.2
_current: list[Execute] = []
complaints: deque[str] = deque(maxlen=50)
"""What DBOS wanted to say lately; nothing of it may reach a terminal."""


def launch(url: str, executor: str, execute: Execute, *, migrate: bool = True) -> None:
    """Start DBOS. Blocks for a tenth of a second: call it in a thread. One at a time in a process."""
    _hush()
    _refuse_pickle()
    _mend_old_sqlite()
    _wait_for_sqlite()
    from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415 - half a second: only when an engine starts

    if _current:
        raise RuntimeError("this process has an engine already")
    _current.append(execute)
    try:
        _launch(DBOS, url, executor, DBOSPortableJSONSerializer(), migrate)
    except Exception as error:
        DBOS.destroy()
        _current.clear()
        cause = getattr(error, "orig", None) or error
        raise Unreachable(
            redact(plain(str(cause), 300)), system="the engine's store", hint="see that it answers"
        ) from error


def _launch(dbos: type[DBOS], url: str, executor: str, serializer: Serializer, migrate: bool) -> None:
    dbos(
        config={
            "name": "hsops",
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": executor,
            "serializer": serializer,
            "enable_otlp": False,
            "log_level": "ERROR",
            "run_migrations": migrate,
            "sys_db_pool_size": 8,
            "sys_db_idle_transaction_timeout_sec": 15.0,  # a stopped process lets go of its locks
            "scheduler_polling_interval_sec": 600.0,
        }
    )
    _register()
    dbos.listen_queues([queue_of(executor)])
    dbos.launch()
    dbos.register_queue(queue_of(executor), polling_interval_sec=_POLL)


def close(executor: str) -> None:
    """Stop DBOS; runs that have not ended stay as they are."""
    from dbos import DBOS  # noqa: PLC0415 - as above

    try:
        forget_queue(executor)
    except Unreachable:
        pass  # whoever takes over drops it
    finally:
        DBOS.destroy()
        _current.clear()


@contextmanager
def _errors() -> Iterator[None]:
    """What the database says through DBOS, as Unreachable."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as above

    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise Unreachable(redact(plain(str(cause), 300)), system="the engine's store") from error


def start(run: str) -> None:
    """Begin a new run in this process.

    As a task of DBOS's own loop: its synchronous `start_workflow` takes the cancellation of a closing process for an
    error of the workflow and ends the run for good.
    """
    from dbos import DBOS, SetWorkflowID  # noqa: PLC0415 - as above

    async def begin() -> None:
        with SetWorkflowID(run):
            await DBOS.start_workflow_async(_registered[0], run)

    with _errors():
        DBOS.run_step(None, begin)  # outside a workflow: just runs it on that loop


def resume(run: str, executor: str) -> None:
    """Run it in this process from where its journal ends. The caller has claimed it."""
    from dbos import DBOS, error  # noqa: PLC0415 - as above

    try:
        with _errors():
            DBOS.resume_workflow(run, queue_name=queue_of(executor))
            status = DBOS.get_workflow_status(run)
        if status is not None and status.status == "SUCCESS":  # who took it back to a step died before it came to that
            rewind(run, max(recorded(run), default=0) + 1, executor)
    except error.DBOSNonExistentWorkflowError:  # its first owner died before DBOS heard of it
        start(run)


def rewind(run: str, number: int, executor: str) -> None:
    """Forget the answers from that step's number on, and run it in this process. The caller has claimed it."""
    from dbos import DBOS, error  # noqa: PLC0415 - as above

    try:
        with _errors():
            DBOS.cancel_workflow(run)  # only what has ended can be rewound
            DBOS.rewind_workflow(run, start_step=number, application_version=VERSION, queue_name=queue_of(executor))
    except error.DBOSNonExistentWorkflowError:  # its first owner died before DBOS heard of it
        start(run)


def recorded(run: str) -> Mapping[int, Record]:
    """The recorded steps by their numbers."""
    from dbos import DBOS  # noqa: PLC0415 - as above

    with _errors():
        steps = DBOS.list_workflow_steps(run)
    return {step["function_id"]: Record(step["function_name"], step["output"]) for step in steps}


def failure(run: str) -> str:
    """Why DBOS itself gave a run up, in one sentence; empty when it did not."""
    from dbos import DBOS  # noqa: PLC0415 - as above

    with _errors():
        status = DBOS.get_workflow_status(run)
    if status is None or status.status not in ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"):
        return ""
    if isinstance(status.error, str):  # DBOS shows what it could not read, which is of no use to anybody
        return "its journal can not be read: damaged, or pickled and refused"
    return redact(plain(str(status.error or status.status)))


def queue_of(executor: str) -> str:
    """The queue that only this process listens to."""
    return f"hsops/{executor}"


def forget_queue(executor: str) -> None:
    """Drop the queue of a process that has ended."""
    from dbos import DBOS  # noqa: PLC0415 - as above

    with _errors():
        DBOS.delete_queue(queue_of(executor))


def reserve() -> Slot:
    """Draw the number of a step now, to run it later."""
    tape = playing.get()
    if tape is not None:
        return cast("Slot", tape.draw())
    from dbos import DBOS  # noqa: PLC0415 - as above

    return DBOS.reserve_step()


async def journalled(name: str, body: Body, slot: Slot | None = None) -> dict[str, Any]:
    """The recorded answer of this step, or the answer of `body`, which is recorded then.

    A BaseException of `body` is not recorded: the step is entered again when the run goes on.
    """
    tape = playing.get()
    if tape is not None:
        return cast("dict[str, Any]", tape.answer(name, tape.draw() if slot is None else cast("int", slot)))
    from dbos import DBOS  # noqa: PLC0415 - as above

    async def call() -> dict[str, Any]:
        return await body()

    if slot is not None:
        return await slot.run_async({"name": name}, call)
    return await DBOS.run_step_async({"name": name}, call)


_registered: list[Any] = []


def _register() -> None:
    """Register the one workflow, once in a process: DBOS keeps it when it is destroyed and launched again."""
    from dbos import DBOS  # noqa: PLC0415 - as above

    if not _registered:

        async def hsops_run(run: str) -> str:
            try:
                await _current[0](run)
            except Exception as error:
                raise NotRecordedError(str(error)) from error
            return run

        # Attempts are counted per run in our own table, where a person sees them.
        _registered.append(DBOS.workflow(name="hsops_run", max_recovery_attempts=None)(hsops_run))


class NotRecordedError(BaseException):
    """Our own fault: DBOS must not take it for the end of the run."""


class PickleRefusedError(Exception):
    """A row of the database wants to be read with pickle."""


def _refuse_pickle() -> None:
    from dbos import _serialization  # noqa: PLC0415 - as above

    def deserialize(self: Any, serialized_data: str) -> Any:
        raise PickleRefusedError("a pickled row was refused: reading it could run code; nothing of hsops writes one")

    _serialization.DefaultSerializer.deserialize = deserialize  # type: ignore[method-assign,assignment] # the point


class _Complaints(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        complaints.append(redact(record.getMessage()))


def _mend_old_sqlite() -> None:
    """From Python 3.12 on DBOS asks SQLite for ``unixepoch('subsec')``, which SQLite has since 3.42 only."""
    if sys.version_info < (3, 12) or sqlite3.sqlite_version_info >= (3, 42):
        return
    from sqlalchemy import Engine, event  # noqa: PLC0415 - late, as DBOS

    if not event.contains(Engine, "connect", _with_unixepoch):
        event.listen(Engine, "connect", _with_unixepoch)


def _wait_for_sqlite() -> None:
    """DBOS waits for a locked file. It does for a full disk on PostgreSQL, on SQLite it would fail the step."""
    from dbos import _sys_db  # noqa: PLC0415 - late, as DBOS

    def retriable(error: Exception) -> bool:
        cause = str(getattr(error, "orig", None) or error)
        return isinstance(getattr(error, "orig", None), sqlite3.Error) and any(word in cause for word in PASSING)

    _sys_db.retriable_sqlite_exception = retriable  # type: ignore[attr-defined,assignment] # proven by test_pinned


def _with_unixepoch(connection: Any, _: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("unixepoch", 1, lambda _: time.time())


def _hush() -> None:
    """DBOS adds a handler that writes on stderr, over the screen, unless its logger has one already."""
    logger = logging.getLogger("dbos")
    logger.propagate = False
    if not any(isinstance(handler, _Complaints) for handler in logger.handlers):
        logger.handlers[:] = [_Complaints()]
