"""What one list needs to know of another: names of projects, zones of hosts, servers of hypervisors.

Each is asked for when it is needed and kept for a while; the sources that list the real thing put it here, so that a
running console asks nothing twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hsops.api import Forbidden
from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.kinds.project import Project
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service
from hsops.plugins.openstack.memo import Memo
from hsops.plugins.openstack.pages import Aggregates, Migrations, Projects, Services
from hsops.plugins.openstack.placement import Capacity

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

_SOON = 15.0
"""A project that nobody has heard of is asked for again, but not more often than this."""
_FRESH = 120.0
"""Seconds after which the list of servers is no more trusted for counting."""
_DAY = 86400.0


class Directory:
    """Shared knowledge of one connection."""

    def __init__(self, cloud: OpenStack) -> None:
        self._cloud = cloud
        self.projects: Memo[Sequence[Project]] = Memo(self._list_projects, 300.0)
        self.services: Memo[Sequence[Service]] = Memo(self._list_services, 30.0)
        self.aggregates: Memo[Sequence[Aggregate]] = Memo(self._list_aggregates, 120.0)
        self.migrations: Memo[Sequence[Migration]] = Memo(self._list_migrations, 10.0)
        self.servers: Memo[Mapping[str, Server]] = Memo(_nobody, _FRESH)
        self.capacity = Capacity(cloud)
        self._strangers: set[str] = set()
        """Projects that keystone does not know (any more), though servers belong to them."""

    async def project_names(self, needed: Iterable[str]) -> Mapping[str, str]:
        """Names by id, as far as this user may know them."""
        names = {project.id: project.name for project in await self.projects.get()}
        strangers = set(needed) - names.keys() - self._strangers
        if strangers and self.projects.age > _SOON:
            names = {project.id: project.name for project in await self.projects.get(_SOON)}
            self._strangers |= strangers - names.keys()
        return names

    def servers_by_node(self) -> Counter[str] | None:
        """Servers of each hypervisor; None when the servers were not listed lately."""
        known = self.servers.peek(_FRESH)
        return None if known is None else Counter(server.node or server.host or "" for server in known.values())

    def server_name(self, server: str) -> str:
        """Name of a server when it is known."""
        known = self.servers.peek(float("inf")) or {}
        return known[server].name if server in known else ""

    async def _list_projects(self) -> Sequence[Project]:
        try:
            answer = await self._cloud.fetch("identity", "/projects", Projects)
        except Forbidden:  # then at least the user's own
            answer = await self._cloud.fetch("identity", "/auth/projects", Projects)
        return [project for project in answer.rows if not project.is_domain]

    async def _list_services(self) -> Sequence[Service]:
        return (await self._cloud.fetch("compute", "/os-services", Services)).rows

    async def _list_aggregates(self) -> Sequence[Aggregate]:
        return (await self._cloud.fetch("compute", "/os-aggregates", Aggregates)).rows

    async def _list_migrations(self) -> Sequence[Migration]:
        """Those under way; the source of migrations has the history."""
        pages = await self._cloud.pages("compute", "/os-migrations", Migrations, self._cloud.recent(time.time() - _DAY))
        return [migration for _, page in pages for migration in page.rows if migration.under_way]


async def _nobody() -> Mapping[str, Server]:
    return {}
