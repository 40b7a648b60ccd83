"""The program that `bench_table.py` runs in a pseudo-terminal: one table of each make over the same rows.

    python tests/benchmarks/table_app.py panel|datatable ROWS REPORT

`c` changes four visible cells. What loading took goes to the file REPORT as json when it has been painted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.coordinate import Coordinate
from textual.screen import Screen
from textual.widgets import DataTable

from hsops.screens.widgets.narrow_update import NarrowScreen
from hsops.screens.widgets.table import Cell, PanelTable, TableColumn

COLUMNS = (
    TableColumn("name", "NAME", priority=0),
    TableColumn("state", "STATE"),
    TableColumn("host", "HOST"),
    TableColumn("project", "PROJECT"),
    TableColumn("cpu", "CPU"),
    TableColumn("memory", "MEMORY", align="right"),
    TableColumn("address", "ADDRESS"),
    TableColumn("age", "AGE", align="right"),
)
STATES = (
    ("✓ up", "ok"),
    ("✗ down 4m", "critical"),
    ("! slow", "warn"),
    ("‖ draining", "maintenance"),
    ("? stale", "dim"),
)
WIDE_AND_COMBINING = ("データ基盤", "测试环境", "cafe\u0301-re\u0301sume\u0301", "nai\u0308ve")
PROJECTS = ("shop", "analytics", "ops", "billing", *WIDE_AND_COMBINING)
COLOURS = {"ok": "green", "critical": "bold red", "warn": "yellow", "maintenance": "cyan", "dim": "dim", "bar": "blue"}
CHANGED = ((3, 1), (11, 3), (22, 5), (37, 7))  # (line on the screen, column)


def row(i: int, salt: int = 0) -> tuple[Cell, ...]:
    """Row `i`; a different `salt` gives other texts of the same widths."""
    share = (i * 37 + salt) % 90 + 10
    return (
        Cell(f"vm-{i:06d}-web"),
        Cell(*STATES[i % len(STATES)]),
        Cell(f"cmp-{i % 997:03d}"),
        Cell(PROJECTS[i % len(PROJECTS)]),
        Cell("█" * (share // 10) + "░" * (10 - share // 10) + f" {share}%", "bar"),
        Cell(f"{(i * 7 + salt) % 900 + 100} MiB"),
        Cell(f"10.{i % 250}.{i // 250 % 250}.{i % 200 + 20}"),
        Cell(f"{(i + salt) % 90 + 10}d", "dim"),
    )


def other(cell: Cell, turn: int) -> str:
    """Another text of the same width."""
    return f"{'#' if turn % 2 else '='}{cell.text[1:]}"


class TableApp(App[None]):
    """Shared by both tables: loading is timed until it has been painted."""

    BINDINGS: ClassVar[list[BindingType]] = [("c", "change", "change four visible cells")]

    def __init__(self, rows: int, report: Path) -> None:
        super().__init__()
        self.rows = rows
        self.report = report
        self.turn = 0
        self.started = 0.0

    def on_mount(self) -> None:
        self.started = monotonic()
        self.load()
        called = monotonic() - self.started
        self.call_after_refresh(self.painted, called)

    def painted(self, called: float) -> None:
        self.report.write_text(json.dumps({"load": called, "settled": monotonic() - self.started}))

    def load(self) -> None:
        raise NotImplementedError


class PanelApp(TableApp):
    """Ours."""

    def get_default_screen(self) -> Screen[Any]:
        return NarrowScreen(id="_default")

    def compose(self) -> ComposeResult:
        yield PanelTable[int](COLUMNS)

    def load(self) -> None:
        self.changed: dict[int, tuple[Cell, ...]] = {}
        table = self.query_one(PanelTable)
        table.set_keys(range(self.rows), lambda i: self.changed.get(i) or row(i))
        table.focus()

    def action_change(self) -> None:
        table = self.query_one(PanelTable)
        self.turn += 1
        top = round(table.scroll_y)
        for line, column in CHANGED:
            cells = list(row(top + line))
            cells[column] = Cell(other(cells[column], self.turn), cells[column].style)
            self.changed[top + line] = tuple(cells)
        table.invalidate(top + line for line, _ in CHANGED)


class DataTableApp(TableApp):
    """Textual's."""

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def load(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*(column.title for column in COLUMNS))
        table.add_rows([self.styled(cell) for cell in row(i)] for i in range(self.rows))
        table.focus()

    @staticmethod
    def styled(cell: Cell) -> Text | str:
        return Text(cell.text, style=COLOURS[cell.style]) if cell.style else cell.text

    def action_change(self) -> None:
        table = self.query_one(DataTable)
        self.turn += 1
        top = round(table.scroll_y)
        for line, column in CHANGED:
            cell = row(top + line)[column]
            table.update_cell_at(Coordinate(top + line, column), self.styled(Cell(other(cell, self.turn), cell.style)))


if __name__ == "__main__":
    make = {"panel": PanelApp, "datatable": DataTableApp}[sys.argv[1]]
    make(int(sys.argv[2]), Path(sys.argv[3])).run()
