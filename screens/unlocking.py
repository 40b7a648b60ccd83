"""``:unlock 15m reason`` and ``:unlock 15m @site reason``; who unlocked what, and why, goes into the audit log."""

from __future__ import annotations

import asyncio

from hsops.audit import Audit
from hsops.errors import UserError
from hsops.screens.guard import Guard, seconds_of
from hsops.screens.text import age


async def unlock(guard: Guard, audit: Audit, argument: str) -> str:
    """Do what the line says and tell it in a sentence. Raises UserError, NotRecorded: then nothing is unlocked."""
    length, _, rest = argument.strip().partition(" ")
    if not length:
        raise UserError("for how long, and why?", hint=":unlock 15m kernel upgrade")
    site = ""
    rest = rest.strip()
    if rest.startswith("@"):
        site, _, rest = rest[1:].partition(" ")
    seconds = seconds_of(length)
    sites = guard.may_unlock(seconds, rest, site)
    for name in sites:
        await asyncio.to_thread(
            lambda name=name: audit.append(  # type: ignore[misc]  # mypy does not see a lambda's default
                "unlock", site=name, target=name, reason=rest.strip(), data={"seconds": seconds}
            )
        )
    entry = guard.unlock(seconds, rest, site)
    return f"{', '.join(sites)} unlocked for {age(seconds)}: {entry.reason}"


async def lock(guard: Guard, audit: Audit) -> str:
    """Read-only again, wherever it was unlocked."""
    open_ = [name for name in guard.tiers if guard.unlocked(name) is not None]
    guard.lock()
    for name in open_:
        await asyncio.to_thread(
            lambda name=name: audit.append("lock", site=name, target=name, must=False)  # type: ignore[misc]  # as above
        )
    return f"{', '.join(open_)} read-only again" if open_ else "nothing was unlocked"
