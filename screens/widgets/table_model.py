"""Rows, cursor and marks of a table, and what stays where when the rows change. No terminal here."""

from __future__ import annotations

from typing import Generic

from hsops.screens.widgets.table_marks import Marks
from hsops.screens.widgets.table_rows import K, Rows


class TableModel(Generic[K]):
    """The cursor is a key with its index; `top` is the index of the first visible row, `page` how many are visible."""

    def __init__(self) -> None:
        self.rows: Rows[K] = Rows()
        self.marks: Marks[K] = Marks()
        self.cursor: int | None = None
        self.top = 0
        self.page = 1

    @property
    def cursor_key(self) -> K | None:
        """Key of the row with the cursor; None when there is no row."""
        return None if self.cursor is None else self.rows.keys[self.cursor]

    @property
    def last_top(self) -> int:
        """The greatest `top` that still fills the page."""
        return max(0, len(self.rows) - self.page)

    def load(self, rows: Rows[K]) -> None:
        """Replace all rows. The cursor stays on its key, or passes to the next row that is left.

        The row under the reader's eyes keeps its line on the screen: the cursor's if it is visible, else the first
        visible one. At the very top the page stays at the top as long as the cursor remains on it.
        """
        old, line = self.rows, self._held_line()
        held = line + self.top
        cursor_held = held == self.cursor
        new_held = self._follow(old, held, rows)
        new_cursor = new_held if cursor_held else self._follow(old, self.cursor, rows)
        at_top = self.top == 0
        self.rows = rows
        self.cursor = new_cursor if new_cursor is not None else (0 if len(rows) else None)
        if new_held is not None and not (at_top and new_held < self.page):
            self.top = new_held - line
        self.clamp()

    def move(self, index: int) -> None:
        """Put the cursor on a row (the nearest there is) and bring it into view."""
        if not len(self.rows):
            return
        self.cursor = min(max(index, 0), len(self.rows) - 1)
        self.top = min(max(self.top, self.cursor - self.page + 1), self.cursor)
        self.clamp()

    def turn(self, pages: int) -> None:
        """Move the cursor and the view by whole pages."""
        if self.cursor is not None:
            self.top += pages * self.page
            self.clamp()
            self.move(self.cursor + pages * self.page)

    def resize(self, page: int) -> None:
        """Another number of visible rows; a cursor that was visible remains so."""
        visible = self.cursor is not None and 0 <= self.cursor - self.top < self.page
        self.page = max(1, page)
        self.clamp()
        if visible and self.cursor is not None:
            self.move(self.cursor)

    def clamp(self) -> None:
        """Keep `top` within the rows."""
        self.top = min(max(self.top, 0), self.last_top)

    def _held_line(self) -> int:
        """Line, counted from `top`, of the row that keeps its place."""
        line = -1 if self.cursor is None else self.cursor - self.top
        return line if 0 <= line < self.page else 0

    @staticmethod
    def _follow(old: Rows[K], index: int | None, new: Rows[K]) -> int | None:
        """Where the row at `index` of `old`, or its survivor, stands in `new`."""
        if index is None or not len(old) or not len(new):
            return None
        key = old.survivor(min(index, len(old) - 1), new)
        return None if key is None else new.index[key]
