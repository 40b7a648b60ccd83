"""A value that is asked for rarely and used often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """Keeps the answer of `look` for `lasts` seconds; those who ask meanwhile wait for one request together."""

    def __init__(self, look: Callable[[], Awaitable[T]], lasts: float) -> None:
        self._look = look
        self._lasts = lasts
        self._lock = asyncio.Lock()
        self._value: T | None = None
        self._at = float("-inf")

    @property
    def age(self) -> float:
        """Seconds since the value was learnt; infinite without one."""
        return time.monotonic() - self._at

    def put(self, value: T) -> None:
        """Somebody else has just learnt it."""
        self._value, self._at = value, time.monotonic()

    def peek(self, lasts: float) -> T | None:
        """The value when it is known and not older than `lasts`; never asks."""
        return self._value if self.age <= lasts else None

    async def get(self, lasts: float | None = None) -> T:
        """The value, not older than `lasts`. Raises what `look` raises."""
        async with self._lock:
            if self._value is None or self.age > (self._lasts if lasts is None else lasts):
                self.put(await self._look())
            assert self._value is not None  # noqa: S101 - put above
            return self._value
