"""The line above a panel: what, where, how many in which state, how fresh, and what is hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hsops.live.state import SourceState, SourceStatus
from hsops.model import Health
from hsops.screens.text import Line, Span, age, cut, span

ORDER: Final = (Health.OK, Health.MAINTENANCE, Health.UNKNOWN, Health.WARN, Health.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What the line says."""

    name: str
    where: str
    counts: Mapping[Health, int]
    states: Sequence[SourceState]
    now: float
    query: str = ""
    faults_only: bool = False
    hidden: int = 0
    marked: int = 0
    sort: str = ""

    def line(self, room: int) -> Line:
        """The line in `room` cells."""
        total = sum(self.counts.values())
        spans = [Span(" "), span(self.name, "title"), span(f"  {self.where}   ", "dim"), Span(f"{total:,}")]
        if any(count for health, count in self.counts.items() if health is not Health.OK):
            spans.append(Span(":"))
            for health in ORDER:
                if self.counts.get(health):
                    spans.append(Span(f" {self.counts[health]:,} {health.symbol}", health.word))
        elif total:
            spans.append(Span(" ✓", "ok"))
        spans += [Span("   "), *freshness(self.states, self.now)]
        spans += self._narrowed()
        if self.marked:
            spans.append(Span(f"   {self.marked} marked", "accent"))
        if self.sort:
            spans.append(span(f"   by {self.sort}", "dim"))
        return cut(spans, room)

    def _narrowed(self) -> list[Span]:
        shown: list[Span] = []
        if self.query:
            shown.append(span(f"   /{self.query}", "accent"))
        if self.faults_only:
            shown.append(Span("   ! only faults", "accent"))
        if self.hidden:
            shown.append(Span(f"  ({self.hidden:,} hidden)", "warn"))
        return shown


def freshness(states: Sequence[SourceState], now: float) -> Line:
    """``live 1s``, ``? stale 4m: refused`` …: the worst of the sources, named when there are several."""
    if not states:
        return (Span("no source", "unknown"),)
    worst = max(states, key=lambda state: (_RANK[state.status], state.age(now) or 0))
    many = len({(state.site, state.system) for state in states}) > 1
    name = f"{worst.system} " if many and not worst.ok else ""
    old = worst.age(now)
    since = "" if old is None else f" {age(old)}"
    if worst.status is SourceStatus.LIVE:
        lacks = [part for state in states for part in state.missing]
        return (span(f"live{since}, without {', '.join(lacks)}", "warn"),) if lacks else (Span(f"live{since}"),)
    aged = f", data{since} old" if since else ""
    text, style = {
        SourceStatus.CONNECTING: (f"{name}… connecting", "dim"),
        SourceStatus.STALE: (f"? {name}stale{since}: {worst.error}", "unknown"),
        SourceStatus.FORBIDDEN: (f"? {name}not permitted", "unknown"),
        SourceStatus.AUTH: (f"✗ {name}credentials refused{aged}", "critical"),
    }.get(worst.status, (f"✗ {name}{worst.error}{aged}", "critical"))
    return (span(text, style),)


_RANK: Final = {
    SourceStatus.LIVE: 0,
    SourceStatus.CONNECTING: 1,
    SourceStatus.FORBIDDEN: 2,
    SourceStatus.STALE: 3,
    SourceStatus.FAILED: 4,
    SourceStatus.DOWN: 5,
    SourceStatus.AUTH: 6,
}
