"""`PanelTable`: the virtual table of every panel. It draws only what is on the screen and repaints only what changed.

The owner (a screen) gives columns and rows, answers messages, and decides order and filters; the table shows them,
keeps the cursor and the marks on their *keys*, and never reorders anything by itself.

Columns: a tuple of `TableColumn` (`table_layout`). Cells: `Cell(text, style)` or a plain `str`. Keys: anything
hashable, unique in the table. All text is untrusted and cleaned here.

    table: PanelTable[Key] = PanelTable(columns, id="rows", ascii_only=False)

    table.set_columns(columns)                     # other columns; the rows must be given again
    table.set_rows([(key, (cell, …)), …])          # all rows, already drawn
    table.set_keys([key, …], render)               # all rows, drawn on demand: render(key) -> (cell, …), visible only
    table.update({key: (cell, …), …})              # new cells of rows given with set_rows; the order stays
    table.invalidate([key, …])                     # the same for set_keys: render again when visible
    table.set_sort("name", reverse=False)          # shows ▲/▼ in the header; the owner sorts
    table.set_empty("No server matches /cmp-9/. Esc clears the filter.")
    table.set_wide(True)                           # all columns, horizontal scrolling

`set_rows(…, now=True)` and `set_keys(…, now=True)` paint at once (the user asked: filter, sort); otherwise all changes
of data together cause at most four repaints a second. A cell that changed on the screen wears the style `changed`
for `CHANGED_SECONDS`, except in a column with `quiet=True` (ages). `render` may raise LookupError for a row that has
just gone.

State: `row_count`, `cursor_key`, `cursor_index`, `keys`, `marked` (keys in row order), `hidden_marks` (marked rows
that the table does not hold now), `dropped` (columns that do not fit), `picked` (name of the picked column), `wide`.
Moves: `move_to(key) -> bool`, `move_to_index(i)`, `mark(keys)`, `clear_marks()`, `pick(column)`.
Put it on a `NarrowScreen` (`narrow_update`): only there a changed cell costs its own bytes and no more.

Messages, each with `.table` (also `.control`): `RowSelected(key)`, `CursorMoved(key | None)`, `MarksChanged(keys)`,
`SortRequested(column, reverse)`, `ColumnsDropped(columns)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType

from hsops.screens.widgets import table_keys, table_messages
from hsops.screens.widgets.cell import Cell
from hsops.screens.widgets.table_layout import TableColumn
from hsops.screens.widgets.table_rows import Cells, DrawnOnDemand, GivenCells, K, Rows
from hsops.screens.widgets.table_styles import STYLE_NAMES
from hsops.screens.widgets.table_view import HEADER, TableView

__all__ = ["STYLE_NAMES", "Cell", "Cells", "PanelTable", "TableColumn"]


class PanelTable(TableView[K]):
    """See the module's docstring."""

    BINDINGS: ClassVar[list[BindingType]] = table_keys.BINDINGS

    RowSelected = table_messages.RowSelected
    CursorMoved = table_messages.CursorMoved
    MarksChanged = table_messages.MarksChanged
    SortRequested = table_messages.SortRequested
    ColumnsDropped = table_messages.ColumnsDropped

    # What the owner gives

    def set_columns(self, columns: Sequence[TableColumn]) -> None:
        """Other columns. The rows go; cursor, marks and the sorted column's name stay for the rows to come."""
        self._use_columns(columns)
        self._load(Rows(), now=True)

    def set_rows(self, rows: Sequence[tuple[K, Cells]], *, now: bool = False) -> None:
        """Replace all rows by drawn ones. Raises ValueError when a key stands twice."""
        source = GivenCells(dict(rows))
        self._load(Rows((key for key, _ in rows), source, len(self._columns)), now=now)

    def set_keys(self, keys: Iterable[K], render: Callable[[K], Cells], *, now: bool = False) -> None:
        """Replace all rows by keys; `render` draws a row when it becomes visible. Raises ValueError as `set_rows`."""
        self._load(Rows(keys, DrawnOnDemand(render), len(self._columns)), now=now)

    def update(self, changed: Mapping[K, Cells]) -> None:
        """New cells for rows given with `set_rows`; keys that the table does not hold are left out."""
        source = self._model.rows.source
        if not isinstance(source, GivenCells):
            raise TypeError("update() is for rows given with set_rows(); rows on demand are renewed with invalidate()")
        source.update(changed)
        self._data_changed()

    def invalidate(self, keys: Iterable[K]) -> None:
        """Draw these rows, given with `set_keys`, again when they are visible."""
        source = self._model.rows.source
        if not isinstance(source, DrawnOnDemand):
            raise TypeError("invalidate() is for rows given with set_keys(); drawn rows are renewed with update()")
        source.forget(keys)
        self._data_changed()

    def set_sort(self, column: str, *, reverse: bool = False) -> None:
        """Show in the header by which column the rows are sorted; the empty string: by none."""
        self._set_header(self._sort._replace(column=column, reverse=reverse))

    def set_empty(self, text: str) -> None:
        """The sentence that stands where rows would be: why there are none, and the next step."""
        self._empty = text
        if not self.row_count:
            self.refresh()

    def set_wide(self, wide: bool) -> None:
        """All columns at their natural width, with horizontal scrolling; or those that fit."""
        self._wide = wide
        self.scroll_to(x=0, animate=False)
        self._arrange_columns()
        self._draw_all()

    # What the owner asks

    @property
    def columns(self) -> tuple[TableColumn, ...]:
        """All columns, shown or not."""
        return self._columns

    @property
    def row_count(self) -> int:
        """Number of rows, on the screen or not."""
        return len(self._model.rows)

    @property
    def keys(self) -> Sequence[K]:
        """Keys of all rows in order; not to be changed."""
        return self._model.rows.keys

    @property
    def cursor_index(self) -> int | None:
        """Index of the row with the cursor; None when there is no row."""
        return self._model.cursor

    @property
    def cursor_key(self) -> K | None:
        """Key of the row with the cursor; None when there is no row."""
        return self._model.cursor_key

    @property
    def marked(self) -> list[K]:
        """Marked keys that the table holds, in row order."""
        return self._model.marks.shown(self._model.rows.index)

    @property
    def hidden_marks(self) -> int:
        """Marked rows that the table does not hold now (a filter hides them, or they are gone)."""
        return len(self._model.marks.keys) - len(self.marked)

    @property
    def dropped(self) -> tuple[TableColumn, ...]:
        """Columns for which there is no room."""
        return self._layout_now.dropped

    @property
    def picked(self) -> str:
        """Name of the picked column, empty when none is."""
        return self._sort.picked

    @property
    def wide(self) -> bool:
        """Whether all columns are shown."""
        return self._wide

    # Moving and marking

    def move_to(self, key: K) -> bool:
        """Put the cursor on a row; False when the table does not hold it."""
        index = self._model.rows.index.get(key)
        if index is not None:
            self.move_to_index(index)
        return index is not None

    def move_to_index(self, index: int) -> None:
        """Put the cursor on the row at `index`, or the nearest there is, and bring it into view."""
        before = self.cursor_key
        self._model.move(index)
        self._paint()
        self._cursor_passed(before)

    def mark(self, keys: Iterable[K]) -> None:
        """Mark these rows as well."""
        self._model.marks.add(keys)
        self._marks_changed()

    def clear_marks(self) -> None:
        """Unmark all rows, hidden ones too."""
        self._model.marks.clear()
        self._marks_changed()

    def pick(self, column: str) -> None:
        """Pick a shown column by name; `O` sorts by it."""
        self._set_header(self._sort._replace(picked=column))

    # Keys

    def action_cursor_down(self) -> None:
        """To the next row."""
        self.move_to_index((self._model.cursor or 0) + 1)

    def action_cursor_up(self) -> None:
        """To the previous row."""
        self.move_to_index((self._model.cursor or 0) - 1)

    def action_cursor_first(self) -> None:
        """To the first row."""
        self.move_to_index(0)

    def action_cursor_last(self) -> None:
        """To the last row."""
        self.move_to_index(self.row_count - 1)

    def action_page_down(self) -> None:
        """A page on."""
        self._turn(1)

    def action_page_up(self) -> None:
        """A page back."""
        self._turn(-1)

    def action_look_left(self) -> None:
        """In wide mode: to the column before."""
        starts = [p.x - 1 for p in self._layout_now.placed if p.x - 1 < self.scroll_offset.x]
        self.scroll_to(x=starts[-1] if starts else 0, animate=False)

    def action_look_right(self) -> None:
        """In wide mode: to the column behind."""
        starts = [p.x - 1 for p in self._layout_now.placed if p.x - 1 > self.scroll_offset.x]
        self.scroll_to(x=starts[0] if starts else self.max_scroll_x, animate=False)

    def action_pick_left(self) -> None:
        """Pick the shown column to the left."""
        self._pick(-1)

    def action_pick_right(self) -> None:
        """Pick the shown column to the right."""
        self._pick(1)

    def action_sort_picked(self) -> None:
        """Ask the owner to sort by the picked column; the other way round when it is sorted by it already."""
        if self.picked:
            reverse = self._sort.column == self.picked and not self._sort.reverse
            self.post_message(self.SortRequested(self, self.picked, reverse))

    def action_toggle_wide(self) -> None:
        """All columns, or those that fit."""
        self.set_wide(not self._wide)

    def action_toggle_mark(self) -> None:
        """Mark or unmark the row with the cursor."""
        if self._model.cursor is not None:
            self._model.marks.toggle(self._model.rows.keys[self._model.cursor])
            self._marks_changed()

    def action_mark_range(self) -> None:
        """Mark from the row toggled last to the cursor."""
        rows = self._model.rows
        if self._model.cursor is not None:
            self._model.marks.extend(rows.keys, rows.index, self._model.cursor)
            self._marks_changed()

    def action_clear_marks(self) -> None:
        """Unmark all rows."""
        self.clear_marks()

    def action_select(self) -> None:
        """Open the row with the cursor."""
        if self._model.cursor is not None:
            self.post_message(self.RowSelected(self, self.cursor_key))

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """A title: sort by it. A row: the cursor goes there; a double click opens it."""
        if event.y < HEADER:
            placed = self._layout_now.column_at(event.x + self.scroll_offset.x)
            if placed is not None:
                self.pick(placed.column.name)
                self.action_sort_picked()
            return
        index = self._model.top + event.y - HEADER
        if index < self.row_count:
            self.move_to_index(index)
            if event.chain == 2:
                self.action_select()

    # Within

    def _turn(self, pages: int) -> None:
        before = self.cursor_key
        self._model.turn(pages)
        self._paint()
        self._cursor_passed(before)

    def _pick(self, step: int) -> None:
        names = [placed.column.name for placed in self._layout_now.placed]
        if names:
            at = names.index(self.picked) + step if self.picked in names else (0 if step > 0 else len(names) - 1)
            self.pick(names[at % len(names)])

    def _marks_changed(self) -> None:
        self._paint()
        self.post_message(self.MarksChanged(self, self.marked))

    def _cursor_passed(self, before: K | None) -> None:
        if self.cursor_key != before:
            self.post_message(self.CursorMoved(self, self.cursor_key))

    def _columns_dropped(self, columns: tuple[TableColumn, ...]) -> None:
        self.post_message(self.ColumnsDropped(self, columns))
