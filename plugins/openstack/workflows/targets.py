"""The hosts that may take the servers of a drain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hsops.plugins.openstack.kinds.aggregate import Aggregate
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.memo import Memo
from hsops.plugins.openstack.pages import Hypervisors
from hsops.plugins.openstack.workflows.facts import Host
from hsops.plugins.openstack.workflows.headroom import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from hsops.plugins.openstack.client import OpenStack

_FRESH = 30.0
"""Seconds: the checks of one plan look at the same hosts."""


class Targets:
    """Enabled, up and not the host itself; only `to` when it is given."""

    def __init__(self, cloud: Callable[[], OpenStack], host: Host, to: str) -> None:
        self.to = to
        self._cloud = cloud
        self._host = host
        self._known: Memo[Sequence[Target]] = Memo(self._look, _FRESH)

    async def get(self) -> Sequence[Target]:
        """With what placement may still promise of each."""
        return await self._known.get()

    async def members(self, aggregate: str) -> set[str]:
        """Hosts of an aggregate."""
        found = await self._cloud().directory.aggregates.get()
        return {host for one in found if one.name == aggregate for host in one.hosts}

    async def _look(self) -> Sequence[Target]:
        cloud = self._cloud()
        pages = await cloud.pages("compute", "/os-hypervisors/detail", Hypervisors)
        rows = [row for _, page in pages for row in page.rows if self._takes(row)]
        services = await cloud.directory.services.get(0.0)
        zones = {service.host: service.zone or "" for service in services if service.is_compute}
        aggregates = await cloud.directory.aggregates.get(0.0)
        rooms = await cloud.directory.capacity.rooms([row.id for row in rows], budget=0, fresh=True)
        return [
            Target(
                row.host,
                zones.get(row.host, ""),
                properties_of(aggregates, row.host),
                {kind: amount.free for kind, amount in rooms.get(row.id, {}).items()},
                {kind: amount.capacity for kind, amount in rooms.get(row.id, {}).items()},
            )
            for row in rows
        ]

    def _takes(self, row: Hypervisor) -> bool:
        is_well = row.status == "enabled" and row.state == "up" and row.host != self._host.host
        return is_well and (not self.to or self.to in (row.host, row.hypervisor_hostname))


def properties_of(aggregates: Sequence[Aggregate], host: str) -> Mapping[str, str]:
    """Metadata of the aggregates that a host is in."""
    return {name: value for one in aggregates if host in one.hosts for name, value in one.metadata.items()}
