"""Partial repaints as narrow as what was asked for.

Textual 8.2.8 repaints a region by sending the line from the left edge of the widget up to the region's right edge
(`ChopsUpdate.render_segments` crops on one side only). A changed cell at the far right of a wide table then costs the
whole line: over SSH, most of the bytes. A screen that inherits `NarrowScreen` sends the region alone. On screens that
do not, everything works and costs more bytes.

The compositor is a private part of Textual; `tests/screens/test_narrow_update.py` fails when it changes.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from textual.screen import Screen, ScreenResultType


class NarrowUpdate(ChopsUpdate):
    """An update that writes exactly its spans."""

    def render_segments(self, console: Console) -> str:
        """Escape sequences for the terminal: for each span a move and the strips under it, cut on both sides."""
        out: list[str] = []
        for y, x1, x2 in self.spans:
            for (x, strip), end in zip(self.chops[y].items(), self.chop_ends[y], strict=False):
                left, right = max(x, x1), min(end, x2)
                if strip is not None and left < right:
                    out.append(Control.move_to(left, y).segment.text)
                    out.append(strip.crop(left - x, right - x).render(console))
        return "".join(out)


class NarrowCompositor(Compositor):
    """Textual's compositor with narrow partial updates."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed since the last update, None when nothing did."""
        update = super().render_partial_update()
        return None if update is None else NarrowUpdate(update.chops, update.spans, update.chop_ends)


class NarrowScreen(Screen[ScreenResultType]):
    """A screen whose partial updates send nothing but the regions that changed."""

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(name=name, id=id, classes=classes)
        self._compositor = NarrowCompositor()
