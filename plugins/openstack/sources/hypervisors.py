"""Hypervisors: nova's list, with placement's amounts, zones, aggregates and the migrations that leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hsops.api import Batch, HsopsError, Source
from hsops.plugins.openstack.address import version
from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.pages import Hypervisors
from hsops.plugins.openstack.placement import Room

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

LAST_WITH_COUNTS = "2.87"
"""Compute 2.88 no longer tells how many servers a hypervisor runs."""
INVENTORIES = 64
"""Inventories (totals and ratios) read by one poll; a bigger cloud has them all after a few."""


async def poll(cloud: OpenStack, _: object) -> Batch:
    """Always the whole list; what cannot be had beside it is named as missing."""
    rows = await _list(cloud)
    missing: list[str] = []
    rooms: Mapping[str, Room] = {}
    services: Sequence[Service] = ()
    aggregates: Sequence[Aggregate] = ()
    migrations: Sequence[Migration] = ()
    try:
        rooms = await cloud.directory.capacity.rooms([row.id for row in rows], budget=INVENTORIES)
    except HsopsError as error:
        missing.append(f"vcpu, memory, disk: {error.what}")
    try:
        services = await cloud.directory.services.get()
        aggregates = await cloud.directory.aggregates.get()
    except HsopsError as error:
        missing.append(f"zones and aggregates: {error.what}")
    try:
        migrations = await cloud.directory.migrations.get()
    except HsopsError as error:
        missing.append(f"migrations: {error.what}")
    _amounts(rows, rooms)
    _places(rows, services, aggregates)
    _traffic(rows, migrations)
    _count(rows, cloud.directory.servers_by_node())
    return Batch(upserts=rows, full=True, missing=tuple(missing))


async def _list(cloud: OpenStack) -> Sequence[Hypervisor]:
    asked = min(LAST_WITH_COUNTS, cloud.versions["compute"], key=version)
    pages = await cloud.pages("compute", "/os-hypervisors/detail", Hypervisors, version=asked)
    return [row for _, page in pages for row in page.rows]


def _amounts(rows: Sequence[Hypervisor], rooms: Mapping[str, Room]) -> None:
    for row in rows:
        room = rooms.get(row.id, {})
        row.vcpu, row.memory, row.disk = room.get("VCPU"), room.get("MEMORY_MB"), room.get("DISK_GB")


def _places(rows: Sequence[Hypervisor], services: Sequence[Service], aggregates: Sequence[Aggregate]) -> None:
    by_host = {service.host: service for service in services if service.is_compute}
    for row in rows:
        service = by_host.get(row.host)
        if service is not None:
            row.zone, row.forced_down = service.zone, service.forced_down
        row.aggregates = tuple(sorted(one.name for one in aggregates if row.host in one.hosts))


def _traffic(rows: Sequence[Hypervisor], migrations: Sequence[Migration]) -> None:
    leaving = Counter(migration.source_compute for migration in migrations)
    arriving = Counter(migration.dest_compute for migration in migrations)
    for row in rows:
        row.leaving, row.arriving = leaving[row.host], arriving[row.host]


def _count(rows: Sequence[Hypervisor], servers: Counter[str] | None) -> None:
    """The list of servers is exact; without it, nova-compute's own count, up to a minute old."""
    for row in rows:
        row.vms = row.running_vms if servers is None else servers[row.hypervisor_hostname]
        row.running_vms = None  # it lags: the row must not change for it


HYPERVISORS = Source(kinds=(Hypervisor.KIND,), poll=poll, every=5.0, background=30.0)
