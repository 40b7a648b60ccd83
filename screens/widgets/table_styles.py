"""Names of styles made into terminal styles, once a theme. Colours come from CSS alone."""

from __future__ import annotations

from typing import Final

from rich.style import Style
from textual.color import Color
from textual.css.styles import RenderStyles
from textual.widget import Widget

STYLE_NAMES: Final = ("ok", "warn", "critical", "maintenance", "unknown", "dim", "accent", "bar", "changed")
"""What `Cell.style` may say; anything else, as the empty string, is plain text."""

PARTS: Final = ("header", "picked", "cursor", "cursor-blurred", "mark", "note", "empty")

COMPONENT_CLASSES: Final = frozenset(f"table--{name}" for name in (*STYLE_NAMES, *PARTS))

DEFAULT_CSS: Final = """
TableView {
    width: 1fr;
    height: 1fr;
    overflow: hidden hidden;
    background: $background;
    color: $foreground;
    & > .table--ok { color: $success; }
    & > .table--warn { color: $warning; }
    & > .table--critical { color: $error; text-style: bold; }
    & > .table--maintenance { color: $secondary; }
    & > .table--unknown { color: $foreground 60%; text-style: italic; }
    & > .table--dim { color: $foreground 60%; }
    & > .table--accent { color: $accent; }
    & > .table--bar { color: $primary; }
    & > .table--changed { background: $accent 25%; text-style: bold; }
    & > .table--header { color: $foreground 70%; }
    & > .table--picked { color: $foreground; text-style: bold; }
    & > .table--cursor { background: $primary 40%; text-style: bold; }
    & > .table--cursor-blurred { background: $primary 20%; }
    & > .table--mark { color: $accent; text-style: bold; }
    & > .table--note { color: $warning; }
    & > .table--empty { color: $foreground 70%; }
}
"""

_READABLE = 0.2  # difference of brightness (0..1) below which a state's colour would drown in the cursor's


class LineStyles(dict[str, Style]):
    """Styles of the cells of one kind of line by name, looked up once each."""

    def __init__(self, book: StyleBook, line: str, recent: bool) -> None:
        super().__init__()
        self._book, self._line, self._recent = book, line, recent

    def __missing__(self, name: str) -> Style:
        style = self[name] = self._book.resolve(name, self._line, self._recent)
        return style


class StyleBook:
    """Terminal styles of a table under the theme of now; made anew when the CSS changes."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._background = widget.background_colors[1]
        self._looks: dict[Style, Style] = {}
        self._lines: dict[tuple[str, bool], LineStyles] = {}

    def line(self, line: str = "", recent: bool = False) -> LineStyles:
        """Styles on a `line` ("", "cursor" or "cursor-blurred"); `recent`: of cells that changed just now."""
        known = (line, recent)
        styles = self._lines.get(known)
        if styles is None:
            styles = self._lines[known] = LineStyles(self, line, recent)
        return styles

    def resolve(self, name: str, line: str, recent: bool) -> Style:
        """Style of a cell called `name`. One object for one look: the painter joins neighbours by identity."""
        style = self._resolve(name, line, recent)
        return self._looks.setdefault(style, style)

    def _resolve(self, name: str, line: str, recent: bool) -> Style:
        widget = self._widget
        background = self._background
        color = widget.styles.color
        text_style = widget.styles.text_style
        for layer in (line, "changed" if recent else "", name):
            css = self._component(layer)
            if css is None:
                continue
            if css.has_rule("background"):
                background += css.background
            if css.has_rule("color") and (layer != name or _readable(css, background)):
                color = background.get_contrast_text(css.color.a) if css.auto_color else css.color
            text_style += css.text_style
        return Style(color=(background + color).rich_color, bgcolor=background.rich_color) + text_style

    def _component(self, name: str) -> RenderStyles | None:
        css_class = f"table--{name}"
        return self._widget.get_component_styles(css_class) if css_class in COMPONENT_CLASSES else None


def _readable(css: RenderStyles, background: Color) -> bool:
    return abs((background + css.color).brightness - background.brightness) >= _READABLE
