"""The painting half of `PanelTable`: turns rows into lines and repaints what differs, at most four times a second."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import ClassVar, Generic

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from hsops.screens.widgets import table_styles
from hsops.screens.widgets.table_frame import LineView, RecentChanges, repaint_regions
from hsops.screens.widgets.table_layout import Layout, TableColumn, Widths, lay_out
from hsops.screens.widgets.table_model import TableModel
from hsops.screens.widgets.table_render import ASCII, UNICODE, LinePainter, Sort
from hsops.screens.widgets.table_rows import K, Rows
from hsops.screens.widgets.table_styles import StyleBook

CHANGED_SECONDS = 3.0
"""How long a changed cell stays marked."""
REPAINT_SECONDS = 0.25
"""Least time between two repaints for changes of data."""
HEADER = 1
"""Lines above the first row."""
UNKNOWN_WIDTH = 10_000
"""Room for columns before the widget has a size: nothing is dropped until it has."""


class TableView(ScrollView, Generic[K], can_focus=True, inherit_bindings=False):
    """Draws a `TableModel`. What stands on the screen is kept as a frame; a repaint sends where the next one differs.

    The frame, not the model, is what `render_line` draws: so a line that is drawn for one changed cell never takes in
    a later change of another cell without sending it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = set(table_styles.COMPONENT_CLASSES)
    DEFAULT_CSS = table_styles.DEFAULT_CSS
    ALLOW_SELECT = False

    def __init__(
        self,
        columns: Sequence[TableColumn] = (),
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
        ascii_only: bool = False,
        changed_seconds: float = CHANGED_SECONDS,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._model: TableModel[K] = TableModel()
        self._glyphs = ASCII if ascii_only else UNICODE
        self._recent = RecentChanges(changed_seconds)
        self._sort = Sort()
        self._wide = False
        self._empty = ""
        self._frame: list[LineView | None] | None = None  # None: all lines are drawn anew with the next repaint
        self._frame_top = 0
        self._painter_now: LinePainter | None = None
        self._last_paint = -REPAINT_SECONDS
        self._paint_timer: Timer | None = None
        self._fade_timer: Timer | None = None
        self._use_columns(columns)

    # Columns and rows

    def _use_columns(self, columns: Sequence[TableColumn]) -> None:
        self._columns = tuple(columns)
        self._quiet = frozenset(i for i, column in enumerate(columns) if column.quiet)
        self._widths = Widths(self._columns)
        self._layout_now = Layout((), 0, ())
        self._arrange_columns()

    def _arrange_columns(self) -> bool:
        """Place the columns anew; True when that moved something."""
        before = self._layout_now
        self._painter_now = None
        room = self.size.width or UNKNOWN_WIDTH
        self._layout_now = lay_out(self._columns, self._widths.adopted, room, wide=self._wide)
        width = self._layout_now.width if self._wide else self.size.width
        # Not by assignment: that would repaint everything each time a row comes or goes.
        size = Size(width, len(self._model.rows) + HEADER)
        self.set_reactive(Widget.virtual_size, size)  # pyright: ignore[reportArgumentType]  # a Reactive on the class
        if before.dropped != self._layout_now.dropped:
            self._columns_dropped(self._layout_now.dropped)
        return before != self._layout_now

    def _load(self, rows: Rows[K], *, now: bool) -> None:
        was_empty = not len(self._model.rows)
        before = self._model.cursor_key
        self._model.load(rows)
        for key in rows.sample():
            self._widths.see(rows.cells(key))
        self._widths.adopt()
        if self._arrange_columns() or was_empty != (not len(rows)):
            self._paint(whole=True)
        else:
            self._data_changed(now=now)
        self._cursor_passed(before)

    def _columns_dropped(self, columns: tuple[TableColumn, ...]) -> None:
        """Told when other columns than before find no room."""

    def _cursor_passed(self, before: K | None) -> None:
        """Told when the cursor may have left the row `before`."""

    # When to paint

    def _data_changed(self, *, now: bool = False) -> None:
        """Repaint at once or as soon as the pace allows."""
        if now or self._frame is None:
            self._paint()
        elif self._paint_timer is None:
            wait = self._last_paint + REPAINT_SECONDS - monotonic()
            self._paint_timer = self.set_timer(max(wait, 0.001), self._paint_due)

    def _paint_due(self) -> None:
        self._paint_timer = None
        self._last_paint = monotonic()
        self._paint()

    def _draw_all(self) -> None:
        """Draw every line anew with the next repaint of the screen."""
        self._frame = None
        self.refresh()

    def _paint(self, *, whole: bool = False) -> None:
        """Make the frame what the model says and ask for the regions that differ, or for the `whole` widget."""
        self._sync_scroll()
        old = self._frame
        if old is None or not self._on_the_screen():
            self._draw_all()  # nobody looks: the frame is made when somebody does
            return
        new = self._new_frame(old)
        self._frame = new
        moved, self._frame_top = self._frame_top != self._model.top, self._model.top
        if whole:
            self.refresh()
        elif moved:
            self.refresh(Region(0, HEADER, self.size.width, len(new)))
        elif regions := repaint_regions(old, new, self._visible_layout(), HEADER, self.size.width):
            self.refresh(*regions)
        self._plan_fade()

    def _on_the_screen(self) -> bool:
        """Whether a person sees it: its screen is the active one, or shines through the one above it."""
        if not self.is_attached:
            return False
        above = self.app.screen
        return above is self.screen or (self.screen.is_current and above.styles.background.a < 1)

    def _new_frame(self, old: list[LineView | None]) -> list[LineView | None]:
        """Lines as they should be, with the changes since `old` noted as recent."""
        now = monotonic()
        seen = {line.key: line.cells for line in old if line is not None}
        frame = self._frame_of_now()
        for y, line in enumerate(frame):
            before = seen.get(line.key) if line is not None else None
            if line is not None and before is not None and before != line.cells:
                self._recent.note(line.key, before, line.cells, self._quiet, now)
                frame[y] = line._replace(recent=self._recent.of(line.key))
        return frame

    def _frame_of_now(self) -> list[LineView | None]:
        model, rows = self._model, self._model.rows
        marks, recent = model.marks.keys, self._recent
        frame: list[LineView | None] = []
        for index in range(model.top, min(model.top + model.page, len(rows))):
            key = rows.keys[index]
            cells = rows.cells(key)
            self._widths.see(cells)
            frame.append(LineView(key, cells, index == model.cursor, key in marks, recent.of(key)))
        if self._widths.numbers_cut():
            self._widths.adopt()
            self._arrange_columns()
            self.call_later(self._draw_all)
        return frame + [None] * (model.page - len(frame))

    def _plan_fade(self) -> None:
        expiry = self._recent.next_expiry()
        if expiry is not None and self._fade_timer is None:
            self._fade_timer = self.set_timer(max(expiry - monotonic(), REPAINT_SECONDS), self._fade)

    def _fade(self) -> None:
        self._fade_timer = None
        self._recent.expire(monotonic() + REPAINT_SECONDS)  # what would fade in a moment fades now: one repaint
        self._data_changed()

    # Scrolling: the model knows what is visible, Textual's scroll position follows

    @property
    def allow_vertical_scroll(self) -> bool:
        """Whether the mouse wheel moves the rows. There is no scroll bar: the owner's line on top has the counts."""
        return self.max_scroll_y > 0

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether there is more to the left or right."""
        return self.max_scroll_x > 0

    def _sync_scroll(self) -> None:
        # Not by assignment: `watch_scroll_y` is for the mouse wheel, here the painting follows anyway.
        top = float(self._model.top)
        self.set_reactive(Widget.scroll_y, top)
        self.set_reactive(Widget.scroll_target_y, top)  # pyright: ignore[reportArgumentType]  # as above

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The mouse wheel turned."""
        self._model.top = round(new_value)
        self._model.clamp()
        self._paint()

    def _visible_layout(self) -> Layout:
        """Where the columns stand on the screen."""
        shift = self.scroll_offset.x
        if not shift:
            return self._layout_now
        placed = tuple(p._replace(x=p.x - shift) for p in self._layout_now.placed)
        return Layout(placed, self._layout_now.width, self._layout_now.dropped)

    def on_resize(self, _event: events.Resize) -> None:
        """Another size: other columns, other rows."""
        self._model.resize(self.size.height - HEADER)
        self._arrange_columns()
        self._sync_scroll()
        self._draw_all()

    # Drawing

    def notify_style_update(self) -> None:
        """Another theme, or the style sheet was read again."""
        super().notify_style_update()
        self._painter_now = None

    def on_focus(self) -> None:
        """The cursor becomes bright."""
        self._draw_cursor_line()

    def on_blur(self) -> None:
        """The cursor becomes faint."""
        self._draw_cursor_line()

    def _draw_cursor_line(self) -> None:
        model = self._model
        if model.cursor is not None and 0 <= model.cursor - model.top < model.page:
            self.refresh(Region(0, model.cursor - model.top + HEADER, self.size.width, 1))

    def _set_header(self, sort: Sort) -> None:
        if sort != self._sort:
            self._sort = sort
            self.refresh(Region(0, 0, self.size.width, HEADER))

    @property
    def _painter(self) -> LinePainter:
        """Kept until layout, size or theme change: asking Textual for each line costs more than drawing it."""
        painter = self._painter_now
        if painter is None:
            painter = LinePainter(self._layout_now, StyleBook(self), self._glyphs, self.size.width)
            self._painter_now = painter
        return painter

    def render_line(self, y: int) -> Strip:
        """The header, a row, or what stands below the last row; `y` counts from the widget's first line."""
        painter = self._painter
        if y < HEADER:
            return self._look_at(painter.header(self._sort), painter)
        if not len(self._model.rows):
            return painter.nothing(self._empty, max(self._model.page, y))[y - HEADER]
        if self._frame is None:
            self._recent.expire(monotonic())
            self._frame = self._frame_of_now()
            self._frame_top = self._model.top
            self._plan_fade()
        # A new size is drawn once before the event of it arrives: then the frame is shorter than the screen.
        line = self._frame[y - HEADER] if y - HEADER < len(self._frame) else None
        if line is None:
            return painter.blank()
        cursor = ("cursor" if self.has_focus else "cursor-blurred") if line.cursor else ""
        return self._look_at(painter.row(line, cursor), painter)

    def _look_at(self, strip: Strip, painter: LinePainter) -> Strip:
        """The part of a line that is on the screen."""
        width = painter.width
        if strip.cell_length <= width:
            return strip
        start = self.scroll_offset.x
        shown = strip.crop(start, start + width)
        return painter.more(shown) if self._wide and strip.cell_length > start + width else shown
