"""The overview: the whole stack on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.timer import Timer

from hsops.live.state import SourceState, SourceStatus
from hsops.live.uplink import SystemStatus
from hsops.model import Headline, Health, Layer
from hsops.screens.desk import Desk
from hsops.screens.overview_lines import SystemView, compose, layer_lines
from hsops.screens.place import OVERVIEW, Memory, Place
from hsops.screens.pulse import KindChanges
from hsops.screens.sheet import Sheet
from hsops.screens.text import Line, clock
from hsops.screens.timeline import Timeline
from hsops.screens.values import headlines
from hsops.screens.view import View
from hsops.screens.widgets.lines import LinesView

RUNS: Final = 3
"""Runs shown; the header counts them all."""
SHORTEST: Final = 1.0
"""Seconds between two repaints of the page at least."""
LONGEST: Final = 8.0
BYTES_A_CELL: Final = 4
"""Bytes that a repainted cell costs on average, with its share of moves and colours."""
BUDGET: Final = 2500
"""Bytes a second that the page may write: a slow line stays usable."""

_WORST: Final = (
    SourceStatus.AUTH,
    SourceStatus.DOWN,
    SourceStatus.FAILED,
    SourceStatus.STALE,
    SourceStatus.FORBIDDEN,
    SourceStatus.CONNECTING,
)


class Overview(View):
    """Seven layers, runs, and the timeline of the whole cloud."""

    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "open"),
        ("app.command", "go to"),
        ("app.faults", "only faults"),
        ("app.workflows", "workflows"),
        ("app.sources", "sources"),
        ("app.palette", "all commands"),
    )

    def __init__(self, desk: Desk, place: Place = OVERVIEW) -> None:
        super().__init__(desk, place)
        self._timeline = Timeline(desk.store, desk.registry)
        self._known: dict[tuple[str, str], tuple[tuple[int, ...], Sequence[Headline]]] = {}
        self._due: Timer | None = None
        self._pause = SHORTEST

    def body(self) -> ComposeResult:
        """One page."""
        self.page = LinesView(self._build, id="main", ascii_only=self.desk.ascii_only)
        yield self.page

    def reload(self) -> None:
        """Draw it all."""
        self._timeline.take()
        self._paint()

    def changed(self, changes: dict[str, KindChanges]) -> None:
        """Draw what differs, when the pace allows."""
        if self._due is None:
            self._due = self.set_timer(self._pause, self._paint_due)

    def tick(self) -> None:
        """Probes tell nobody of their end: look."""
        if self._due is None:
            self._due = self.set_timer(self._pause, self._paint_due)

    def _paint_due(self) -> None:
        self._due = None
        if self._on_top:
            self._timeline.take()
            self._paint()

    def _paint(self) -> None:
        cells = self.page.rebuild()
        self._pause = min(LONGEST, max(SHORTEST, cells * BYTES_A_CELL / BUDGET))

    # -- the page

    def _build(self, room: int, height: int) -> Sequence[Line]:
        desk = self.desk
        systems = [self._system(status) for status in desk.session.systems]
        layers: list[tuple[Health, list[Line]]] = []
        for layer in sorted(Layer, reverse=True):
            own = [system for system in systems if system.status.plugin.layer is layer]
            worst = max((system.health for system in own), default=Health.OK)
            layers.append((worst, layer_lines(layer, own, room, desk.many_sites)))
        if desk.faults_only:
            layers = [(worst, lines) for worst, lines in layers if worst > Health.OK] or layers[-1:]
        runs = self._run_lines()
        timeline = self._timeline.lines(height, many_sites=desk.many_sites)
        return compose(layers, runs, timeline, (room, height), self._since())

    def _run_lines(self) -> list[Line]:
        runs = self.desk.runs
        if not runs.active:
            return []
        from hsops.screens.run_lines import run_line  # noqa: PLC0415 - after the first paint, and only with runs

        mine = {info.id for info in runs.waiting}
        first = sorted(runs.active, key=lambda info: info.id not in mine)[:RUNS]
        now, steps = self.desk.clock(), runs.steps
        return [run_line(info, now, steps.get(info.id, ()), waits=info.id in mine) for info in first]

    def _since(self) -> str:
        first = next(iter(self.desk.store.log), None)
        return f"since {clock(first.when, seconds=False)}Z" if first is not None else "nothing has changed yet"

    def _system(self, status: SystemStatus) -> SystemView:
        states = [
            self.desk.store.state(status.site, status.system, kind)
            for source in status.plugin.sources
            for kind in source.kinds
        ]
        state, trouble = worst_state(states, status)
        ages = [age for one in states if not one.ok and (age := one.age(self.desk.clock())) is not None]
        return SystemView(status, self._headlines(status), state, max(ages, default=None), trouble)

    def _headlines(self, status: SystemStatus) -> Sequence[Headline]:
        """The system's phrases, asked for again only when one of its kinds changed."""
        key = (status.site, status.system)
        versions = tuple(self.desk.store.version(kind.name) for kind in status.plugin.kinds)
        known = self._known.get(key)
        if known is None or known[0] != versions:
            known = self._known[key] = (versions, headlines(lambda: self.desk.session.headlines(*key), status.system))
        return known[1]

    # -- what can be done

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """Enter on a phrase or a name."""
        self.link_opened(event.link)

    def remember(self) -> Memory:
        """The link under the cursor."""
        return Memory(cursor=self.page.link)

    def sheet(self) -> Sheet:
        """The lines."""
        return Sheet("overview", ["line"], [["".join(one.text for one in spans)] for spans in self.page.lines])


def worst_state(states: Sequence[SourceState], status: SystemStatus) -> tuple[SourceStatus, str]:
    """What to say of a system whose sources are in these states, and why."""
    for worst in _WORST:
        found = [state for state in states if state.status is worst]
        if found:
            return worst, found[0].error
    return (SourceStatus.LIVE if states else status.status), ""
