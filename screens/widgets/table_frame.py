"""What stands on the screen line by line, and what of it differs from what should: the regions to repaint."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from textual.geometry import Region

from hsops.screens.widgets.cell import Cell
from hsops.screens.widgets.table_layout import Layout

NOTHING_RECENT: frozenset[int] = frozenset()


class LineView(NamedTuple):
    """One row as it is drawn; `recent` holds the indices of cells that wear the style `changed`."""

    key: Hashable
    cells: tuple[Cell, ...]
    cursor: bool = False
    marked: bool = False
    recent: frozenset[int] = NOTHING_RECENT


def repaint_regions(
    old: Sequence[LineView | None], new: Sequence[LineView | None], layout: Layout, top: int, line_width: int
) -> list[Region]:
    """Regions, in widget coordinates, where `new` lines look different from `old` ones.

    Cells where only cells differ, else whole lines. `top` is the screen line of the first row.
    """
    regions: list[Region] = []
    for y, (before, after) in enumerate(zip(old, new, strict=True), top):
        if before == after:
            continue
        if before is None or after is None or before[2:4] != after[2:4]:
            regions.append(Region(0, y, line_width, 1))
        else:
            regions.extend(_cell_regions(before, after, layout, y))
    return regions


def _cell_regions(before: LineView, after: LineView, layout: Layout, y: int) -> Iterable[Region]:
    for index, _, x, width in layout.placed:
        recent_differs = (index in before.recent) != (index in after.recent)
        if recent_differs or before.cells[index] != after.cells[index]:
            yield Region(x, y, width, 1)


@dataclass(slots=True)
class RecentChanges:
    """Cells that changed on the screen a moment ago, each until its own time."""

    seconds: float
    _until: dict[Hashable, dict[int, float]] = field(default_factory=dict)

    def note(self, key: Hashable, old: Sequence[Cell], new: Sequence[Cell], quiet: frozenset[int], now: float) -> None:
        """Remember which cells of a row differ; columns in `quiet` never count."""
        if old == new:
            return
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            if before != after and index not in quiet:
                self._until.setdefault(key, {})[index] = now + self.seconds

    def of(self, key: Hashable) -> frozenset[int]:
        """Indices of the recent cells of a row."""
        cells = self._until.get(key)
        return frozenset(cells) if cells else NOTHING_RECENT

    def expire(self, now: float) -> None:
        """Forget what is older than `seconds`."""
        for key, cells in list(self._until.items()):
            for index in [i for i, until in cells.items() if until <= now]:
                del cells[index]
            if not cells:
                del self._until[key]

    def next_expiry(self) -> float | None:
        """When the earliest of them is over, on the clock of `note`; None when there is none."""
        return min((until for cells in self._until.values() for until in cells.values()), default=None)

    def clear(self) -> None:
        """Forget all."""
        self._until.clear()
