"""A kind's columns as columns of the table, and its rows as cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from hsops.model import Column, Format, Health, Key, Kind, Resource
from hsops.render import RIGHT
from hsops.screens.cells import cell_of
from hsops.screens.values import value_of
from hsops.screens.widgets.cell import Cell
from hsops.screens.widgets.table_layout import TableColumn

NOTES: Final = "notes"
"""Name of the last column: what goes on around the row."""

Notes = Callable[[Key, Resource], Cell]
Fresh = Callable[[Key], bool]
"""Whether the source of a row is live."""


def table_columns(kind: Kind, places: Sequence[str]) -> list[TableColumn]:
    """Columns of the table: the kind's own, `places` (site, system) after the first, the notes at the end."""
    own = [_table_column(column) for column in kind.columns]
    where = [TableColumn(place, place.upper(), priority=15, max_width=16) for place in places]
    notes = TableColumn(NOTES, "", min_width=6, max_width=48, priority=8)
    return [*own[:1], *where, *own[1:], notes]


def _table_column(column: Column) -> TableColumn:
    number = column.format in RIGHT
    return TableColumn(
        column.name,
        column.title.upper(),
        align="right" if number else "left",
        min_width=min(column.width, _least(column)),
        max_width=column.width,
        priority=column.priority,
        wide=column.wide,
        quiet=column.format is Format.AGE or not column.track,
    )


def _least(column: Column) -> int:
    """Cells below which a column says too little: better drop others than cut this one."""
    if column.priority == 0:
        return 20
    return {Format.BAR: 14, Format.STATE: 12}.get(column.format, 10)


class CellPainter:
    """Draws the cells of one row; the table asks for visible rows only."""

    def __init__(
        self,
        kind: Kind,
        places: Sequence[str],
        *,
        clock: Callable[[], float],
        notes: Notes,
        fresh: Fresh,
        ascii_only: bool,
    ) -> None:
        self._columns = kind.columns
        self._places = tuple(places)
        self._clock = clock
        self._notes = notes
        self._fresh = fresh
        self._ascii = ascii_only
        self._shows_state = any(column.format is Format.STATE for column in kind.columns)

    def cells(self, key: Key, row: Resource) -> list[Cell]:
        """Cells in the order of `table_columns`. Those of a source that is not live look unknown."""
        now = self._clock()
        own = [cell_of(column, value_of(column, row), now, ascii_only=self._ascii) for column in self._columns]
        if not self._shows_state:
            own[0] = self._with_health(own[0], row.health())
        where = [Cell(str(getattr(key, place)), "dim") for place in self._places]
        cells = [*own[:1], *where, *own[1:], self._notes(key, row)]
        return cells if self._fresh(key) else [cell._replace(style="unknown") for cell in cells]

    def _with_health(self, cell: Cell, health: Health) -> Cell:
        """A kind without a column for its state shows it on the name."""
        if health is Health.OK:
            return cell
        return Cell(f"{health.ascii if self._ascii else health.symbol} {cell.text}", health.word)


def sort_letters(columns: Sequence[Column], taken: Sequence[str]) -> dict[str, str]:
    """Capital letter -> column: the first letter of the title that is free, else another one of it."""
    letters: dict[str, str] = {}
    for column in columns:
        for letter in column.title.upper():
            if letter.isascii() and letter.isalpha() and letter not in letters and letter not in taken:
                letters[letter] = column.name
                break
    return letters
