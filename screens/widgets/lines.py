"""`LinesView`: a page of lines in which the cursor goes from link to link. Every name that can be opened is a link."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from hsops.screens.text import Line, Span, width
from hsops.screens.widgets.canvas import Build, LineCanvas
from hsops.screens.widgets.cell import width_of

FAR = 3
"""Lines beyond the edge at which the cursor waits and the page moves instead."""


class Spot(NamedTuple):
    """Where a link stands: line, first cell, and the link."""

    y: int
    x: int
    link: Hashable


def _key(keys: str, action: str, description: str) -> Binding:
    return Binding(keys, action, description, show=False, id=f"lines.{action}")


class LinesView(LineCanvas, can_focus=True, inherit_bindings=False):
    """The cursor stays on its link when the lines around it change; without links the page just scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("j,down", "down", "Next line"),
        _key("k,up", "up", "Previous line"),
        _key("right,tab", "next", "Next link"),
        _key("left,shift+tab", "previous", "Previous link"),
        _key("g,home", "first", "To the top"),
        _key("G,end", "last", "To the end"),
        _key("ctrl+f,pagedown", "page_down", "Next page"),
        _key("ctrl+b,pageup", "page_up", "Previous page"),
        _key("enter", "open", "Open"),
    ]

    class Opened(Message):
        """Enter or a click on a link."""

        def __init__(self, view: LinesView, link: Any) -> None:
            super().__init__()
            self.view = view
            self.link = link

    class Moved(Message):
        """The cursor stands on another link."""

        def __init__(self, view: LinesView, link: Any) -> None:
            super().__init__()
            self.view = view
            self.link = link

        def can_replace(self, message: Message) -> bool:
            """Where the cursor was a moment ago interests nobody."""
            return isinstance(message, LinesView.Moved) and message.view is self.view

    def __init__(self, build: Build, *, id: str | None = None, ascii_only: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(build, id=id, ascii_only=ascii_only)
        self._spots: list[Spot] = []
        self._at = 0
        self._known: dict[int, tuple[Line, Sequence[tuple[int, Hashable]]]] = {}

    # -- state

    @property
    def link(self) -> Any:
        """The link under the cursor, None without one."""
        return self._spots[self._at].link if self._spots else None

    @property
    def at_end(self) -> bool:
        """Whether the cursor stands on the last link."""
        return self._at >= len(self._spots) - 1

    def move_to(self, link: Hashable) -> bool:
        """Put the cursor on a link; False when it is not on the page."""
        for index, spot in enumerate(self._spots):
            if spot.link == link:
                self._go(index)
                return True
        return False

    def _built(self) -> Sequence[Line]:
        link, place = self.link, self._at
        lines = super()._built()
        self._spots = [Spot(y, x, link) for y, spans in enumerate(lines) for x, link in self._links_of(spans)]
        self._forget(lines)
        same = [index for index, spot in enumerate(self._spots) if spot.link == link]
        self._at = min(same, key=lambda index: abs(index - place)) if same else 0
        if not same and place < len(self._spots):
            self._at = place
        return lines

    def _links_of(self, spans: Line) -> Sequence[tuple[int, Hashable]]:
        """The links of a line; of one that the owner gives again and again they are looked for once."""
        known = self._known.get(id(spans))
        if known is None or known[0] is not spans:
            known = self._known[id(spans)] = (spans, _links(spans))
        return known[1]

    def _forget(self, lines: Sequence[Line]) -> None:
        if len(self._known) > 2 * len(lines) + 100:
            here = {id(spans) for spans in lines}
            self._known = {key: known for key, known in self._known.items() if key in here}

    def _line(self, y: int) -> Line:
        spans = super()._line(y)
        if not self._spots or self._spots[self._at].y != y:
            return spans
        spot = self._spots[self._at]
        cursor = "cursor" if self.has_focus else "cursor-blurred"
        shown: list[Span] = []
        x = 0
        for one in spans:
            inside = one.link == spot.link and x >= spot.x and (x == spot.x or shown[-1].style.startswith("cursor"))
            shown.append(one._replace(style=f"{cursor} {one.style}") if inside else one)
            x += width_of(one.text)
        return tuple(shown)

    # -- moves

    def action_down(self) -> None:
        """The nearest link below, else one line further."""
        self._vertical(1)

    def action_up(self) -> None:
        """The nearest link above, else one line back."""
        self._vertical(-1)

    def _vertical(self, step: int) -> None:
        here = self._spots[self._at] if self._spots else None
        ahead = [spot for spot in self._spots if here is not None and (spot.y - here.y) * step > 0]
        if here is None or not ahead:
            self._scroll(step)
            return
        y = min(ahead, key=lambda spot: abs(spot.y - here.y)).y
        if not self._top - FAR <= y < self._top + self.size.height + FAR:
            self._scroll(step)
            return
        best = min((spot for spot in ahead if spot.y == y), key=lambda spot: abs(spot.x - here.x))
        self._go(self._spots.index(best))

    def action_next(self) -> None:
        """The link after this one."""
        self._go(self._at + 1)

    def action_previous(self) -> None:
        """The link before this one."""
        self._go(self._at - 1)

    def action_first(self) -> None:
        """The first line."""
        self._go(0)
        self._scroll(-len(self._lines))

    def action_last(self) -> None:
        """The last line."""
        self._go(len(self._spots) - 1)
        self._scroll(len(self._lines))

    def action_page_down(self) -> None:
        """A page on."""
        self._turn(1)

    def action_page_up(self) -> None:
        """A page back."""
        self._turn(-1)

    def _turn(self, pages: int) -> None:
        """By whole pages, and the cursor to the first link that is visible then."""
        self._scroll(pages * max(1, self.size.height - 1))
        for index, spot in enumerate(self._spots):
            if self._top <= spot.y < self._top + self.size.height:
                self._go(index)
                return

    def action_open(self) -> None:
        """Open the link under the cursor."""
        if self._spots:
            self.post_message(self.Opened(self, self.link))

    def _go(self, index: int) -> None:
        if not self._spots:
            return
        before, link = self._visible(), self.link
        self._at = max(0, min(index, len(self._spots) - 1))
        y = self._spots[self._at].y
        self._top = max(y - self.size.height + 1, min(self._top, y))
        self._repaint(before)
        if self.link != link:
            self.post_message(self.Moved(self, self.link))

    def _scroll(self, lines: int) -> None:
        before = self._visible()
        self._top = max(0, min(self._top + lines, len(self._lines) - self.size.height))
        self._repaint(before)

    # -- mouse and focus

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three lines on."""
        self._scroll(3)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three lines back."""
        self._scroll(-3)
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """The cursor to the link; open it when it is there already."""
        for index, spot in enumerate(self._spots):
            if spot.y == event.y + self._top and spot.x <= event.x < spot.x + self._length(spot):
                if index == self._at:
                    self.action_open()
                else:
                    self._go(index)
                return

    def _length(self, spot: Spot) -> int:
        return width(one for one in self._lines[spot.y] if one.link == spot.link)

    def on_focus(self) -> None:
        """The cursor becomes bright."""
        self._redraw_cursor()

    def on_blur(self) -> None:
        """The cursor becomes faint."""
        self._redraw_cursor()

    def _redraw_cursor(self) -> None:
        self._strips.clear()
        self.refresh()


def _links(spans: Line) -> list[tuple[int, Hashable]]:
    """First cell of each link of a line; neighbouring spans with the same link are one."""
    found: list[tuple[int, Hashable]] = []
    x, before = 0, None
    for one in spans:
        if one.link is not None and one.link != before:
            found.append((x, one.link))
        before = one.link
        x += width_of(one.text)
    return found
