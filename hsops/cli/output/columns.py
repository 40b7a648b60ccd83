"""Items as aligned columns for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hsops.cli.output.cells import fit, width_of
from hsops.cli.output.sheet import Field
from hsops.cli.output.streams import paint
from hsops.errors import plain

GAP = 2
_LEAST = 3


def cell_of(field: Field, item: Any) -> str:
    """The cell of an item, harmless for a terminal."""
    if field.cell is not None:
        return field.cell(item)
    value = field.raw(item)
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return plain(", ".join(map(str, value)), 512)
    return plain(str(value), 512)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which fields are shown, and how wide; the widths stay for the rows of a watch."""

    fields: Sequence[Field]
    widths: Sequence[int]
    dropped: Sequence[Field] = ()

    def header(self) -> str:
        """The line of titles."""
        return self._line([field.heading for field in self.fields])

    def line(self, item: Any, *, coloured: bool = False) -> str:
        """The line of an item."""
        cells = [cell_of(field, item) for field in self.fields]
        if not coloured:
            return self._line(cells)
        fitted = self._fitted(cells)
        painted = [
            paint(text, field.colour(item)) if field.colour else text
            for field, text in zip(self.fields, fitted, strict=True)
        ]
        return (" " * GAP).join(painted).rstrip()

    def _fitted(self, cells: Sequence[str]) -> list[str]:
        return [
            fit(cell, width, right=field.right)
            for cell, width, field in zip(cells, self.widths, self.fields, strict=True)
        ]

    def _line(self, cells: Sequence[str]) -> str:
        return (" " * GAP).join(self._fitted(cells)).rstrip()


def lay_out(fields: Sequence[Field], items: Sequence[Any], room: int | None) -> Layout:
    """Widths for these items. With a limited `room` the least important columns go first; the last one may be cut."""
    widths = [_width(field, items, capped=room is not None) for field in fields]
    kept = list(range(len(fields)))
    if room is not None:
        while len(kept) > 1 and _total(widths, kept) > room:
            worst = max(kept[1:], key=lambda index: (fields[index].priority, index))
            if fields[worst].priority == 0:
                break
            kept.remove(worst)
        over = _total(widths, kept) - room
        if over > 0:
            widest = max(kept, key=lambda index: widths[index])
            widths[widest] = max(_LEAST, widths[widest] - over)
    dropped = [field for index, field in enumerate(fields) if index not in kept]
    return Layout([fields[index] for index in kept], [widths[index] for index in kept], dropped)


def _width(field: Field, items: Sequence[Any], *, capped: bool) -> int:
    widest = max((width_of(cell_of(field, item)) for item in items), default=0)
    return max(width_of(field.heading), min(widest, field.width) if capped else widest)


def _total(widths: Sequence[int], kept: Sequence[int]) -> int:
    return sum(widths[index] for index in kept) + GAP * (len(kept) - 1)


def lines(layout: Layout, items: Sequence[Any], *, headers: bool, coloured: bool) -> Iterator[str]:
    """The whole table."""
    if headers:
        yield layout.header()
    for item in items:
        yield layout.line(item, coloured=coloured)
