"""The keys of a table. Each has an id for the key map file; the actions are methods of `PanelTable`."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _key(keys: str, action: str, description: str) -> Binding:
    return Binding(keys, action, description, show=False, id=f"table.{action}")


BINDINGS: list[BindingType] = [
    _key("j,down", "cursor_down", "Next row"),
    _key("k,up", "cursor_up", "Previous row"),
    _key("g,home", "cursor_first", "First row"),
    _key("G,end", "cursor_last", "Last row"),
    _key("ctrl+f,pagedown", "page_down", "Next page"),
    _key("ctrl+b,pageup", "page_up", "Previous page"),
    _key("left", "look_left", "Scroll left"),
    _key("right", "look_right", "Scroll right"),
    _key("shift+left", "pick_left", "Pick the column to the left"),
    _key("shift+right", "pick_right", "Pick the column to the right"),
    _key("O", "sort_picked", "Sort by the picked column, again to reverse"),
    _key("ctrl+w", "toggle_wide", "All columns"),
    _key("space", "toggle_mark", "Mark the row"),
    _key("ctrl+@", "mark_range", "Mark from the last mark to here"),
    _key("ctrl+backslash", "clear_marks", "Clear all marks"),
    _key("enter", "select", "Open the row"),
]
