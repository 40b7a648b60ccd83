"""Text of the screens as values: spans with a meaning, in lines. No terminal here; nothing is parsed as markup."""

from __future__ import annotations

import re
import time
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias

from hsops.model import Health
from hsops.render import length
from hsops.screens.widgets.cell import clean, fit, width_of


class Span(NamedTuple):
    """A piece of a line. `style` is one of `hsops.themes.values.MEANINGS` or empty; `link` is what Enter opens."""

    text: str
    style: str = ""
    link: Hashable = None


Line: TypeAlias = tuple[Span, ...]

BLANK: Final[Line] = ()

_STATES: Final = {health.symbol: health.word for health in Health}
_BY_SYMBOL: Final = re.compile("([" + "".join(re.escape(symbol) for symbol in _STATES if symbol != "?") + "])")


def span(text: str, style: str = "", link: Hashable = None) -> Span:
    """A span of text from anywhere: cleaned, so that its width is known and it cannot drive a terminal."""
    return Span(clean(text), style, link)


def line(*spans: Span | str) -> Line:
    """A line of spans; a plain `str` is a span without a style."""
    return tuple(one if isinstance(one, Span) else span(one) for one in spans)


def with_states(text: str, link: Hashable = None) -> Line:
    """A phrase in which ``✓ ! ✗ ‖`` wear the colours of their states; `!` only where it stands alone."""
    parts = [part for part in _BY_SYMBOL.split(clean(text)) if part]
    found: list[Span] = []
    for index, part in enumerate(parts):
        alone = part != "!" or _stands_alone(parts, index)
        found.append(Span(part, _STATES[part] if part in _STATES and alone else "", link))
    return tuple(found)


def _stands_alone(parts: Sequence[str], index: int) -> bool:
    before = parts[index - 1][-1:] if index else " "
    after = parts[index + 1][:1] if index + 1 < len(parts) else " "
    return before in " " and after in " "


def width(spans: Iterable[Span]) -> int:
    """Terminal cells that the spans take."""
    return sum(width_of(one.text) for one in spans)


def cut(spans: Sequence[Span], room: int, ellipsis: str = "…") -> Line:
    """The spans in at most `room` cells, an ellipsis at the end when something is missing."""
    if width(spans) <= room:
        return tuple(spans)
    kept: list[Span] = []
    for one in spans:
        size = width_of(one.text)
        if size >= room:
            fitted = fit(one.text + " ", room, ellipsis)  # the blank: something follows, also when this fits exactly
            return (*kept, one._replace(text=fitted.text)) if fitted.text else tuple(kept)
        kept.append(one)
        room -= size
    return tuple(kept)


def pad(spans: Sequence[Span], room: int) -> Line:
    """The spans cut or filled to exactly `room` cells."""
    shown = cut(spans, room)
    free = room - width(shown)
    return (*shown, Span(" " * free)) if free > 0 else shown


def both_ends(left: Sequence[Span], right: Sequence[Span], room: int) -> Line:
    """`left` and `right` at their ends of a line; the left one gives way."""
    end = cut(right, room)
    free = room - width(end)
    return (*pad(left, free), *end) if free > 0 else end


def rule(title: str, room: int) -> Line:
    """A heading: ``── title ──────``."""
    head = f"── {clean(title)} " if title else ""
    return (Span(head + "─" * max(0, room - width_of(head)), "dim"),)


def flow(phrases: Sequence[Line], room: int, gap: int = 2) -> list[Line]:
    """Phrases side by side on as few lines as needed; a phrase is never broken, only cut when wider than a line."""
    lines: list[list[Span]] = []
    used = 0
    for phrase in phrases:
        size = width(phrase)
        if not lines or used + gap + size > room:
            lines.append(list(cut(phrase, room)))
            used = min(size, room)
        else:
            lines[-1] += [Span(" " * gap), *phrase]
            used += gap + size
    return [tuple(one) for one in lines]


def wrap(text: str, room: int) -> list[str]:
    """`text` broken at spaces into lines of at most `room` cells."""
    lines: list[str] = []
    for word in clean(text).split(" "):
        if lines and width_of(lines[-1]) + 1 + width_of(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(fit(word, max(1, room)).text)
    return lines


def age(seconds: float) -> str:
    """A length of time in whole units: ``4m``, ``3h``, ``41d``."""
    return length(int(max(0.0, seconds)))


def clock(when: float, *, seconds: bool = True) -> str:
    """UTC time of day of an epoch time: ``09:41:22``."""
    return time.strftime("%H:%M:%S" if seconds else "%H:%M", time.gmtime(when))


def moment(when: float) -> str:
    """Exact UTC of an epoch time, RFC 3339: ``2026-01-31T09:41:22Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
