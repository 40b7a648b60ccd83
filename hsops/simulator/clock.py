"""The world's time: the wall clock, a faster one, or one that stands still until it is moved."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Epoch seconds of the world.

    `speed` is how many seconds of the world pass in one real second; 0 stands still and moves by `advance` only, which
    is what deterministic tests want. `start` is the world's first instant (default: now).
    """

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        self._base = time.time() if start is None else start
        self._origin = time.monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Seconds of the world in one real second."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._base = self.now()
        self._origin = time.monotonic()
        self._speed = speed

    def now(self) -> float:
        """The world's time in epoch seconds."""
        return self._base + (time.monotonic() - self._origin) * self._speed

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        self._base += seconds


def rfc3339(when: float) -> str:
    """``2026-11-21T06:41:46Z``: whole seconds, UTC."""
    return datetime.fromtimestamp(int(when), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_millis(when: float) -> str:
    """``2026-11-21T06:41:46.123Z``: as Prometheus and Alertmanager write it."""
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
