"""Sources: where the data come from, how old they are, what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from hsops.live.state import SourceState, SourceStatus
from hsops.live.uplink import SystemStatus
from hsops.screens.page import Page
from hsops.screens.place import Place, View
from hsops.screens.pulse import KindChanges
from hsops.screens.text import BLANK, Line, Span, age, cut, moment, span, wrap

LOOKS: Final = {
    SourceStatus.CONNECTING: ("…", "dim"),
    SourceStatus.LIVE: ("✓", "ok"),
    SourceStatus.STALE: ("?", "unknown"),
    SourceStatus.DOWN: ("✗", "critical"),
    SourceStatus.AUTH: ("✗", "critical"),
    SourceStatus.FORBIDDEN: ("?", "unknown"),
    SourceStatus.FAILED: ("✗", "critical"),
}
"""Symbol and style by state."""


class Sources(Page):
    """Every system of every open site and every kind that it gives."""

    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "open"),
        ("app.refresh", "try now"),
        ("view.back", "back"),
    )

    def reload(self) -> None:
        """The cursor goes to the system that the place names."""
        super().reload()
        for status in self.desk.session.systems:
            if f"{status.site}/{status.system}" == self.place.name and self.page.link is not None:
                self.page.move_to(Place(View.PANEL, kind=status.plugin.kinds[0].name))

    def changed(self, changes: dict[str, KindChanges]) -> None:
        """States or counts."""
        self.page.rebuild()

    def tick(self) -> None:
        """Ages."""
        self.page.rebuild()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """A block for each system."""
        lines: list[Line] = [(Span(" sources", "title"),), BLANK]
        for status in self.desk.session.systems:
            lines += [*self._system(status, room), BLANK]
        if len(lines) == 2:
            lines.append(
                (Span(" the site file names no systems → hsops site init writes one from what it finds", "dim"),)
            )
        for name, why in self.desk.registry.broken.items():
            lines.append(cut((Span(" ✗ ", "critical"), span(f"plugin {name} does not load: {why}")), room))
        return lines

    def _system(self, status: SystemStatus, room: int) -> list[Line]:
        symbol, style = LOOKS[status.status]
        version = f"  {status.health.version}" if status.health is not None and status.health.version else ""
        head = (
            Span(f" {symbol} ", style),
            span(f"{status.site} {status.system}", "title"),
            span(f"  {status.plugin.title}{version}", "dim"),
            span(f"  {status.health.text}" if status.health is not None else ""),
        )
        lines: list[Line] = [cut(head, room)]
        if status.error:
            text = status.error + (f" → {status.hint}" if status.hint else "")
            lines += [(Span("     "), span(part, style)) for part in wrap(text, max(20, room - 6))]
        for kind in status.plugin.kinds:
            state = self.desk.store.state(status.site, status.system, kind.name)
            lines += self._kind(state, kind.plural, room, said=status.error)
        return lines

    def _kind(self, state: SourceState, plural: str, room: int, said: str) -> list[Line]:
        symbol, style = LOOKS[state.status]
        now = self.desk.clock()
        rows = len(self.desk.store.lookup(state.site, state.system)(state.kind))
        old = state.age(now)
        when = f"{age(old)} ago" if old is not None else "never"
        exact = f"  {moment(state.at)}" if state.at is not None and room >= 100 and not state.ok else ""
        place = Place(View.PANEL, kind=state.kind)
        head = (
            Span(f"   {symbol} ", style),
            span(f"{plural:24}", "", place),
            Span(f"{rows:>8,} rows  "),
            span(f"{state.status.value:11}", style if state.status is not SourceStatus.LIVE else ""),
            span(f"{when}{exact}", "dim"),
            span(f"  without {', '.join(state.missing)}" if state.missing else "", "warn"),
        )
        lines: list[Line] = [cut(head, room)]
        if state.error and not state.ok and state.error != said:
            text = state.error + (f" → {state.hint}" if state.hint else "")
            lines += [(Span("       "), span(part, style)) for part in wrap(text, max(20, room - 8))]
        return lines
