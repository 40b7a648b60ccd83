"""Which columns of a table stand where: natural widths, what is squeezed and what is dropped. No terminal here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hsops.screens.widgets.cell import TEXT_CAP, Align, Cell, clean, width_of

GUTTER = 1
"""Cells left of the first column: the mark."""
GAP = 2
"""Cells between columns."""
SORT_MARK = 1
"""Cells kept free beside a title for ▲ or ▼, so that sorting moves nothing."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table; widths in terminal cells."""

    name: str
    """Unique in the table; what `SortRequested.column` and `set_sort` speak of."""
    title: str
    align: Align = "left"
    """Right-aligned columns hold numbers and are never squeezed below their widest cell: a cut number is a lie."""
    min_width: int = 8
    """What a left-aligned column may be squeezed to before columns are dropped."""
    max_width: int = 40
    """What it may take at most; in wide mode at most `TEXT_CAP`."""
    priority: int = 50
    """0 is never dropped; of the others the highest number goes first, the rightmost of equals."""
    wide: bool = False
    """Only in wide mode."""
    quiet: bool = False
    """Its changes are repainted and not marked (ages, sparklines)."""


class Placed(NamedTuple):
    """A column on the screen. `cell` is its place in the row's tuple of cells, `x` its first cell on the line."""

    cell: int
    column: TableColumn
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns from left to right, the cells they take in all, and the columns for which there was no room."""

    placed: tuple[Placed, ...]
    width: int
    dropped: tuple[TableColumn, ...]

    def column_at(self, x: int) -> Placed | None:
        """The column that `x` points at; the gap behind a column belongs to it."""
        return next((p for p in self.placed if p.x <= x < p.x + p.width + GAP), None)


class Widths:
    """Natural width of each column: the widest of its title and of the cells seen so far.

    What is seen while painting counts only after `adopt`, so that no column moves under a reader's eyes.
    """

    def __init__(self, columns: Sequence[TableColumn]) -> None:
        self.adopted = [width_of(clean(c.title)) + SORT_MARK for c in columns]
        self._seen = list(self.adopted)
        self._numbers = [(i, c.max_width) for i, c in enumerate(columns) if c.align == "right"]

    def see(self, cells: Sequence[Cell]) -> None:
        """Remember the widths of a row."""
        seen = self._seen
        for index, (text, _) in enumerate(cells):
            length = len(text)
            # No character takes more than two cells: most texts are judged without being measured.
            if length > seen[index] or (2 * length > seen[index] and not text.isascii()):
                seen[index] = max(seen[index], width_of(clean(text)))

    def numbers_cut(self) -> bool:
        """Whether a number was seen that does not fit its column now: a cut number is worse than a moved column."""
        return any(self.adopted[i] < min(self._seen[i], most) for i, most in self._numbers)

    def adopt(self) -> None:
        """Take what was seen as the natural widths from now on."""
        self.adopted = list(self._seen)


def lay_out(columns: Sequence[TableColumn], natural: Sequence[int], room: int, *, wide: bool) -> Layout:
    """Place `columns` in `room` cells, dropping and squeezing; with `wide` all of them, however long the line."""
    shown = [i for i, c in enumerate(columns) if wide or not c.wide]
    if wide:
        widths = {i: min(natural[i], TEXT_CAP) for i in shown}
        return _place(columns, shown, widths, ())
    full = {i: min(natural[i], max(columns[i].max_width, 1)) for i in shown}
    least = {i: _least(columns[i], full[i]) for i in shown}
    kept = _drop(columns, shown, least, room)
    dropped = tuple(columns[i] for i in shown if i not in kept)
    return _place(columns, kept, _grow(columns, kept, least, full, room), dropped)


def drop_note(dropped: int, room: int) -> str:
    """What the header says about dropped columns; `room` is the free space at its end, in cells."""
    if not dropped:
        return ""
    text = f"+{dropped} column{'s' if dropped > 1 else ''}"
    return text if len(text) + GAP <= room else f"+{dropped}"


def _least(column: TableColumn, full: int) -> int:
    if column.align == "right":
        return full
    title = width_of(clean(column.title)) + SORT_MARK
    return min(full, max(column.min_width, title))


def _line(widths: Iterable[int]) -> int:
    taken = [w + GAP for w in widths]
    return GUTTER + sum(taken) - (GAP if taken else 0)


def _drop(columns: Sequence[TableColumn], shown: list[int], least: dict[int, int], room: int) -> list[int]:
    kept = list(shown)
    while True:
        note = len(f"+{len(shown) - len(kept)}") + 1 if len(kept) < len(shown) else 0
        droppable = [i for i in kept if columns[i].priority > 0]
        if _line(least[i] for i in kept) + note <= room or not droppable:
            return kept
        kept.remove(max(droppable, key=lambda i: (columns[i].priority, i)))


def _grow(
    columns: Sequence[TableColumn], kept: list[int], least: dict[int, int], full: dict[int, int], room: int
) -> dict[int, int]:
    """Hand the room that is left to the squeezed columns, the most important first."""
    widths = {i: least[i] for i in kept}
    spare = room - _line(widths.values())
    for i in sorted(kept, key=lambda i: columns[i].priority):
        if spare <= 0:
            break
        more = min(spare, full[i] - widths[i])
        widths[i] += more
        spare -= more
    return widths


def _place(
    columns: Sequence[TableColumn], kept: list[int], widths: dict[int, int], dropped: tuple[TableColumn, ...]
) -> Layout:
    placed: list[Placed] = []
    x = GUTTER
    for i in kept:
        placed.append(Placed(i, columns[i], x, widths[i]))
        x += widths[i] + GAP
    return Layout(tuple(placed), _line(widths[i] for i in kept), dropped)
