"""Writes what the engine knows: one thread, in order, many small writes in one transaction.

While the database is locked or away everything stays queued and is tried again; who needs a write to be there before
going on waits for it, so no effect starts unrecorded.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hsops.errors import HsopsError
from hsops.workflow.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection

_log = logging.getLogger(__name__)

Write: TypeAlias = "Callable[[Connection], object]"
Writes: TypeAlias = "Callable[[Connection, set[str]], object]"
"""What one caller wants written together. The set is shared by all of one transaction: what needs no second look."""
_MOMENT = 0.02


class _Entry(NamedTuple):
    write: Writes
    done: Future[None]
    urgent: bool


class Journal:
    """The writing end of the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hsops-journal", daemon=True)
        self.trouble = ""
        """Why nothing can be written now; empty when all is well."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, patience: float = 5.0) -> None:
        """Write what is left, for at most `patience` seconds."""
        self._queue.put(None)
        self._thread.join(patience)
        self._closing.set()
        self._thread.join(1.0)

    def post(self, write: Writes, *, urgent: bool = False) -> Future[None]:
        """Queue a write; the future is done when it is committed. Others wait a moment for an `urgent` one's commit."""
        done: Future[None] = Future()
        self._queue.put(_Entry(write, done, urgent))
        return done

    def _work(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._batch()
            if batch:
                self._commit(batch)

    def _batch(self) -> tuple[list[_Entry], bool]:
        """Everything that is queued, at least one; False when it was the last."""
        batch: list[_Entry] = []
        entry = self._queue.get()
        until = time.monotonic() + _MOMENT
        while entry is not None:
            batch.append(entry)
            patience = 0.0 if any(waited.urgent for waited in batch) else until - time.monotonic()
            try:
                entry = self._queue.get(timeout=patience) if patience > 0 else self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: Sequence[_Entry]) -> None:
        pause = 0.1
        while True:
            try:
                self.store.run(lambda connection: _all(connection, batch))
                break
            except HsopsError as error:
                self.trouble = str(error)
                if self._closing.is_set():
                    return _finish(batch, error)
                time.sleep(pause)
                pause = min(pause * 2, 2.0)
            except Exception as error:  # noqa: BLE001 - one bad write must neither end the thread nor spoil the others
                return self._one_by_one(batch, error)
        self.trouble = ""
        return _finish(batch)

    def _one_by_one(self, batch: Sequence[_Entry], error: Exception) -> None:
        if len(batch) > 1:
            for entry in batch:
                self._commit([entry])
        else:
            _log.debug("a write failed", exc_info=error)
            _finish(batch, error)


def _all(connection: Connection, batch: Sequence[_Entry]) -> None:
    seen: set[str] = set()
    for entry in batch:
        entry.write(connection, seen)


def _finish(batch: Sequence[_Entry], error: Exception | None = None) -> None:
    for _, done, _ in batch:
        with contextlib.suppress(InvalidStateError):  # who waited for it has gone
            done.set_exception(error) if error else done.set_result(None)
