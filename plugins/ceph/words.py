"""Sizes, rates and durations as short phrases for sentences; columns hold the raw values."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def size(count: float) -> str:
    """``4.1 PiB``: binary units, two or three digits."""
    unit = 0
    while abs(count) >= 1000 and unit < len(_UNITS) - 1:
        count /= 1024
        unit += 1
    digits = f"{count:.0f}" if unit == 0 or count >= 99.95 else f"{count:.1f}".removesuffix(".0")
    return f"{digits} {_UNITS[unit]}"


def percent(ratio: float) -> str:
    """``1.8 %``; what is not nought never reads as nought."""
    value = ratio * 100
    if 0 < value < 0.05:
        return "<0.1 %"
    return f"{value:.0f} %" if value >= 9.95 or not value else f"{value:.1f} %"


def duration(seconds: float) -> str:
    """``40 s``, ``11 min``, ``3 h``, ``2 d``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h" if seconds < 48 * 3600 else f"{round(seconds / 86400)} d"
