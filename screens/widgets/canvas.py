"""`LineCanvas`: lines of spans on the screen, of which only what changed is repainted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from hsops.screens.text import BLANK, Line, Span, width
from hsops.screens.widgets.cell import fit, width_of
from hsops.themes.symbols import to_ascii
from hsops.themes.values import MEANINGS

Build: TypeAlias = Callable[[int, int], Sequence[Line]]
"""``(width, height) -> lines``: how the owner draws itself on that many cells."""

_FOREGROUND: Final = {**{meaning: f"state-{meaning}" for meaning in MEANINGS}, "key": "state-accent"}
_BACKGROUND: Final = {"changed": "state-changed", "cursor": "cursor", "cursor-blurred": "surface"}
_BOLD: Final = frozenset({"title", "cursor"})


class LineCanvas(Widget):
    """Draws what `build` gives for its size; `rebuild()` asks again and repaints the cells that differ."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LineCanvas {
        width: 1fr;
        height: 1fr;
        overflow: hidden hidden;
        background: $background;
        color: $foreground;
    }
    """

    def __init__(self, build: Build, *, id: str | None = None, ascii_only: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._build = build
        self._ascii = ascii_only
        self._lines: Sequence[Line] = ()
        self._top = 0
        self._strips: dict[int, Strip] = {}
        self._known_styles: dict[str, Style] = {}

    # -- what is shown

    @property
    def lines(self) -> Sequence[Line]:
        """The lines as built last, above and below the visible ones too."""
        return self._lines

    @property
    def top(self) -> int:
        """Index of the first visible line."""
        return self._top

    def rebuild(self) -> int:
        """Build again and repaint what differs; gives the number of cells to repaint."""
        if not self.size.width or not self.size.height:
            return 0
        before = self._visible()
        self._lines = self._built()
        self._top = max(0, min(self._top, len(self._lines) - self.size.height))
        return self._repaint(before)

    def _built(self) -> Sequence[Line]:
        return self._build(self.size.width, self.size.height)

    def _line(self, y: int) -> Line:
        """What line `y` of the whole text looks like now."""
        return self._lines[y] if 0 <= y < len(self._lines) else BLANK

    def _visible(self) -> list[Line]:
        return [self._line(self._top + y) for y in range(self.size.height)]

    def _repaint(self, before: Sequence[Line]) -> int:
        regions: list[Region] = []
        for y, (old, new) in enumerate(zip(before, self._visible(), strict=True)):
            if old != new:
                self._strips.pop(y, None)
                x, end = difference(old, new)
                end = min(end, self.size.width)
                if x < end:
                    regions.append(Region(x, y, end - x, 1))
        if regions:
            self.refresh(*regions)
        return sum(region.width for region in regions)

    # -- Textual's side

    def on_resize(self, event: events.Resize) -> None:
        """Another size: everything is built and drawn anew."""
        self._strips.clear()
        self.rebuild()
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme, or the style sheet was read again."""
        super().notify_style_update()
        self._known_styles.clear()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """The strip of a visible line."""
        strip = self._strips.get(y)
        if strip is None:
            strip = self._strips[y] = self._strip(self._line(self._top + y))
        return strip

    def _strip(self, spans: Line) -> Strip:
        room = self.size.width
        segments: list[Segment] = []
        for one in spans:
            text = to_ascii(one.text) if self._ascii else one.text
            shown = fit(text, room, "~" if self._ascii else "…")
            segments.append(Segment(shown.text, self.style_of(one.style)))
            room -= width_of(shown.text)
            if room <= 0:
                break
        strip = Strip(segments)
        return strip.adjust_cell_length(self.size.width, self.style_of(""))

    def style_of(self, name: str) -> Style:
        """The terminal style of a meaning under the theme of now; two meanings joined by a space are laid over."""
        style = self._known_styles.get(name)
        if style is None:
            style = self.rich_style
            for part in name.split():
                style += meant(part, self.app.theme_variables)
            self._known_styles[name] = style
        return style


def meant(name: str, variables: Mapping[str, str]) -> Style:
    """What a meaning adds to a style. Component classes would be nodes to style before the first paint."""
    foreground, background = _FOREGROUND.get(name), _BACKGROUND.get(name)
    style = Style(
        color=variables.get(foreground) if foreground else None,
        bgcolor=variables.get(background) if background else None,
        bold=True if name in _BOLD else None,
    )
    attributes = variables.get(f"{foreground}-text", "none") if foreground else "none"
    return style if attributes == "none" else style + Style.parse(attributes)


def difference(old: Sequence[Span], new: Sequence[Span]) -> tuple[int, int]:
    """First and last-plus-one cell in which two lines look different; a line ends in blanks."""
    start, shared = 0, 0
    for before, after in zip(old, new, strict=False):
        if before[:2] != after[:2]:
            break
        start += width_of(after.text)
        shared += 1
    rest_old, rest_new = old[shared:], new[shared:]
    if rest_old and rest_new and rest_old[0].style == rest_new[0].style:
        start += _common_ascii(rest_old[0].text, rest_new[0].text)
    end = start if not rest_old and not rest_new else max(width(old), width(new))
    if width(rest_old) == width(rest_new):
        for before, after in zip(reversed(rest_old), reversed(rest_new), strict=False):
            if before[:2] != after[:2]:
                break
            end -= width_of(after.text)
    return start, end


def _common_ascii(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b or not a.isascii():
            break
        count += 1
    marked = any(text[count : count + 1] and not width_of(text[count]) for text in (one, other))
    return count - 1 if marked and count else count  # a combining mark changes the cell before it
