"""``gateway.return``: the chassis is a candidate again as it was before it was drained."""

from __future__ import annotations

from hsops.api import Run
from hsops.plugins.ovn.workflows import parts


async def comeback(run: Run) -> None:
    """The runbook."""
    place = await parts.locate(run, str(run.values["host"]))
    lowered = [seat.owner for seat in place.seats if seat.saved is not None]
    await run.touches(gateways=len(lowered))
    if not lowered and not run.planning:
        await run.note(f"nothing to give back: hsops has lowered no priority of {place.hostname}")
    await parts.restore(run, place)
