"""Durations as people write them: ``90``, ``15m``, ``1h30m``."""

from __future__ import annotations

import re
from typing import Any

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(raw: Any) -> float:
    """``90``, ``15m``, ``1h30m`` or ``2d`` in seconds. Raises ValueError."""
    if isinstance(raw, int | float):
        return float(raw)
    text = str(raw).strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not re.fullmatch(r"(\d+(\.\d+)?[smhdw])+", text):
        raise ValueError(f"{raw!r} is not a duration such as 90s, 15m, 2h or 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([smhdw])", text))


def written(duration: float) -> str:
    """``4 h``, ``90 min``, ``12 s``: whole units, the largest that fits."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if duration >= size and duration % size == 0:
            return f"{duration / size:g} {unit}"
    return f"{duration:g} s"
