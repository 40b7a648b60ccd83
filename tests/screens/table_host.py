"""An app around one table, and what its tests ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from hsops.screens.widgets.narrow_update import NarrowScreen
from hsops.screens.widgets.table import Cell, PanelTable, TableColumn
from hsops.screens.widgets.table_messages import TableMessage

COLUMNS = (
    TableColumn("name", "NAME", priority=0),
    TableColumn("state", "STATE", min_width=4),
    TableColumn("vms", "VMS", align="right"),
    TableColumn("age", "AGE", quiet=True),
)


def row(i: int) -> tuple[str, tuple[Cell | str, ...]]:
    """Row `k0007` and its cells."""
    return f"k{i:04}", (f"cmp-{i:04}", Cell("✓ up", "ok"), str(i), "4m")


def rows(count: int) -> list[tuple[str, tuple[Cell | str, ...]]]:
    """The first `count` rows."""
    return [row(i) for i in range(count)]


class Host(App[None]):
    """One table on the whole screen; keeps the messages it posts."""

    def __init__(self, table: PanelTable[str] | None = None) -> None:
        super().__init__()
        self.table: PanelTable[str] = table or PanelTable(COLUMNS)
        self.heard: list[TableMessage] = []

    def get_default_screen(self) -> Screen[Any]:
        return NarrowScreen(id="_default")

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def hear(self, kind: type[TableMessage]) -> list[TableMessage]:
        """Messages of one kind, oldest first."""
        return [message for message in self.heard if type(message) is kind]

    def on_panel_table_row_selected(self, event: TableMessage) -> None:
        self.heard.append(event)

    on_panel_table_cursor_moved = on_panel_table_row_selected
    on_panel_table_marks_changed = on_panel_table_row_selected
    on_panel_table_sort_requested = on_panel_table_row_selected
    on_panel_table_columns_dropped = on_panel_table_row_selected

    def lines(self) -> list[str]:
        """The screen as text."""
        return [strip.text for strip in self.screen._compositor.render_strips()]


async def until(pilot: Pilot[Any], condition: Callable[[], bool], what: str, limit: float = 20.0) -> None:
    """Wait for a condition; fail with `what` when it does not come true."""
    waited = 0.0
    while not condition():
        assert waited < limit, f"did not happen in {limit} s: {what}"
        await pilot.pause(0.05)
        waited += 0.05


async def painted(pilot: Pilot[Any], table: PanelTable[Any]) -> None:
    """Wait until everything the table was told is on the screen."""
    await pilot.pause()
    await until(pilot, lambda: table._paint_timer is None and table._frame is not None, "the repaint")
    await pilot.pause()
