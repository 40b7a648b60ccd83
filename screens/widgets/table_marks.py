"""Which rows a person has marked. Marks belong to keys: they survive sorting, filtering and reloading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic

from hsops.screens.widgets.table_rows import K


class Marks(Generic[K]):
    """A set of keys, with the row from which a range is marked."""

    def __init__(self) -> None:
        self.keys: set[K] = set()
        self._anchor: K | None = None

    def toggle(self, key: K) -> None:
        """Mark or unmark one row; a range starts here."""
        self.keys ^= {key}
        self._anchor = key

    def extend(self, keys: Sequence[K], index: Mapping[K, int], to: int) -> None:
        """Mark everything from the last toggled row to row `to`; only that row when there is no such row."""
        start = to if self._anchor is None else index.get(self._anchor, to)
        low, high = sorted((start, to))
        self.keys.update(keys[low : high + 1])
        self._anchor = keys[to]

    def add(self, keys: Iterable[K]) -> None:
        """Mark these rows."""
        self.keys.update(keys)

    def clear(self) -> None:
        """Forget all marks."""
        self.keys.clear()
        self._anchor = None

    def shown(self, index: Mapping[K, int]) -> list[K]:
        """Marked keys that the table holds, in row order."""
        return sorted((key for key in self.keys if key in index), key=index.__getitem__)
