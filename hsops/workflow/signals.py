"""How a run leaves the workflow function before its end, and how one thing of it fails.

Signals derive from BaseException: an author's ``except Exception`` must not hold them up, and DBOS records no outcome
for them, so that the same step is entered again when the run goes on.
"""

from __future__ import annotations


class Failure(Exception):
    """One thing of a run failed; its text is all there is to say about it."""


class Signal(BaseException):
    """Base of all."""

    def __init__(self, reason: str = "", code: int = 1) -> None:
        self.reason = reason
        self.code = code
        super().__init__(reason)


class Aborted(Signal):
    """Somebody wants it undone: compensate what was begun."""


class Stopped(Signal):
    """Nobody is there to decide, or this process is closing: leave it resumable."""


class Parked(Stopped):
    """It waits for approval in the store, and this process does not stay with it."""


class TakenOver(Signal):
    """Another process owns the run now: do nothing more, write nothing more."""


class Refused(Signal):
    """A check does not hold, an answer is missing: end before the first effect."""
