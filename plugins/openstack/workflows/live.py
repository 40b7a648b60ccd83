"""Live migration of one server."""

from __future__ import annotations

from hsops.api import HsopsError, Outcome
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.kinds.migration import Migration
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
from hsops.plugins.openstack.workflows.stall import Stall

_MOVED = ("ACTIVE", "PAUSED", "SHUTOFF")


async def migrate(watch: Watch) -> Outcome:
    """Move it and wait until it is elsewhere. One that moves already is only watched; one that is away is done."""
    row, before = await watch.look(), await watch.newest()
    known = before.id if before is not None else 0
    if row is None or not _rests(row, watch.trip.host):
        return await _follow(watch, known - 1, Request())
    request = await send(lambda: compute.live_migrate(watch.cloud, watch.server, watch.trip.to))
    # Refused as busy is what it looks like when a request from before a crash has arrived after our look.
    if request.refused and not await _has_begun(watch):
        return failed(request.refused)
    return await _follow(watch, known, request)


def _rests(row: Server, host: str) -> bool:
    return row.host == host and not row.task and row.status in ("ACTIVE", "PAUSED")


def _moves(row: Server) -> bool:
    return bool(row.task) or row.status == "MIGRATING"


async def _has_begun(watch: Watch) -> bool:
    row = await watch.look()
    return row is not None and (row.status == "MIGRATING" or (row.task or "").startswith("migrating"))


async def _follow(watch: Watch, known: int, request: Request) -> Outcome:
    """Until it has arrived, has come back, or is stuck. `known`: number of the last migration before this one."""
    stall = Stall(watch)
    while True:
        row = await watch.look()
        if row is None:
            return gone()
        still = watch.still_for(not _moves(row))
        if not _moves(row):
            end = await _end(watch, row, known, request, still)
            if end is not None:
                return end
            await watch.pause(words(row))
            continue
        moving = await _running(watch)
        given_up = await stall.judge(moving)
        if given_up:
            return failed(given_up)
        await watch.pause(_text(row, moving), moving)


async def _end(watch: Watch, row: Server, known: int, request: Request, still: float) -> Outcome | None:
    """Nothing is happening to it: how it ended. None while that may still change."""
    if row.status == "ERROR":
        return failed(reason_of(row))
    if row.host != watch.trip.host:
        return done(f"on {row.host}") if row.status in _MOVED else failed(f"on {row.host}, but {row.status}")
    last = await watch.newest()
    if last is not None and last.id > known and last.status in OVER:
        return failed(f"the migration to {last.dest_compute or 'another host'} ended: {last.status}")
    if still <= UNSEEN:
        return None
    if last is None or last.id <= known:
        return failed(f"nothing came of the request{': ' if request.unsure else ''}{request.unsure}")
    return failed(f"it is still here, and its migration is {last.status}")


async def _running(watch: Watch) -> Migration | None:
    try:
        return await compute.running_migration(watch.cloud, watch.server)
    except HsopsError:
        return None  # only figures to show; the looks at the server itself tell when nova is away


def _text(row: Server, moving: Migration | None) -> str:
    if moving is None:
        return words(row)
    return f"{moving.status} to {moving.dest_compute}" if moving.dest_compute else moving.status
