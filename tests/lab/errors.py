"""What can go wrong with the lab itself."""

from __future__ import annotations

from pathlib import Path


class LabError(Exception):
    """A step of the lab failed: the message names the system, the step and where to read more."""


class Unready(LabError):
    """A condition did not come true in its time."""


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, to put into an error; empty when there is none."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
