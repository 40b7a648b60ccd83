"""One server of a drain: the way that was planned, or the one that its state asks for meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.api import Item, Outcome, Progress
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.workflows import cold, live
from hsops.plugins.openstack.workflows.journey import Trip, Watch
from hsops.plugins.openstack.workflows.treatment import COLD, LIVE

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

_WAYS = {LIVE: live.migrate, COLD: cold.migrate}


async def move(cloud: OpenStack, item: Item, trip: Trip, progress: Progress) -> Outcome:
    """`item.data` holds the way and the state in which the server was when that was decided."""
    row = await Watch(cloud, item.key, trip, progress).look()
    way = str(item.data["way"]) if row is None else way_now(str(item.data["way"]), str(item.data["was"]), row)
    return await _WAYS.get(way, cold.offload)(Watch(cloud, item.key, trip, progress))


def way_now(way: str, was: str, row: Server) -> str:
    """Its owner may have stopped or started it since the plan was made: a running server is not moved cold for that."""
    if way == COLD and was == "SHUTOFF" and row.status in ("ACTIVE", "PAUSED", "MIGRATING"):
        return LIVE
    if way == LIVE and row.status in ("SHUTOFF", "RESIZE", "VERIFY_RESIZE"):
        return COLD
    return way
