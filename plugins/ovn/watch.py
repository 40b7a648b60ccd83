"""The rows of the panels, and what changes: pushed by both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from hsops.api import Batch, HsopsError
from hsops.plugins.ovn import tables
from hsops.plugins.ovn.ovsdb.replica import Change, Replica
from hsops.plugins.ovn.view import HOLD, View

if TYPE_CHECKING:
    from hsops.plugins.ovn.client import Ovn


async def watch(connection: Ovn) -> AsyncIterator[Batch]:
    """Every row, then what changes."""
    north = Replica(connection.north, tables.NORTHBOUND, tables.NORTH)
    south = Replica(connection.south, tables.SOUTHBOUND, tables.SOUTH)
    await asyncio.gather(north.start(), south.start())
    view = View(north, south)
    yield view.everything()
    news: asyncio.Queue[Sequence[Change] | HsopsError] = asyncio.Queue()
    pumps = [asyncio.create_task(_pump(replica, news)) for replica in (north, south)]
    try:
        while True:
            batch = await _next(view, news)
            if batch.full or batch.upserts or batch.removes:
                yield batch
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _next(view: View, news: asyncio.Queue[Sequence[Change] | HsopsError]) -> Batch:
    try:
        changes = await asyncio.wait_for(news.get(), HOLD if view.undecided else None)
    except TimeoutError:
        return view.settle()
    if isinstance(changes, HsopsError):
        raise changes
    return view.follow(changes)


async def _pump(replica: Replica, news: asyncio.Queue[Sequence[Change] | HsopsError]) -> None:
    try:
        async for changes in replica.changes():
            news.put_nowait(changes)
    except HsopsError as error:
        news.put_nowait(error)
