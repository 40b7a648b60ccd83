"""What a `PanelTable` tells its owner. Handlers are named `on_panel_table_…` after the message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message

from hsops.screens.widgets.table_layout import TableColumn

if TYPE_CHECKING:
    from hsops.screens.widgets.table import PanelTable


class TableMessage(Message, bubble=True, namespace="panel_table"):
    """Base of all. Keys are as the owner gave them."""

    def __init__(self, table: PanelTable[Any]) -> None:
        self.table = table
        super().__init__()

    @property
    def control(self) -> PanelTable[Any]:
        """The table, for `@on(…, "#id")`."""
        return self.table


class RowSelected(TableMessage, namespace="panel_table"):
    """Enter, or a double click."""

    def __init__(self, table: PanelTable[Any], key: Any) -> None:
        super().__init__(table)
        self.key = key


class CursorMoved(TableMessage, namespace="panel_table"):
    """The cursor stands on another key; None when there is no row. Only the last of several in a row is delivered."""

    def __init__(self, table: PanelTable[Any], key: Any) -> None:
        super().__init__(table)
        self.key = key

    def can_replace(self, message: Message) -> bool:
        """Where the cursor was a moment ago interests nobody."""
        return isinstance(message, CursorMoved) and message.table is self.table


class MarksChanged(TableMessage, namespace="panel_table"):
    """Rows were marked or unmarked; `keys` are the marked rows that the table holds, in row order."""

    def __init__(self, table: PanelTable[Any], keys: list[Any]) -> None:
        super().__init__(table)
        self.keys = keys


class SortRequested(TableMessage, namespace="panel_table"):
    """Sort by the column of this name; the owner does it and answers with new rows and `set_sort`."""

    def __init__(self, table: PanelTable[Any], column: str, reverse: bool) -> None:
        super().__init__(table)
        self.column = column
        self.reverse = reverse


class ColumnsDropped(TableMessage, namespace="panel_table"):
    """Other columns than before found no room; empty when all are shown."""

    def __init__(self, table: PanelTable[Any], columns: tuple[TableColumn, ...]) -> None:
        super().__init__(table)
        self.columns = columns
