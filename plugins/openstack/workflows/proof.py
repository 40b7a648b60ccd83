"""Proof that a host is empty, by witnesses that do not know each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hsops.api import CheckResult, NotFound, Sample
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.fanout import each
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.placement import claims
from hsops.plugins.openstack.workflows.facts import Host

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

_WELL = ("ACTIVE", "PAUSED", "SHUTOFF", "SHELVED_OFFLOADED")


class Leftovers:
    """What is still on a host, but for the servers that are meant to stay."""

    def __init__(self, cloud: Callable[[], OpenStack], host: Host, stay: frozenset[str]) -> None:
        self._cloud = cloud
        self._host = host
        self._stay = stay

    async def servers(self) -> Sequence[Server]:
        """Nova's servers of the host, of every project and state."""
        return [row for row in await compute.servers_on(self._cloud(), self._host.host) if row.id not in self._stay]

    async def consumers(self) -> Sequence[str]:
        """Placement's consumers of the host's provider: servers, and migrations that have not let go.

        A provider that placement does not know proves nothing: NotFound is raised.
        """
        held = await claims(self._cloud(), self._host.provider)
        return sorted(set(held) - self._stay)

    async def sample(self) -> Sample:
        """Whether both witnesses see nothing."""
        servers = await self.servers()
        try:
            consumers = await self.consumers()
        except NotFound as error:
            raise NotFound(
                f"placement does not know the hypervisor any more: {error.what}",
                system=error.system,
                thing=self._host.node,
                hint="whoever removed it knows more; when it is back, resume the run",
            ) from error
        moving = await compute.migrations_at(self._cloud(), self._host.host)
        left = len(servers) + len(consumers) + sum(row.under_way for row in moving)
        text = f"nova: {len(servers)} servers; placement: {len(consumers)} allocations; {len(moving)} migrations"
        return Sample(done=left == 0, text=text, left=float(left))

    async def no_servers(self) -> CheckResult:
        """First witness."""
        names = [f"{row.title()} ({row.status})" for row in await self.servers()]
        return _empty("no servers", names, f"nova has no server on {self._host.host}")

    async def no_allocations(self) -> CheckResult:
        """Second witness."""
        try:
            consumers = await self.consumers()
        except NotFound as error:
            return CheckResult(name="no allocations", ok=False, text=f"placement does not know the host: {error.what}")
        return _empty("no allocations", consumers, f"placement has no allocation of {self._host.node}")

    async def no_migrations(self) -> CheckResult:
        """Nothing comes or goes."""
        rows = [row for row in await compute.migrations_at(self._cloud(), self._host.host) if row.under_way]
        texts = [f"{row.server} is {row.status}" for row in rows]
        return _empty("no migrations", texts, f"no migration from or to {self._host.host}")

    async def all_well(self, moved: Sequence[str]) -> CheckResult:
        """Every server that moved is in a good state, elsewhere. One deleted meanwhile needs no place."""
        rows = await each(moved, lambda id_: compute.server(self._cloud(), id_))
        bad = [
            f"{row.title()} is {row.status} on {row.host}"
            for row in rows.values()
            if row.status not in _WELL or row.host == self._host.host
        ]
        return _empty("servers well", bad, f"{len(rows)} servers are well on other hosts")


def _empty(name: str, found: Sequence[str], well: str) -> CheckResult:
    shown = "; ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return CheckResult(name=name, ok=not found, text=shown or well)
