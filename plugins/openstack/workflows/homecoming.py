"""Moving servers back to a host that has returned, by nova's own records of what left it.

Nova does not record when a service was disabled. But nothing arrives at a host that is disabled: so what left it after
the last arrival, within the time that is looked back, left with the drain or shortly before; a person may let some
stay. A server counts while its last migration is the one that took it away and it is still where that put it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hsops.api import Choice, Item, Outcome, Progress, Run
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.fanout import each
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.workflows.facts import Host
from hsops.plugins.openstack.workflows.journey import done
from hsops.plugins.openstack.workflows.leaving import Terms, cloud_of
from hsops.plugins.openstack.workflows.move import move
from hsops.plugins.openstack.workflows.treatment import COLD, LIVE, treatment

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

LOOKED_BACK = 3 * 86400.0
"""Seconds: what left longer ago has found a new home."""
BACK, STAY = "back", "stay"
_ARRIVED = frozenset({"completed", "confirmed", "done"})
_MOVES = frozenset({"live-migration", "migration"})


@dataclass(frozen=True, slots=True)
class Guest:
    """A server that left, where it is now, and how it can come back."""

    id: str
    name: str
    host: str
    status: str
    way: str


async def departed(cloud: OpenStack, host: Host, most: int) -> list[dict[str, Any]]:
    """At most so many of the servers that left with the drain, those that run first."""
    records = await compute.migrations_since(cloud, host.host, time.time() - LOOKED_BACK)
    left = last_departures(records, host.host)
    rows = await each(left, lambda id_: compute.server(cloud, id_))
    found = [_guest(row) for id_, row in rows.items() if row.host == left[id_] and not row.task]
    able = sorted((one for one in found if one is not None), key=lambda one: (one.way != LIVE, one.name, one.id))
    return [asdict(one) for one in able[:most]]


def last_departures(records: Sequence[Migration], host: str) -> dict[str, str]:
    """Server to the host that it went to, of those that left after the last arrival. `records`: newest first."""
    found: dict[str, str] = {}
    for record in records:
        if record.status not in _ARRIVED:
            continue
        if record.dest_compute == host:
            break
        if record.source_compute == host and record.migration_type in _MOVES:
            found.setdefault(record.server, record.dest_compute or "")
    return found


def _guest(row: Server) -> Guest | None:
    """None for what does not move without a question."""
    way = treatment(row, None, None).default
    return Guest(row.id, row.name, row.host or "", row.status, way) if way in (LIVE, COLD) else None


async def read(run: Run, host: Host, most: int) -> Sequence[Guest]:
    """The planned list, without those that a person lets stay where they are."""
    found = [Guest(**one) for one in await run.read("left with the drain", lambda: departed(cloud_of(run), host, most))]
    answers = await run.choose(
        [
            Choice(
                key=one.id,
                title=one.name or one.id,
                why=f"it left {host.host} for {one.host} with the drain, or shortly before",
                options=(BACK, STAY),
                default=BACK,
            )
            for one in found
        ]
    )
    return [one for one in found if answers[one.id] == BACK]


async def bring(run: Run, host: Host, guests: Sequence[Guest], parallel: int) -> None:
    """Move them back, one that is home already or has gone elsewhere excepted."""
    items = [
        Item(
            key=one.id,
            title=f"{one.name or one.id}: {one.host} → {host.host}",
            command=commands.live_migrate(one.id, host.host)
            if one.way == LIVE
            else commands.cold_migrate(one.id, host.host),
            data={"way": one.way, "was": one.status, "from": one.host},
        )
        for one in guests
    ]

    async def back(item: Item, progress: Progress) -> Outcome:
        row = await compute.server(cloud_of(run), item.key)
        if row.host not in (host.host, item.data["from"]):
            return done(f"not moved: it is on {row.host} meanwhile")
        trip = Terms().trip(str(item.data["from"]), to=host.host)
        return await move(cloud_of(run), item, trip, progress)

    if not items:
        await run.note(f"nothing to move back: nova has no record of a server that left {host.host} with the drain")
        return
    await run.each("move back", items, back, limit=parallel, text=f"to {host.host}")
