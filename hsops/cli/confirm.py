"""Asking for a yes at the terminal."""

from __future__ import annotations

import asyncio
import sys

from hsops.cli.output import streams
from hsops.errors import UserError


async def confirmed(question: str) -> bool:
    """Whether somebody typed yes. Raises UserError when nobody is there to type it."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UserError("nobody is there to approve it", hint="--yes does it")
    sys.stderr.write(f"{question} Type yes to go on: ")
    sys.stderr.flush()
    if (await asyncio.to_thread(sys.stdin.readline)).strip() == "yes":
        return True
    streams.say("not approved, nothing was changed")
    return False
