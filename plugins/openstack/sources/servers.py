"""Servers of all projects: a full list now and then, differences in between."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsops.api import Batch, Forbidden, Ref, Source
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.pages import Servers
from hsops.plugins.openstack.times import stamp

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack
    from hsops.plugins.openstack.http import Answer

OVERLAP = 60.0
"""Seconds that a difference looks back further than the last one: clocks of controllers differ, writes take time.
A row that comes twice is equal to itself and changes nothing."""
ALL = ("all_tenants", "1")


@dataclass(frozen=True, slots=True)
class Cursor:
    """`since` in the service's own time, epoch seconds; `everybody`: whether other projects' servers are listed."""

    since: float
    everybody: bool


async def poll(cloud: OpenStack, cursor: Cursor | None) -> Batch:
    """The whole list without a cursor, else what changed since. Deleted servers are answered too: they are removed."""
    everybody = cursor.everybody if cursor is not None else True
    query = () if cursor is None else (("changes-since", stamp(cursor.since - OVERLAP)),)
    try:
        pages = await cloud.pages("compute", "/servers/detail", Servers, (*_scope(everybody), *query))
    except Forbidden:
        if not everybody:
            raise
        everybody = False  # a plain member sees the servers of the own project
        pages = await cloud.pages("compute", "/servers/detail", Servers, query)
    rows = {row.id: row for _, page in pages for row in page.rows}  # a list that changes while paged repeats rows
    live = [row for row in rows.values() if not row.is_deleted]
    gone = {row.id for row in rows.values() if row.is_deleted}
    await _name_projects(cloud, live)
    _remember(cloud, live, gone, full=cursor is None, everybody=everybody)
    return Batch(
        upserts=live,
        removes=tuple(Ref(Server.KIND, id_) for id_ in gone) if cursor is not None else (),
        full=cursor is None,
        cursor=_cursor(pages[0][0], everybody),
        missing=_missing(cloud, live, everybody),
    )


def _scope(everybody: bool) -> tuple[tuple[str, str], ...]:
    return (ALL,) if everybody else ()


def _cursor(first: Answer, everybody: bool) -> Cursor:
    """From the service's clock when it answered the first page; its Date header counts whole seconds."""
    return Cursor((first.clock if first.clock is not None else time.time()) - 1.0, everybody)


async def _name_projects(cloud: OpenStack, rows: Sequence[Server]) -> None:
    needed = {row.tenant_id for row in rows}
    if not needed:
        return
    try:
        names = await cloud.directory.project_names(needed)
    except Forbidden:
        return  # ids are shown instead
    for row in rows:
        row.project = names.get(row.tenant_id, "")


def _remember(cloud: OpenStack, live: Sequence[Server], gone: set[str], *, full: bool, everybody: bool) -> None:
    if not everybody:
        return  # counting hypervisors by it would be wrong
    known = {} if full else dict(cloud.directory.servers.peek(float("inf")) or {})
    known.update((row.id, row) for row in live)
    for id_ in gone:
        known.pop(id_, None)
    cloud.directory.servers.put(known)


def _missing(cloud: OpenStack, live: Sequence[Server], everybody: bool) -> tuple[str, ...]:
    missing = []
    if not everybody:
        missing.append("servers of other projects: listing them needs the role admin")
    stubs = sum(row.is_stub for row in live)
    if stubs:
        missing.append(f"everything but the id of {stubs} servers: their cell does not answer")
    return tuple(missing)


SERVERS = Source(kinds=(Server.KIND,), poll=poll, every=5.0, background=15.0, relist=300.0)
