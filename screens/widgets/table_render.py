"""Lines of a table as strips. Neighbours of the same style share a segment: fewer bytes, faster lines."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from hsops.screens.widgets.cell import Align, clean, fit, width_of
from hsops.screens.widgets.table_frame import LineView
from hsops.screens.widgets.table_layout import GAP, Layout, Placed, drop_note
from hsops.screens.widgets.table_styles import StyleBook


class Glyphs(NamedTuple):
    """The few characters a table draws itself."""

    mark: str
    up: str
    down: str
    ellipsis: str
    more: str


UNICODE = Glyphs("●", "▲", "▼", "…", "▸")
ASCII = Glyphs("*", "^", "v", "~", ">")

_GAP = " " * GAP


class Sort(NamedTuple):
    """What the header shows: the column sorted by (empty: none), its direction, and the picked column."""

    column: str = ""
    reverse: bool = False
    picked: str = ""


@dataclass(frozen=True, slots=True)
class LinePainter:
    """Draws lines of at least `width` cells; longer where the layout is wider than the screen."""

    layout: Layout
    book: StyleBook
    glyphs: Glyphs
    width: int

    def row(self, view: LineView, line: str) -> Strip:
        """A row; `line` is "" or the name of the cursor's style."""
        styles, changed = self.book.line(line), self.book.line(line, recent=True)
        base = last = styles[""]
        run = " "
        segments: list[Segment] = []
        if view.marked:
            segments.append(Segment(self.glyphs.mark, styles["mark"]))
            run = ""
        cells, recent = view.cells, view.recent
        for index, column, _, room in self.layout.placed:
            text, name = cells[index]
            style = changed[name] if index in recent else styles[name]
            if style is not last:
                segments.append(Segment(run, last))
                run, last = "", style
            run += self._filled(text, room, column.align)
            if style is not base:
                segments.append(Segment(run, style))
                run, last = "", base
            run += _GAP
        return self._finish(segments, run, base)

    def header(self, sort: Sort) -> Strip:
        """The line of titles; says how many columns were dropped."""
        styles, layout = self.book.line(), self.layout
        base = styles["header"]
        segments = [Segment(" ", base)]
        for placed in layout.placed:
            style = styles["picked"] if placed.column.name == sort.picked else base
            segments += (Segment(self._title(placed, sort), style), Segment(_GAP, base))
        spare = max(0, self.width - layout.width)
        note = drop_note(len(layout.dropped), spare)
        segments[-1:] = (Segment(" " * (spare - len(note)), base), Segment(note, styles["note"]))
        return Strip([segment for segment in segments if segment.text], max(self.width, layout.width))

    def nothing(self, sentence: str, height: int) -> list[Strip]:
        """`height` lines with the sentence in their middle."""
        width, style = self.width, self.book.line()["empty"]
        lines = [line for part in sentence.splitlines() for line in textwrap.wrap(clean(part), max(1, width - 2))]
        strips = [_centred(line, style, width) for line in lines[:height]]
        above = (height - len(strips)) // 2
        blank = self.blank()
        return [blank] * above + strips + [blank] * (height - above - len(strips))

    def more(self, strip: Strip) -> Strip:
        """The line with a sign at its right end that there is more to the right."""
        sign = Segment(self.glyphs.more, self.book.line()["note"])
        return Strip([*strip.crop(0, strip.cell_length - 1), sign], strip.cell_length)

    def blank(self) -> Strip:
        """A line without a row."""
        return Strip.blank(self.width, self.book.line()[""])

    def _filled(self, text: str, room: int, align: Align) -> str:
        if len(text) <= room and text.isascii() and text.isprintable():
            return text.rjust(room) if align == "right" else text.ljust(room)
        shown, pad = fit(clean(text), room, self.glyphs.ellipsis)
        return " " * pad + shown if align == "right" else shown + " " * pad

    def _finish(self, segments: list[Segment], run: str, base: Style) -> Strip:
        """Fill the line up to the width of the screen; where there is no room, without the gap at its end."""
        spare = self.width - self.layout.width
        run = run[:-GAP] + " " * spare if spare < GAP else run + " " * (spare - GAP)
        if run:
            segments.append(Segment(run, base))
        return Strip(segments, max(self.width, self.layout.width))

    def _title(self, placed: Placed, sort: Sort) -> str:
        column, ellipsis = placed.column, self.glyphs.ellipsis
        title = clean(column.title)
        if column.name == sort.column:
            title = fit(title, placed.width - 1, ellipsis).text + (self.glyphs.down if sort.reverse else self.glyphs.up)
        return self._filled(title, placed.width, column.align)


def _centred(text: str, style: Style, width: int) -> Strip:
    shown, pad = fit(text, width)
    left = pad // 2
    return Strip([Segment(" " * left + shown + " " * (width - left - width_of(shown)), style)], width)
