"""Where output goes: stdout for data, stderr for everything said about them; colour only where somebody sees it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys

_PIECE = 65_536
_SGR = {"ok": "32", "maintenance": "34", "unknown": "35", "warn": "33", "critical": "31;1", "dim": "2"}


class ReaderGone(Exception):
    """Who read our stdout has closed it. No OSError: typer would take that for its own."""


def say(text: str) -> None:
    """A sentence for the person, on stderr."""
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(text.rstrip("\n") + "\n")
        sys.stderr.flush()


def write(text: str, *, flush: bool = False) -> None:
    """Data, on stdout. Raises ReaderGone."""
    try:
        for start in range(0, len(text), _PIECE):  # unbuffered Python takes half a write for a whole one
            sys.stdout.write(text[start : start + _PIECE])
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def is_terminal() -> bool:
    """Whether stdout is seen by a person."""
    return sys.stdout.isatty()


def room() -> int | None:
    """Cells of a line; None when nobody's terminal limits it."""
    if os.environ.get("COLUMNS", "").isdigit() or is_terminal():
        return max(20, shutil.get_terminal_size().columns)
    return None


def coloured() -> bool:
    """NO_COLOR wins, then CLICOLOR_FORCE and FORCE_COLOR, then whether stdout is a terminal that can."""
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    return is_terminal() and os.environ.get("TERM", "dumb") != "dumb"


def ascii_only() -> bool:
    """Whether stdout cannot take our symbols."""
    from hsops.themes.symbols import ascii_only as wanted  # noqa: PLC0415 - late: only what writes needs it

    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return not encoding.startswith("utf") or wanted({**os.environ, "LC_ALL": "C.UTF-8"})


def paint(text: str, meaning: str) -> str:
    """`text` in the colour of a health."""
    code = _SGR.get(meaning)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text.strip() else text
