"""Symbols of the screens, and what stands for them where a terminal has ASCII only."""

from __future__ import annotations

import locale
from collections.abc import Mapping
from typing import Final

from hsops.model import Health

CONNECTING: Final = "…"

_ASCII: Final = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "‖": "=",
        "…": "~",
        "·": "-",
        "→": ">",
        "←": "<",
        "▶": ">",
        "▸": ">",
        "▲": "^",
        "▼": "v",
        "─": "-",
        "│": "|",
        "├": "|",
        "└": "`",
        "×": "x",
        "↓": "v",
        "↑": "^",
        "–": "-",
        "█": "#",
        "▉": "#",
        "▊": "#",
        "▋": "#",
        "▌": "#",
        "▍": "=",
        "▎": "-",
        "▏": "-",
        "▁": "_",
        "▂": "_",
        "▃": "_",
        "▄": "=",
        "▅": "=",
        "▆": "=",
        "▇": "#",
        "░": ".",
        "▒": "%",
        "▪": "*",
        "■": "#",
        "°": " ",
        "≥": ">",
        "≤": "<",
    }
)


def ascii_only(env: Mapping[str, str]) -> bool:
    """Whether to keep to ASCII: HSOPS_ASCII is set and not 0, or the locale's encoding is not UTF-8."""
    wanted = env.get("HSOPS_ASCII")
    if wanted is not None:
        return wanted not in ("", "0")
    name = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    encoding = name.partition(".")[2] or locale.getencoding()
    return encoding.replace("-", "").lower().partition("@")[0] != "utf8"


def to_ascii(text: str) -> str:
    """`text` with our own symbols replaced; letters of any script stay as they are."""
    return text if text.isascii() else text.translate(_ASCII)


def health_symbol(health: Health, *, ascii_only: bool) -> str:
    """One cell that tells the health."""
    return health.ascii if ascii_only else health.symbol
