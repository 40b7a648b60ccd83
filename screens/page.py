"""`Page`: a view that is one page of lines with links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hsops.screens.place import Memory, Place
from hsops.screens.place import View as Kind
from hsops.screens.sheet import Sheet
from hsops.screens.text import Line
from hsops.screens.view import View
from hsops.screens.widgets.lines import LinesView


class Page(View):
    """Give `lines`; links that are places open by themselves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "about('detail')", "Everything about the link", id="page.detail"),
        Binding("x", "about('impact')", "What depends on it", id="page.impact"),
        Binding("y", "about('yaml')", "The whole object as YAML", id="page.yaml"),
    ]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (("lines.open", "open"), ("view.back", "back"))

    def body(self) -> ComposeResult:
        """One page."""
        self.page = LinesView(self._page_lines, id="main", ascii_only=self.desk.ascii_only)
        yield self.page

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """What stands on the page."""
        raise NotImplementedError

    def _page_lines(self, room: int, height: int) -> Sequence[Line]:
        return self.lines(room, height)

    def reload(self) -> None:
        """Draw what differs; the cursor goes where it was when the place was left."""
        self.page.rebuild()
        memory = self.desk.memory.pop(self.place, None)
        if memory is not None and isinstance(memory.cursor, Place):
            self.page.move_to(memory.cursor)

    def remember(self) -> Memory:
        """The link under the cursor."""
        return Memory(cursor=self.page.link)

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """Enter on a link."""
        self.link_opened(event.link)

    def action_about(self, view: str) -> None:
        """Another view on what the link under the cursor is about, or on what the page is about."""
        link = self.page.link
        place = link if isinstance(link, Place) and link.key is not None else self.place
        if place.key is not None and not place.key.system and view == Kind.YAML.value:
            self.tell(f"{place.key} is a meeting point of systems; none has it as an object", problem=True)
        elif place.key is not None:
            self.go(Place(Kind(view), kind=place.key.kind, key=place.key))

    def copy_text(self) -> str:
        """The name of the link under the cursor."""
        link = self.page.link
        if isinstance(link, Place) and link.key is not None:
            row = self.desk.store.get(link.key)
            return row.title() if row is not None else link.key.id
        return ""

    def sheet(self) -> Sheet:
        """The lines as they stand."""
        name = self.place.view.value + (f"-{self.place.key.id}" if self.place.key is not None else "")
        return Sheet(name, ["line"], [["".join(one.text for one in spans)] for spans in self.page.lines])
