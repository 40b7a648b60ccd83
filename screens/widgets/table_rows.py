"""The rows behind a table: their order, and their cells given at once or drawn on demand. No terminal here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Generic, Protocol, TypeAlias, TypeVar

from hsops.screens.widgets.cell import Cell

K = TypeVar("K", bound=Hashable)
K_contra = TypeVar("K_contra", bound=Hashable, contravariant=True)

Cells: TypeAlias = Sequence["Cell | str"]
"""Cells of a row in the order of the columns; a plain `str` is a cell without a style."""

CACHE_ROWS = 1024
"""Rows drawn on demand that are kept drawn: a few screens."""
SAMPLE_ROWS = 64
"""Rows measured when rows are loaded."""


class CellSource(Protocol[K_contra]):
    """Where the cells of a row come from."""

    def cells(self, key: K_contra) -> Cells:
        """Cells of the row; LookupError when it is gone."""
        ...


class GivenCells(Generic[K]):
    """Cells that the owner drew beforehand."""

    def __init__(self, rows: Mapping[K, Cells]) -> None:
        self._rows = dict(rows)

    def cells(self, key: K) -> Cells:
        """Cells of the row."""
        return self._rows[key]

    def update(self, changed: Mapping[K, Cells]) -> None:
        """Put new cells for rows that are there; a row that has just gone stays gone."""
        rows = self._rows
        rows.update((key, cells) for key, cells in changed.items() if key in rows)


class DrawnOnDemand(Generic[K]):
    """Cells drawn by the owner's `render` when a row becomes visible; the last `CACHE_ROWS` are kept."""

    def __init__(self, render: Callable[[K], Cells]) -> None:
        self._render = render
        self._cache: OrderedDict[K, Cells] = OrderedDict()

    def cells(self, key: K) -> Cells:
        """Cells of the row, drawn now unless kept."""
        cells = self._cache.get(key)
        if cells is None:
            cells = self._cache[key] = self._render(key)
            if len(self._cache) > CACHE_ROWS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(key)
        return cells

    def forget(self, keys: Iterable[K]) -> None:
        """Draw these again when they are next visible."""
        for key in keys:
            self._cache.pop(key, None)


class Rows(Generic[K]):
    """Keys in their order, and the cells of each.

    Raises ValueError when a key stands twice: the cursor and the marks could not tell the rows apart.
    """

    def __init__(self, keys: Iterable[K] = (), source: CellSource[K] | None = None, columns: int = 0) -> None:
        self.keys: list[K] = list(keys)
        self.index: dict[K, int] = dict(zip(self.keys, count()))
        self.source = source
        self._columns = columns
        if len(self.index) != len(self.keys):
            raise ValueError(f"a key stands twice among {len(self.keys)} rows: {_first_repeated(self.keys)!r}")

    def __len__(self) -> int:
        return len(self.keys)

    def cells(self, key: K) -> tuple[Cell, ...]:
        """Exactly one cell a column; a row that has just gone shows its key alone, as unknown."""
        try:
            given = self.source.cells(key) if self.source is not None else ()
        except LookupError:
            given = (Cell(str(key), "unknown"),)
        cells = tuple([cell if type(cell) is Cell else _as_cell(cell) for cell in given[: self._columns]])
        return cells if len(cells) == self._columns else cells + (Cell(""),) * (self._columns - len(cells))

    def sample(self) -> list[K]:
        """At most `SAMPLE_ROWS` keys for measuring: the first ones, and some spread over all the rest."""
        count = len(self.keys)
        if count <= SAMPLE_ROWS:
            return self.keys
        half = SAMPLE_ROWS // 2
        spread = [half + (i + 1) * (count - half) // half - 1 for i in range(half)]
        return self.keys[:half] + [self.keys[i] for i in spread]

    def survivor(self, index: int, new: Rows[K]) -> K | None:
        """Whom the cursor passes to when the row at `index` is not in `new`: the next that is, else the one before."""
        order = chain(range(index, len(self.keys)), range(index - 1, -1, -1))
        return next((self.keys[i] for i in order if self.keys[i] in new.index), None)


def _as_cell(cell: Cell | str) -> Cell:
    return Cell(cell) if isinstance(cell, str) else Cell(*cell)


def _first_repeated(keys: Sequence[K]) -> K:
    seen: set[K] = set()
    return next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add is None
