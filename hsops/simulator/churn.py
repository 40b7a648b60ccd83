"""Tenants at work: a fraction of the servers changes every second."""

from __future__ import annotations

import random

from hsops.simulator.cloudvalues import Server
from hsops.simulator.compute import Compute


class Churn:
    """Stops and starts servers. `rate` is the fraction of all servers that changes in a second (0.01 = 1 %)."""

    def __init__(self, compute: Compute, rng: random.Random, rate: float) -> None:
        self.compute, self.rate = compute, rate
        self._rng = rng
        self._owed = 0.0
        self._stopped: list[Server] = []

    def tick(self, dt: float) -> None:
        """As many changes as the time asks for; a fraction is kept for the next tick."""
        servers = self.compute.servers
        if not self.rate or not servers:
            return
        self._owed += self.rate * len(servers) * dt
        while self._owed >= 1:
            self._owed -= 1
            self._one()

    def _one(self) -> None:
        """Stop one, or start again one that was stopped here: the share of stopped ones stays small."""
        few = len(self._stopped) < 1 + len(self.compute.servers) // 50
        if few or self._rng.random() < 0.5:
            server = self.compute.any(self._rng)
            if server is not None and server.status == "ACTIVE" and server.task_state is None:
                self._stopped.append(server)
                self.compute.touch(server, status="SHUTOFF", vm_state="stopped", power_state=4)
                return
        while self._stopped:
            server = self._stopped.pop(self._rng.randrange(len(self._stopped)))
            if server.terminated is None and server.status == "SHUTOFF" and server.task_state is None:
                self.compute.touch(server, status="ACTIVE", vm_state="active", power_state=1)
                return
