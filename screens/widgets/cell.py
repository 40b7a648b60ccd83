"""Text from the cloud made fit for a cell of a table: harmless, bounded and of a known width.

Names come from tenants. Nothing here is ever parsed as markup; what could move the cursor, hide text or make the
terminal and us disagree about a width is taken out before it is measured.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import get_character_cell_size

Align: TypeAlias = Literal["left", "right"]

TEXT_CAP = 512
"""Characters of a cell that are looked at; the rest is cut (with an ellipsis) before anything else is done."""

_COMBINING_RUN = 2  # marks stacked on one character: more only smear over the lines around
_ZWJ_AND_KIN = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u3164\uffa0")
_REGIONAL_A = 0x1F1E6


class Cell(NamedTuple):
    """What stands in a cell: `text` as it came, and the name of a style (see `STYLE_NAMES` in `table_styles`)."""

    text: str
    style: str = ""


class Fitted(NamedTuple):
    """A text cut to a width: `text` takes exactly `width` cells and, with `pad` spaces beside it, fills the column."""

    text: str
    pad: int


def clean(text: str) -> str:
    """`text` on one line, harmless for a terminal, at most `TEXT_CAP` characters long.

    Control characters, bidirectional controls, joiners and variation selectors are removed (terminals disagree about
    the width of what they make); tabs and line ends become a space; flags become their two letters; a lone surrogate
    becomes U+FFFD. A cut text ends in an ellipsis.
    """
    if len(text) <= TEXT_CAP:
        return text if text.isascii() and text.isprintable() else _clean(text)
    return _clean(text[: TEXT_CAP - 1]) + "…"


@lru_cache(maxsize=8192)
def _clean(text: str) -> str:
    kept: list[str] = []
    stacked = _COMBINING_RUN  # a mark with nothing to stand on is dropped
    for char in text:
        if char in "\t\n\r\v\f\u2028\u2029\x85":
            kept.append(" ")
            stacked = 0
        elif shown := _harmless(char):
            if get_character_cell_size(shown):
                stacked = 0
            elif stacked >= _COMBINING_RUN:
                continue
            else:
                stacked += 1
            kept.append(shown)
    return "".join(kept)


@lru_cache(maxsize=4096)
def _harmless(char: str) -> str:
    """What to show for one character: itself, a stand-in, or nothing."""
    code = ord(char)
    if 0 <= code - _REGIONAL_A < 26:
        return chr(ord("A") + code - _REGIONAL_A)
    if char in _ZWJ_AND_KIN or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF or 0x1F3FB <= code <= 0x1F3FF:
        return ""
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    return "" if category in ("Cc", "Cf") else char


def width_of(text: str) -> int:
    """Terminal cells that cleaned `text` takes."""
    return len(text) if text.isascii() else _wide_width(text)


@lru_cache(maxsize=16384)
def _wide_width(text: str) -> int:
    return sum(map(get_character_cell_size, text))


def fit(text: str, width: int, ellipsis: str = "…") -> Fitted:
    """Cleaned `text` cut to at most `width` cells, an ellipsis at the end when something is missing."""
    if text.isascii():
        length = len(text)
        if length <= width:
            return Fitted(text, width - length)
        return Fitted(text[: width - 1] + ellipsis, 0) if width > 0 else Fitted("", 0)
    return _fit_wide(text, width, ellipsis)


@lru_cache(maxsize=16384)
def _fit_wide(text: str, width: int, ellipsis: str) -> Fitted:
    if ellipsis != "…":
        text = text.replace("…", ellipsis)
    length = _wide_width(text)
    if length <= width:
        return Fitted(text, width - length)
    if width <= 0:
        return Fitted("", 0)
    room = width - 1
    end = 0
    for char in text:
        size = get_character_cell_size(char)
        if size > room:
            break
        room -= size
        end += 1
    return Fitted(text[:end] + ellipsis, room)
