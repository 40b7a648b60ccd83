"""Values of columns as text for people, by the column's format. Everything comes out harmless for a terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias

from hsops.errors import plain
from hsops.model import Format, State, Value

UNKNOWN: Final = "-"
"""What stands for "not known"."""
LONGEST: Final = 512
"""Characters of a cell."""
BAR_CELLS: Final = 8

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_EIGHTHS: Final = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_LENGTHS: Final = ((2 * 86_400, 86_400, "d"), (3_600, 3_600, "h"), (60, 60, "m"))

_Draw: TypeAlias = Callable[[Value, float, bool], str]


def render(value: Value, format: Format, now: float | None = None, *, ascii_only: bool = False) -> str:  # noqa: A002 - the column's word
    """`value` as `format` draws it. `now` is epoch seconds, for ages; a value that does not fit its format is text."""
    if value is None:
        return UNKNOWN
    draw = _DRAWN.get(format)
    if draw is None or isinstance(value, str):
        return text(value, ascii_only=ascii_only)
    return draw(value, time.time() if now is None else now, ascii_only)


def text(value: Value, *, ascii_only: bool = False) -> str:  # noqa: PLR0911 - one answer a type
    """A value of any type in words, harmless for a terminal."""
    match value:
        case None:
            return UNKNOWN
        case State(health, word):
            return f"{health.ascii if ascii_only else health.symbol} {plain(word, LONGEST)}"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return moment(value)
        case float():
            return f"{value:.4g}"
        case tuple():
            return plain(", ".join(map(str, value)), LONGEST)
        case _:
            return plain(str(value), LONGEST)


def moment(when: datetime) -> str:
    """RFC 3339 in UTC: ``2026-01-31T09:41:22Z``. A time without a zone is taken as UTC."""
    exact = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return exact.isoformat(timespec="seconds").replace("+00:00", "Z")


def length(seconds: float) -> str:
    """A length of time as people say it: ``4m``, ``3h``, ``41d``; below a second in ``ms``."""
    if not math.isfinite(seconds):
        return UNKNOWN
    sign, left = ("-", -seconds) if seconds < 0 else ("", seconds)
    for least, unit, letter in _LENGTHS:
        if left >= least:
            return f"{sign}{int(left // unit)}{letter}"
    if 0 < left < 1:
        return f"{sign}{left * 1000:.3g}ms"
    return f"{sign}{int(left)}s"


def size(count: float) -> str:
    """Bytes in binary units, three digits: ``412 MiB``, ``4.1 PiB``."""
    if not math.isfinite(count):
        return UNKNOWN
    amount, unit = float(count), 0
    while abs(amount) >= 1023.5 and unit < len(_UNITS) - 1:
        amount /= 1024
        unit += 1
    digits = 1 if unit and abs(amount) < 9.95 else 0
    return f"{amount:.{digits}f} {_UNITS[unit]}"


def percent(fraction: float) -> str:
    """A fraction as a whole percentage; tenths below ten, and never 0 or 100 when it is not exactly that."""
    if not math.isfinite(fraction):
        return UNKNOWN
    shown = fraction * 100
    if 0 < abs(shown) < 0.05:
        return "<0.1 %"
    if 99.5 <= shown < 100:
        return ">99 %"
    return f"{shown:.1f} %" if 0 < abs(shown) < 9.95 else f"{shown:.0f} %"


def bar(fraction: float, cells: int = BAR_CELLS, *, ascii_only: bool = False) -> str:
    """A bar of `cells` with its number: ``████▌░░░  57 %``; more than all is drawn full, the number tells."""
    if not math.isfinite(fraction):
        return UNKNOWN
    eighths = round(min(1.0, max(0.0, fraction)) * cells * 8)
    whole, rest = divmod(eighths, 8)
    if ascii_only:
        drawn = ("#" * whole + ("=" if rest else "")).ljust(cells, ".")
    else:
        drawn = ("█" * whole + _EIGHTHS[rest]).ljust(cells, "░")
    return f"{drawn} {fraction * 100:3.0f} %"


def _number(draw: Callable[[float], str]) -> _Draw:
    """Numbers are drawn; anything else under a number's format is text."""

    def drawn(value: Value, now: float, ascii_only: bool) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return draw(value)
        return text(value, ascii_only=ascii_only)

    return drawn


def _bar(value: Value, now: float, ascii_only: bool) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bar(value, ascii_only=ascii_only)
    return text(value, ascii_only=ascii_only)


def _age(value: Value, now: float, ascii_only: bool) -> str:
    if isinstance(value, datetime):
        when = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return length(now - when.timestamp())
    return length(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(value)


def _count(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if math.isfinite(value) else UNKNOWN


_DRAWN: Final[Mapping[Format, _Draw]] = {
    Format.COUNT: _number(_count),
    Format.BYTES: _number(size),
    Format.RATE: _number(lambda value: f"{size(value)}/s" if math.isfinite(value) else UNKNOWN),
    Format.PERCENT: _number(percent),
    Format.DURATION: _number(length),
    Format.BAR: _bar,
    Format.AGE: _age,
}
RIGHT: Final = frozenset({Format.COUNT, Format.BYTES, Format.RATE, Format.PERCENT, Format.AGE, Format.DURATION})
"""Formats whose columns line up on the right."""
