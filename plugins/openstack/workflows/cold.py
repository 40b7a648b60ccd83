"""Ways for servers that do not run: cold migration, confirmed as soon as it wants to be, and offloading."""

from __future__ import annotations

from hsops.api import Outcome
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.workflows.journey import (
    OVER,
    UNSEEN,
    Request,
    Watch,
    done,
    failed,
    gone,
    reason_of,
    send,
    words,
)

_COLD = "migration"
"""Type of the record; a tenant's own resize has another one and is not ours to confirm."""


async def migrate(watch: Watch) -> Outcome:
    """Move it, confirm it and wait until it is elsewhere. Goes on where an earlier attempt was."""
    row, before = await watch.look(), await watch.newest()
    known = before.id if before is not None else 0
    if row is None or _busy(row) or row.host != watch.trip.host or row.status in ("VERIFY_RESIZE", "ERROR"):
        return await _follow(watch, known - 1, Request())
    request = await send(lambda: compute.cold_migrate(watch.cloud, watch.server, watch.trip.to))
    if request.refused and not await _has_begun(watch):
        return failed(request.refused)
    return await _follow(watch, known, request)


def _busy(row: Server) -> bool:
    return bool(row.task) or row.status == "RESIZE"


async def _has_begun(watch: Watch) -> bool:
    row = await watch.look()
    return row is not None and (row.status == "RESIZE" or (row.task or "").startswith("resize"))


async def _follow(watch: Watch, known: int, request: Request) -> Outcome:
    while True:
        row = await watch.look()
        if row is None:
            return gone()
        still = watch.still_for(not _busy(row))
        if watch.waited > watch.trip.timeout:
            return failed(f"not moved after {watch.trip.timeout / 60:.0f} min: {words(row)}")
        if not _busy(row):
            end = await _end(watch, row, known, request, still)
            if end is not None:
                return end
        await watch.pause(words(row))


async def _end(watch: Watch, row: Server, known: int, request: Request, still: float) -> Outcome | None:
    """Nothing is happening to it: how it ended. None while that may still change."""
    if row.status == "ERROR":
        return failed(reason_of(row))
    if row.status == "VERIFY_RESIZE":
        refused = await _confirm(watch, row)
        return failed(refused) if refused else None
    if row.host != watch.trip.host:
        return done(f"on {row.host}, {row.status}")
    last = await watch.newest()
    if last is not None and last.id > known and last.status in OVER:
        return failed(f"the migration ended: {last.status}; is there no valid host?")
    if still <= UNSEEN:
        return None
    return failed(f"nothing came of the request{': ' if request.unsure else ''}{request.unsure}")


async def _confirm(watch: Watch, row: Server) -> str:
    """Accept the move. Gives why not: what waits here may be somebody's resize."""
    last = await watch.newest()
    if last is None or last.migration_type != _COLD or last.source_compute != watch.trip.host:
        return f"it is on {row.host} and waits for its owner to confirm a resize"
    if last.status != "finished":
        return ""  # on its way: the server shows its state a moment before its record does
    request = await send(lambda: compute.act(watch.cloud, watch.server, {"confirmResize": None}))
    return "" if not request.refused or await _is_confirmed(watch) else request.refused


async def _is_confirmed(watch: Watch) -> bool:
    row = await watch.look()
    return row is None or row.status != "VERIFY_RESIZE"


async def offload(watch: Watch) -> Outcome:
    """Take a shelved server off its host; its snapshot stays."""
    asked = False
    while True:
        row = await watch.look()
        if row is None:
            return gone()
        if row.status == "SHELVED_OFFLOADED" or row.host != watch.trip.host:
            return done("offloaded")
        if row.status != "SHELVED" or watch.waited > watch.trip.timeout:
            return failed(f"it is {words(row)}")
        if not row.task and not asked:
            asked = True
            request = await send(lambda: compute.act(watch.cloud, watch.server, {"shelveOffload": None}))
            if request.refused:
                return failed(request.refused)
        await watch.pause(words(row))
