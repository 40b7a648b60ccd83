"""One value of a column as a cell: text and meaning."""

from __future__ import annotations

from hsops.model import Column, Format, State, Value
from hsops.render import render
from hsops.screens.widgets.cell import Cell


def cell_of(column: Column, value: Value, now: float, *, ascii_only: bool) -> Cell:
    """The cell; a value that is not known is a dash, never a zero."""
    if value is None:
        return Cell("-" if ascii_only else "–", "dim")
    text = render(value, column.format, now, ascii_only=ascii_only)
    if isinstance(value, State):
        return Cell(text, value.health.word)
    return Cell(text, "bar" if column.format is Format.BAR else "")
