"""Changes of the store gathered for the screens: what came in a quarter of a second is told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from hsops.live.store import Delta
from hsops.model import Key

EVERY = 0.25
"""Seconds between two tellings at least."""


@dataclass(slots=True)
class KindChanges:
    """What happened to one kind since the last telling, over all systems. A key is in one set at most."""

    added: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    removed: set[Key] = field(default_factory=set)

    def take(self, delta: Delta) -> None:
        """Merge a later change in."""
        for key in delta.added:
            (self.changed if key in self.removed else self.added).add(key)
            self.removed.discard(key)
        self.changed.update(key for key in delta.changed if key not in self.added)
        for key in delta.removed:
            if key in self.added:
                self.added.discard(key)
            else:
                self.removed.add(key)
            self.changed.discard(key)

    @property
    def rows(self) -> bool:
        """Whether any row came, changed or went; else only the source's state did."""
        return bool(self.added or self.changed or self.removed)


Tell: TypeAlias = Callable[[dict[str, KindChanges]], None]
"""Who is told: changes by kind."""


class Pulse:
    """Subscribe `note` to the store; `tell` is called in the event loop, at most every `every` seconds."""

    def __init__(self, tell: Tell, every: float = EVERY) -> None:
        self._tell = tell
        self._every = every
        self._waiting: dict[str, KindChanges] = {}
        self._timer: asyncio.TimerHandle | None = None

    def note(self, delta: Delta) -> None:
        """Remember a change; called by the store in the event loop."""
        self._waiting.setdefault(delta.kind, KindChanges()).take(delta)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._every, self.flush)

    def flush(self) -> None:
        """Tell now what waits."""
        self.stop()
        waiting, self._waiting = self._waiting, {}
        if waiting:
            self._tell(waiting)

    def stop(self) -> None:
        """Tell nothing more until the next change."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
