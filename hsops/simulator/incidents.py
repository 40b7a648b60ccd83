"""A site that lives: now and then something breaks by itself, and is mended after a while."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hsops.simulator.world import World

LASTS = (40.0, 160.0)
"""Shortest and longest time until an incident is mended, seconds."""
KEEP_UP = 3
"""No more incidents than this at a time."""


class Incidents:
    """Begins a random incident about every `every` seconds of the world; 0: never. The first comes at once."""

    def __init__(self, rng: random.Random, every: float) -> None:
        self.every = every
        self._rng = rng
        self._next = 0.0
        self._open: list[tuple[float, Callable[[], None]]] = []

    def tick(self, world: World) -> None:
        """End what is over, begin what is due."""
        if not self.every:
            return
        now = world.clock.now()
        for due in [entry for entry in self._open if entry[0] <= now]:
            self._open.remove(due)
            due[1]()
        if now >= self._next:
            self._next = now + self.every * self._rng.uniform(0.5, 1.5)
            if len(self._open) < KEEP_UP:
                mend = self._rng.choice((_host, _osd, _server, _disk, _maintenance))(world, self._rng)
                self._open.append((now + self._rng.uniform(*LASTS), mend))


Mend = Callable[[], None]


def _fault(world: World, kind: str, target: str, **params: float) -> Mend:
    """A fault and its end; somebody may have healed it before."""
    fault = world.inject(kind, target, **params)

    def mend() -> None:
        if any(active.id == fault.id for active in world.faults):
            world.heal(fault.id)

    return mend


def _host(world: World, rng: random.Random) -> Mend:
    return _fault(world, "host.down", rng.choice(list(world.compute.hypervisors)))


def _osd(world: World, rng: random.Random) -> Mend:
    return _fault(world, "osd.down", str(rng.choice(list(world.ceph.osds))))


def _disk(world: World, rng: random.Random) -> Mend:
    return _fault(world, "disk.filling", rng.choice(list(world.compute.hypervisors)), rate=0.02)


def _server(world: World, rng: random.Random) -> Mend:
    server = world.compute.any(rng)
    if server is None or server.task_state is not None:
        return lambda: None
    return _fault(world, "server.error", server.id)


def _maintenance(world: World, rng: random.Random) -> Mend:
    """A colleague takes a hypervisor out of service and brings it back."""
    service = world.compute.hypervisors[rng.choice(list(world.compute.hypervisors))].service
    if not service.enabled:
        return lambda: None
    service.enabled, service.reason = False, "replacing a memory module"
    service.version += 1

    def mend() -> None:
        if service.reason == "replacing a memory module":
            service.enabled, service.reason = True, None
            service.version += 1

    return mend
