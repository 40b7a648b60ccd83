"""The compute layer's state: who runs where, what room is taken, what changed since when."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

from hsops.simulator.clock import Clock
from hsops.simulator.cloudvalues import (
    Aggregate,
    Flavor,
    Hypervisor,
    Image,
    Migration,
    Project,
    Server,
    ServerGroup,
    Service,
    User,
)
from hsops.simulator.machines import Fleet
from hsops.simulator.names import Names

SERVICE_DOWN_AFTER = 20.0
"""Seconds without a report until nova counts a service as down."""


class Compute:
    """Servers, hypervisors and everything nova, placement, keystone, neutron and glance tell about them.

    Reading the dictionaries is free; changes go through the methods, which keep the indexes true:
    `add`, `touch`, `move`, `rename`, `delete` for servers, `claim` and `release` for room.
    """

    def __init__(self, fleet: Fleet, names: Names, clock: Clock) -> None:
        self.fleet, self.names, self.clock = fleet, names, clock
        self.flavors: dict[str, Flavor] = {}
        self.images: dict[str, Image] = {}
        self.projects: dict[str, Project] = {}
        self.users: dict[str, User] = {}
        self.services: dict[str, Service] = {}
        self.hypervisors: dict[str, Hypervisor] = {}
        """By host (machine name)."""
        self.aggregates: dict[int, Aggregate] = {}
        self.groups: dict[str, ServerGroup] = {}
        self.servers: dict[str, Server] = {}
        """All that are not deleted, by id, in order of creation."""
        self.deleted: dict[str, Server] = {}
        self.migrations: dict[int, Migration] = {}
        self.underway: dict[int, Migration] = {}
        """Migrations that move on with time."""
        self.passing: dict[str, Server] = {}
        """Servers in a state that ends by itself (`Server.timer`)."""
        self.by_host: dict[str, dict[str, Server]] = {}
        self.by_project: dict[str, dict[str, Server]] = {}
        self.allocations: dict[str, dict[str, Flavor]] = {}
        """Host to consumer (server id or migration uuid) to what it holds there."""
        self.errors: dict[str, Server] = {}
        """Servers in status ERROR."""
        self._order: list[Server] = []
        self._recent: dict[str, Server] = {}
        self._listeners: list[Callable[[Server], None]] = []

    # -- servers ---------------------------------------------------------------------------------------------------
    def add(self, server: Server) -> None:
        """A new server. Its number must be higher than those of all before (`next_number`)."""
        self.servers[server.id] = server
        self._order.append(server)
        self._recent[server.id] = server
        self.by_project.setdefault(server.project, {})[server.id] = server
        if server.host:
            self.by_host.setdefault(server.host, {})[server.id] = server
            self.claim(server.host, server.id, server.flavor)

    @property
    def next_number(self) -> int:
        """Number for the next server."""
        return self._order[-1].number + 1 if self._order else 1

    def touch(self, server: Server, **changes: Any) -> None:
        """Change fields of a server and write it into the journal of changes."""
        for name, value in changes.items():
            setattr(server, name, value)
        server.updated = self.clock.now()
        server.version += 1
        self._recent.pop(server.id, None)
        self._recent[server.id] = server
        if server.status == "ERROR":
            self.errors[server.id] = server
        else:
            self.errors.pop(server.id, None)

    def move(self, server: Server, host: str) -> None:
        """The server runs on `host` from now on. Room is not touched: see `claim` and `release`."""
        self.by_host.get(server.host, {}).pop(server.id, None)
        if host:
            self.by_host.setdefault(host, {})[server.id] = server
        self.touch(server, host=host)

    def delete(self, server: Server) -> None:
        """Delete a server; it stays visible to `changes-since`."""
        now = self.clock.now()
        self.touch(server, status="DELETED", vm_state="deleted", task_state=None, power_state=0, terminated=now)
        self.servers.pop(server.id, None)
        self.passing.pop(server.id, None)
        self.deleted[server.id] = server
        self.by_host.get(server.host, {}).pop(server.id, None)
        self.by_project.get(server.project, {}).pop(server.id, None)
        for migration in [m for m in self.migrations.values() if m.server == server.id]:
            self.migrations.pop(migration.id, None)
            self.underway.pop(migration.id, None)
            self.release(migration.source, migration.uuid)
            self.release(migration.dest, server.id)
        self.release(server.host, server.id)

    def after(self, server: Server, seconds: float) -> None:
        """The server's passing state ends in so many seconds."""
        server.timer = self.clock.now() + seconds
        self.passing[server.id] = server

    def newest_first(self, below: int | None = None) -> Iterator[Server]:
        """Servers that are not deleted, newest first, from the one before number `below`."""
        if len(self._order) > 2 * len(self.servers) + 1000:
            self._order = list(self.servers.values())
        order = self._order
        index = len(order) if below is None else bisect_left(order, below, key=lambda s: s.number)
        while index > 0:
            index -= 1
            if order[index].terminated is None:
                yield order[index]

    def changed_since(self, when: float) -> list[Server]:
        """Servers changed or deleted at `when` or later, newest first. Costs as much as there are."""
        found: list[Server] = []
        for server in reversed(self._recent.values()):
            if server.updated < when:
                break
            found.append(server)
        found.sort(key=lambda server: -server.number)
        return found

    def any(self, rng: random.Random) -> Server | None:
        """Some server; None when chance met a deleted one or there is none."""
        server = rng.choice(self._order) if self._order else None
        return server if server is not None and server.terminated is None else None

    # -- room ------------------------------------------------------------------------------------------------------
    def claim(self, host: str, consumer: str, flavor: Flavor) -> None:
        """`consumer` holds room for `flavor` on `host`."""
        self.release(host, consumer)
        hypervisor = self.hypervisors.get(host)
        if hypervisor is None:
            return
        self.allocations.setdefault(host, {})[consumer] = flavor
        self._count(hypervisor, flavor, 1)

    def release(self, host: str, consumer: str) -> None:
        """`consumer` gives its room on `host` back; nothing when it holds none."""
        flavor = self.allocations.get(host, {}).pop(consumer, None)
        if flavor is not None:
            self._count(self.hypervisors[host], flavor, -1)

    @staticmethod
    def _count(hypervisor: Hypervisor, flavor: Flavor, sign: int) -> None:
        hypervisor.vcpus_used += sign * flavor.vcpus
        hypervisor.memory_used += sign * flavor.ram
        hypervisor.disk_used += sign * flavor.disk
        hypervisor.generation += 1

    # -- services --------------------------------------------------------------------------------------------------
    def service_up(self, service: Service) -> bool:
        """What nova shows as `state`: reports are recent and nobody forced it down."""
        return not service.forced_down and self.clock.now() - self.seen(service) < SERVICE_DOWN_AFTER

    def seen(self, service: Service) -> float:
        """Epoch of the service's last report: every ten seconds while its machine is up."""
        machine = self.fleet[service.host]
        if machine.up:
            return max(self.clock.now() // 10 * 10, machine.changed)
        return machine.changed

    def host_status(self, host: str) -> str:
        """``UP``, ``DOWN``, ``MAINTENANCE`` (disabled) or empty: the `host_status` of a server there."""
        hypervisor = self.hypervisors.get(host)
        if hypervisor is None:
            return ""
        if hypervisor.service.forced_down or not self.service_up(hypervisor.service):
            return "DOWN"
        return "UP" if hypervisor.service.enabled else "MAINTENANCE"

    def destination(self, server: Server, wanted: str | None = None) -> Hypervisor | None:
        """Where the scheduler would put a server that leaves its host: the emptiest enabled, living host with room."""
        hosts = self.hypervisors.values() if wanted is None else filter(None, (self.hypervisors.get(wanted),))
        fitting = (
            h for h in hosts
            if h.host != server.host and self._fits(h, server.flavor) and self._allowed(server, h.host)
        )  # fmt: skip
        return min(fitting, key=lambda h: (h.memory_used / h.memory, h.number), default=None)

    def _allowed(self, server: Server, host: str) -> bool:
        """Whether its server group lets it go there."""
        for group in self.groups.values():
            if server.id in group.members:
                others = [self.servers[one].host for one in group.members if one != server.id and one in self.servers]
                if group.policy == "anti-affinity" and others.count(host) >= group.per_host:
                    return False
                if group.policy == "affinity" and any(other != host for other in others):
                    return False
        return True

    def _fits(self, hypervisor: Hypervisor, flavor: Flavor) -> bool:
        return (
            hypervisor.service.enabled
            and hypervisor.room(flavor)
            and hypervisor.host not in self.fleet.down
            and self.service_up(hypervisor.service)
        )
