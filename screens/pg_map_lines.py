"""A map of placement groups as lines: one row a pool, one cell a group of them, its worst state or its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hsops.model import Health
from hsops.screens.text import Line, Span, cut, span, wrap

COLOURS: Final = ("health", "osd", "host", "rack")
"""What the cells tell, in the order in which ``o`` changes it."""
NAME: Final = 12
EVERY: Final = 12
"""Cells between two numbers of the scale."""

_GLYPHS: Final = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STYLES: Final = ("accent", "ok", "warn", "maintenance", "unknown", "bar")


class MapCell(Protocol):
    """Groups that follow each other."""

    @property
    def health(self) -> Health:
        """The worst."""
        ...

    @property
    def state(self) -> str:
        """The worst, in the system's words."""
        ...

    @property
    def pgids(self) -> tuple[str, ...]:
        """Ids of the rows."""
        ...

    def place(self, by: str) -> str:
        """Name of the osd, host or rack that leads."""
        ...


class MapPool(Protocol):
    """One row of the map."""

    @property
    def name(self) -> str:
        """Of the pool."""
        ...

    @property
    def pg_num(self) -> int:
        """How many groups it has."""
        ...

    @property
    def text(self) -> str:
        """How it is made and how full it is."""
        ...

    @property
    def cells(self) -> Sequence[MapCell]:
        """From the first group to the last."""
        ...


class Map(Protocol):
    """What a panel with ``special="pg-map"`` gives for one system."""

    @property
    def title(self) -> str:
        """Counts."""
        ...

    @property
    def progress(self) -> str:
        """What is out of place and for how long still."""
        ...

    @property
    def pools(self) -> Sequence[MapPool]:
        """Rows."""
        ...

    @property
    def note(self) -> str:
        """What a failure means, a line each."""
        ...

    @property
    def per_cell(self) -> int:
        """Groups in a cell."""
        ...


@dataclass(frozen=True, slots=True)
class CellLink:
    """A cell of the map: system, pool and cell by number."""

    site: str
    system: str
    pool: int
    cell: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """How one system's map is drawn."""

    site: str
    system: str
    drawn: Map
    colour: str = COLOURS[0]

    def lines(self, room: int) -> Iterator[Line]:
        """Scale, pools, legend and notes."""
        drawn = self.drawn
        width = max((len(pool.cells) for pool in drawn.pools), default=0)
        scale = (Span(f" {'pool':{NAME}} {self._scale(width)}", "dim"), span(f"  {drawn.progress}"))
        yield cut(scale, room)
        legend = self._legend()
        for number, pool in enumerate(drawn.pools):
            cells = [
                self._cell(cell, CellLink(self.site, self.system, number, index), legend)
                for index, cell in enumerate(pool.cells)
            ]
            tail = f"{' ' * (width - len(cells))}  {pool.pg_num:>6,}  {pool.text}"
            yield cut((span(f" {pool.name[:NAME]:{NAME}} "), *cells, span(tail)), room)
        if legend:
            names = "  ".join(f"{glyph} {name or 'nobody'}" for name, (glyph, _) in legend.items())
            yield from ((Span(" "), span(part, "dim")) for part in wrap(names, room - 2))
        for text in drawn.note.splitlines():
            yield from ((Span(" "), span(part, "warn")) for part in wrap(text, room - 2))

    def _scale(self, width: int) -> str:
        """Numbers of groups above the cells."""
        scale = ""
        for start in range(0, width, EVERY):
            scale = f"{scale:{start}}{start * self.drawn.per_cell}"
        return f"{scale:{width}}"

    def _legend(self) -> Mapping[str, tuple[str, str]]:
        """Glyph and style by place; empty when health is shown."""
        if self.colour == COLOURS[0]:
            return {}
        names = sorted({cell.place(self.colour) for pool in self.drawn.pools for cell in pool.cells})
        return {name: (_GLYPHS[i % len(_GLYPHS)], _STYLES[i % len(_STYLES)]) for i, name in enumerate(names)}

    def _cell(self, cell: MapCell, link: CellLink, legend: Mapping[str, tuple[str, str]]) -> Span:
        glyph, style = legend[cell.place(self.colour)] if legend else look(cell.health, cell.state)
        return Span(glyph, style, link)

    def chosen(self, link: object) -> MapCell | None:
        """The cell that a link means, None when it is not in this map."""
        if not isinstance(link, CellLink) or (link.site, link.system) != (self.site, self.system):
            return None
        pools = self.drawn.pools
        if link.pool >= len(pools) or link.cell >= len(pools[link.pool].cells):
            return None
        return pools[link.pool].cells[link.cell]


def look(health: Health, state: str) -> tuple[str, str]:
    """Glyph and style of a cell: what moves looks other than what is merely behind."""
    if health is Health.OK:
        return "·", "dim"
    if "backfill" in state or "recover" in state:
        return "▒", health.word
    return health.symbol, health.word


def cell_line(cell: MapCell, room: int) -> Line:
    """What a cell holds."""
    first, last = cell.pgids[0], cell.pgids[-1]
    names = first if first == last else f"{first} … {last}"
    place = f"osd.{cell.place('osd')} on {cell.place('host') or 'no host'}" if cell.place("osd") else "nobody"
    return cut((Span(" "), span(f"{names}  {cell.state}  led by {place}")), room)
