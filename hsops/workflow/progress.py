"""How far an item is: told as often as its author likes, written at most four times a second."""

from __future__ import annotations

import asyncio
import threading
import time

from hsops.workflow.book import Book, Entry

EVERY = 0.25


class Reporter:
    """The `Progress` that an effect gets. May be called from any thread; the last word is always written."""

    def __init__(self, book: Book, entry: Entry, home: asyncio.AbstractEventLoop) -> None:
        self._book = book
        self._entry = entry
        self._home = home
        self._lock = threading.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._armed = False
        self._next = 0.0
        self._closed = False

    def __call__(self, text: str, *, fraction: float | None = None, left: float | None = None) -> None:
        with self._lock:
            if self._closed:
                return
            self._book.sample(self._entry, text, fraction, left)
            if self._armed:
                return
            self._armed = True
        self._home.call_soon_threadsafe(self._arm)

    def close(self) -> None:
        """The item has ended: nothing is written after its end."""
        with self._lock:
            self._closed = True

    def _arm(self) -> None:
        self._timer = self._home.call_later(max(0.0, self._next - time.monotonic()), self._flush)

    def _flush(self) -> None:
        with self._lock:
            self._armed = False
            self._next = time.monotonic() + EVERY
            if not self._closed:
                self._book.progress(self._entry)
