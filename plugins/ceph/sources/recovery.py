"""How long recovery will take, by its trend."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hsops.plugins.ceph.wire.status import PgMap

WINDOW = 90.0
"""Seconds of the past that make the trend."""
ENOUGH = 15.0
"""Seconds of samples below which the momentary rate is taken instead."""


@dataclass(slots=True)
class Trend:
    """Samples of what is left to do."""

    samples: deque[tuple[float, int]] = field(default_factory=deque)

    def eta(self, pgmap: PgMap, now: float) -> float | None:
        """Seconds until no copy is missing or misplaced; None when nothing is left or nothing moves."""
        left = pgmap.degraded_objects + pgmap.misplaced_objects
        if left and self.samples and left > 2 * self.samples[-1][1]:
            self.samples.clear()  # something new has failed: the old trend says nothing about it
        self.samples.append((now, left))
        while now - self.samples[0][0] > WINDOW:
            self.samples.popleft()
        if not left:
            return None
        then, before = self.samples[0]
        if now - then >= ENOUGH:
            return left * (now - then) / (before - left) if before > left else None
        rate = pgmap.recovering_objects_per_sec
        return left / rate if rate else None
