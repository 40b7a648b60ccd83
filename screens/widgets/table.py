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
Moves: `move_to(key) -> bool`, `move_to_index(i)`, `mark(keys)`, `clear_marks()`.

Messages, each with `.table` (also `.control`): `RowSelected(key)`, `CursorMoved(key | None)`, `MarksChanged(keys)`,
`SortRequested(column, reverse)`, `ColumnsDropped(columns)`.
"""
