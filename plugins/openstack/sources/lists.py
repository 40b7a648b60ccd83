"""The lists that one call answers: services, aggregates, flavors; and migrations of the last hours."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hsops.api import Batch, Source
from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.flavor import Flavor
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.pages import Flavors, Migrations

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

OVERLAP = 60.0


async def services(cloud: OpenStack, _: object) -> Batch:
    """Compute services."""
    return Batch(upserts=await cloud.directory.services.get(0.0), full=True)


async def aggregates(cloud: OpenStack, _: object) -> Batch:
    """Host aggregates."""
    return Batch(upserts=await cloud.directory.aggregates.get(0.0), full=True)


async def flavors(cloud: OpenStack, _: object) -> Batch:
    """Flavors, those that only some projects may use as well."""
    pages = await cloud.pages("compute", "/flavors/detail", Flavors, (("is_public", "None"),))
    return Batch(upserts=[row for _, page in pages for row in page.rows], full=True)


async def migrations(cloud: OpenStack, cursor: float | None) -> Batch:
    """Migrations changed in the last `history` hours; with a cursor, since the last poll.

    Records leave nova's list together with their server: only a full list shows that.
    """
    since = time.time() - cloud.options.history * 3600 if cursor is None else cursor - OVERLAP
    query = cloud.recent(since)
    pages = await cloud.pages("compute", "/os-migrations", Migrations, query)
    rows = [row for _, page in pages for row in page.rows]
    for row in rows:
        row.name = cloud.directory.server_name(row.instance_uuid)
    full = cursor is None or not query
    _remember(cloud, rows, full=full)
    clock = pages[0][0].clock
    return Batch(upserts=rows, full=full, cursor=None if clock is None or not query else clock - 1.0)


def _remember(cloud: OpenStack, rows: Sequence[Migration], *, full: bool) -> None:
    """Those under way are counted on the hypervisors."""
    known = {} if full else {row.key(): row for row in cloud.directory.migrations.peek(float("inf")) or ()}
    known.update((row.key(), row) for row in rows)
    cloud.directory.migrations.put([row for row in known.values() if row.under_way])


SERVICES = Source(kinds=(Service.KIND,), poll=services, every=5.0, background=15.0)
AGGREGATES = Source(kinds=(Aggregate.KIND,), poll=aggregates, every=30.0, background=120.0)
FLAVORS = Source(kinds=(Flavor.KIND,), poll=flavors, every=120.0, background=600.0)
MIGRATIONS = Source(kinds=(Migration.KIND,), poll=migrations, every=3.0, background=15.0, relist=120.0)
