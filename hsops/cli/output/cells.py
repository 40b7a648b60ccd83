"""How many cells a text takes in a terminal, and how it is cut and filled to a width."""

from __future__ import annotations

import unicodedata


def width_of(text: str) -> int:
    """Cells of `text`: wide East Asian signs take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, an ellipsis at the end when something is missing."""
    size = width_of(text)
    if size > width:
        text, size = _cut(text, width)
    space = " " * (width - size)
    return space + text if right else text + space


def _cut(text: str, width: int) -> tuple[str, int]:
    if width <= 0:
        return "", 0
    used = 0
    for index, char in enumerate(text):
        size = _cells(char)
        if used + size > width - 1:
            return text[:index] + "…", used + 1
        used += size
    return text, used
