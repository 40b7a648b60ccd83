"""How one server is evacuated from a dead host. It looks first, so it may begin again."""

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
from hsops.plugins.openstack.workflows.treatment import LEAVE, Device, Treatment

EVACUATE = "evacuate"
_CAN = ("active", "stopped", "error")
"""States that nova evacuates, whatever was going on when the host died; the rest has to be reset first."""
_WELL = ("ACTIVE", "SHUTOFF", "PAUSED")


def treatment(server: Server, group: tuple[str, int] | None, _: Device | None) -> Treatment:
    """Whether nova can evacuate it, and what may stand against it."""
    if server.vm_state not in _CAN and not _is_rebuilt(server):
        why = f"nova does not evacuate what is {server.status}: `openstack server set --state error` makes it possible"
        return Treatment((LEAVE,), LEAVE, why)
    policy, members = group or ("", 0)
    if policy == "affinity" and members > 1:
        why = "its server group keeps it on the host of the others, which is dead: the scheduler may refuse"
        return Treatment((EVACUATE, LEAVE), EVACUATE, why)
    return Treatment((EVACUATE,), EVACUATE)


def _is_rebuilt(row: Server) -> bool:
    return row.status == "REBUILD" or (row.task or "").startswith("rebuild")


async def evacuate(watch: Watch) -> Outcome:
    """Rebuild it elsewhere and wait until it is there. One that is on its way is only watched."""
    row, before = await watch.look(), await watch.newest()
    known = before.id if before is not None else 0
    if row is None or _is_rebuilt(row) or row.host != watch.trip.host:
        return await _follow(watch, known - 1, Request())
    request = await send(lambda: compute.evacuate(watch.cloud, watch.server, watch.trip.to))
    if request.refused and not await _has_begun(watch):
        return failed(request.refused)
    return await _follow(watch, known, request)


async def _has_begun(watch: Watch) -> bool:
    row = await watch.look()
    return row is not None and (_is_rebuilt(row) or row.host != watch.trip.host)


async def _follow(watch: Watch, known: int, request: Request) -> Outcome:
    """`known`: number of the last migration before this one."""
    while True:
        row = await watch.look()
        if row is None:
            return gone()
        still = watch.still_for(not _is_rebuilt(row))
        if watch.waited > watch.trip.timeout:
            return failed(f"not evacuated after {watch.trip.timeout / 60:.0f} min: {words(row)}")
        if not _is_rebuilt(row):
            end = await _end(watch, row, known, request, still)
            if end is not None:
                return end
        await watch.pause(words(row))


async def _end(watch: Watch, row: Server, known: int, request: Request, still: float) -> Outcome | None:
    """Nothing is happening to it: how it ended. None while that may still change."""
    if row.host != watch.trip.host:
        if row.status in _WELL:
            return done(f"on {row.host}, {row.status}")
        return failed(f"on {row.host}, but {reason_of(row) if row.status == 'ERROR' else row.status}")
    last = await watch.newest()
    if last is not None and last.id > known and last.status in OVER:
        why = reason_of(row) if row.status == "ERROR" else "is there no valid host?"
        return failed(f"the evacuation ended: {last.status}; {why}")
    if still <= UNSEEN:
        return None
    return failed(f"nothing came of the request{': ' if request.unsure else ''}{request.unsure}")
