"""Visits every BMC in turn, for ever: so many workers, each takes the one that is due next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from hsops.api import Batch, Ref
from hsops.plugins.redfish.kinds import Machine

if TYPE_CHECKING:
    from hsops.plugins.redfish.client import Redfish

FIRST = 15.0
"""Seconds after which the rows are shown although some BMCs have not answered."""
GATHER = 1.0
"""Seconds that answers are gathered before they are shown."""


async def watch(connection: Redfish) -> AsyncIterator[Batch]:
    """Every machine, then those that differ."""
    rounds = Rounds(connection)
    workers = [asyncio.create_task(rounds.work()) for _ in range(min(connection.concurrency, len(connection.bmcs)))]
    try:
        await rounds.first_round(FIRST)
        if connection.outage is not None:
            raise connection.outage
        yield rounds.everything()
        while True:
            await asyncio.sleep(GATHER)
            for worker in workers:
                if worker.done():
                    worker.result()
            if connection.outage is not None:
                raise connection.outage
            batch = rounds.difference()
            if batch.upserts or batch.removes:
                yield batch
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


class Rounds:
    """Who is due when, and what was not yet shown."""

    def __init__(self, connection: Redfish) -> None:
        self._connection = connection
        self._due: asyncio.PriorityQueue[tuple[float, str]] = asyncio.PriorityQueue()
        self._unvisited = set(connection.bmcs)
        self._all_visited = asyncio.Event()
        self._visited: set[str] = set()
        self._shown: dict[str, dict[str, Machine]] = {}
        for name in connection.bmcs:
            self._due.put_nowait((0.0, name))
        if not self._unvisited:
            self._all_visited.set()

    async def work(self) -> None:
        """Visit whoever is due, for ever."""
        while True:
            when, name = await self._due.get()
            await asyncio.sleep(max(0.0, when - time.monotonic()))
            await self._connection.visit(name)
            self._visited.add(name)
            self._unvisited.discard(name)
            if not self._unvisited:
                self._all_visited.set()
            self._due.put_nowait((time.monotonic() + self._connection.pause(name), name))

    async def first_round(self, patience: float) -> None:
        """Until everybody was asked once, at most so many seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._all_visited.wait()
        except TimeoutError:
            return

    def everything(self) -> Batch:
        """Every row as it is now."""
        self._visited.clear()
        self._shown = {name: dict(self._connection.rows(name)) for name in self._connection.bmcs}
        return Batch(upserts=[row for rows in self._shown.values() for row in rows.values()], full=True)

    def difference(self) -> Batch:
        """What the visits since have changed."""
        upserts: list[Machine] = []
        removes: list[Ref] = []
        for name in self._visited:
            before, now = self._shown[name], self._connection.rows(name)
            upserts += [row for key, row in now.items() if before.get(key) != row]
            removes += [Ref(Machine.KIND, key) for key in before if key not in now]
            self._shown[name] = dict(now)
        self._visited.clear()
        return Batch(upserts=upserts, removes=removes)
