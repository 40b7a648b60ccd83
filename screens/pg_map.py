"""The screen of a panel with ``special="pg-map"``: thousands of placement groups on one page."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from hsops.screens.desk import Desk
from hsops.screens.empty import why_empty
from hsops.screens.page import Page
from hsops.screens.panel_title import freshness
from hsops.screens.pg_map_lines import COLOURS, CellLink, Drawing, MapCell, cell_line
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.pulse import KindChanges
from hsops.screens.text import BLANK, Line, Span, cut, span, wrap


class PgMapView(Page):
    """The cursor opens the groups of a cell; ``o`` colours by OSD, host or rack; ``t`` shows the plain table."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "colours", "Colour by health, OSD, host, rack", id="map.colours"),
        Binding("t", "table", "The plain table", id="map.table"),
        Binding("slash", "filter", "Filter the table", id="map.filter", priority=True),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "open the groups"),
        ("map.colours", "colour by"),
        ("map.table", "table"),
        ("view.back", "back"),
    )

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self.kind = desk.registry.kind(place.kind)
        self._panel = desk.registry.panel(place.kind)
        self._colour = COLOURS[0]
        self._maps: list[tuple[str, str, Any]] = []
        self._drawn_version = -1
        self._looking = ExitStack()

    def kinds(self) -> Sequence[str]:
        """All kinds of the plugin: pools and OSDs are in the map too."""
        return [kind.name for kind in self.desk.registry.owner(self.kind.name).kinds]

    def reload(self) -> None:
        """Read the feed."""
        self._looking.close()
        self._looking.enter_context(self.desk.session.focus(self.kind.name))
        self._read()
        super().reload()

    def on_screen_suspend(self) -> None:
        """Nobody looks any more."""
        super().on_screen_suspend()
        self._looking.close()

    def changed(self, changes: dict[str, KindChanges]) -> None:
        """Drawn by `tick`, once a second: a map of 33,000 groups costs some milliseconds."""

    def tick(self) -> None:
        """What changed, and ages."""
        self._read()
        self.page.rebuild()

    def _read(self) -> None:
        store = self.desk.store
        version = sum(store.version(kind) for kind in self.kinds())
        if version == self._drawn_version or self._panel.feed is None:
            return
        self._drawn_version = version
        plugin = self.desk.registry.owner(self.kind.name).name
        self._maps = [
            (site.name, system.name, self._panel.feed(store.lookup(site.name, system.name)))
            for site in self.desk.session.sites
            for system in site.systems
            if system.plugin == plugin and self.place.site in ("", site.name)
        ]

    # -- lines

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """A map for each system."""
        lines: list[Line] = []
        for drawing in self._drawings():
            lines += [self._heading(drawing, room), *drawing.lines(room)]
            cell = drawing.chosen(self.page.link)
            lines += [cell_line(cell, room)] if cell is not None else []
            lines.append(BLANK)
        if not any(drawn.pools for _, _, drawn in self._maps):
            lines += [(Span(" "), span(part, "dim")) for part in wrap(self._why_empty(), room - 2)]
        return lines

    def _drawings(self) -> list[Drawing]:
        return [Drawing(site, system, drawn, self._colour) for site, system, drawn in self._maps]

    def _heading(self, drawing: Drawing, room: int) -> Line:
        state = self.desk.store.state(drawing.site, drawing.system, self.kind.name)
        tier = next((one.tier for one in self.desk.session.sites if one.name == drawing.site), "")
        where = f"{drawing.site} {tier}" + (f" {drawing.system}" if len(self._maps) > 1 else "")
        by = "" if self._colour == COLOURS[0] else f"   by {self._colour}"
        live = freshness([state], self.desk.clock())
        title = (Span(f" {self.kind.plural}", "title"), span(f"  {where}   ", "dim"), span(drawing.drawn.title))
        return cut((*title, Span("   "), *live, Span(by, "accent")), room)

    def _chosen(self) -> MapCell | None:
        found = (drawing.chosen(self.page.link) for drawing in self._drawings())
        return next((cell for cell in found if cell is not None), None)

    def _why_empty(self) -> str:
        states = [state for state in self.desk.store.states(self.kind.name) if self.place.site in ("", state.site)]
        owner = self.desk.registry.owner(self.kind.name).name
        return why_empty(self.kind, owner, states, hidden=0, query="", faults_only=False, within="")

    # -- keys

    def on_lines_view_moved(self) -> None:
        """The line below the map tells of the cell."""
        self.page.rebuild()

    def link_opened(self, link: Any) -> None:
        """The groups of a cell as a table."""
        cell = self._chosen()
        if cell is not None and isinstance(link, CellLink):
            self.go(Place(Kind.PANEL, kind=self.kind.name, site=link.site, ids=cell.pgids))

    def action_colours(self) -> None:
        """Another meaning of the cells."""
        self._colour = COLOURS[(COLOURS.index(self._colour) + 1) % len(COLOURS)]
        self.page.rebuild()

    def action_table(self) -> None:
        """All groups as rows."""
        self.go(Place(Kind.PANEL, kind=self.kind.name, site=self.place.site, name="table"))

    async def action_filter(self) -> None:
        """`/` filters the table."""
        await self.ask("/", self._filtered, history=self.desk.filters)

    def _filtered(self, text: str) -> None:
        self.go(Place(Kind.PANEL, kind=self.kind.name, site=self.place.site, name="table", query=text))
