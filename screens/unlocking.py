"""``:unlock 15m reason`` and ``:unlock 15m @site reason``."""

from __future__ import annotations

from hsops.errors import UserError
from hsops.screens.guard import Guard, seconds_of
from hsops.screens.text import age


def unlock(guard: Guard, argument: str) -> str:
    """Do what the line says and tell it in a sentence. Raises UserError."""
    length, _, rest = argument.strip().partition(" ")
    if not length:
        raise UserError("for how long, and why?", hint=":unlock 15m kernel upgrade")
    site = ""
    rest = rest.strip()
    if rest.startswith("@"):
        site, _, rest = rest[1:].partition(" ")
    seconds = seconds_of(length)
    entry = guard.unlock(seconds, rest, site)
    where = site or ", ".join(guard.tiers)
    return f"{where} unlocked for {age(seconds)}: {entry.reason}"
