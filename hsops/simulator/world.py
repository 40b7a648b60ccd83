"""The simulated cloud as one value: every face answers from it, every fault changes it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hsops.simulator import cephhealth, effects, recovery
from hsops.simulator.ceph import Ceph
from hsops.simulator.churn import Churn
from hsops.simulator.clock import Clock
from hsops.simulator.compute import Compute
from hsops.simulator.faults import API_KINDS, Fault, Faults
from hsops.simulator.findings import findings
from hsops.simulator.incidents import Incidents
from hsops.simulator.machines import Fleet, Size
from hsops.simulator.metrics import wave
from hsops.simulator.migration import Movements, Pace
from hsops.simulator.monitoring import RULES, Alerts, Rule, ScrapeTarget, Silences, scrape_targets
from hsops.simulator.names import Names
from hsops.simulator.networking import Networking
from hsops.simulator.population import populate

STEP = 1.0
"""Longest piece of time that one step of the simulation takes, seconds."""
MOST_STEPS = 120
EVALUATION = 1.0
"""Seconds between two evaluations of the alerting rules."""


class World:
    """Racks, machines, servers, storage, alerts. Deterministic: the same size and seed give the same world.

    ============== ================================================================================================
    `clock`        epoch seconds of the world; may run faster (`Clock`)
    `fleet`        racks and machines by name; `fleet.down`
    `compute`      projects, users, flavors, images, services, hypervisors, servers, migrations, room (`Compute`)
    `movements`    starts and stops migrations
    `network`      networks and agents
    `ceph`         OSDs, pools, placement groups, flags (`Ceph`); `ceph_status`, `checks()` for health
    `alerts`       pending and firing alerts; `rules`, `targets()`
    `silences`     silences
    `faults`       what is broken: `inject(kind, target, **params)`, `heal(id)`
    `churn`        fraction of the servers that changes in a second
    `incidents`    things that go wrong by themselves, every so many seconds (0: never)
    `folder`       private folder of the site, for files that a face has to write (keys, clouds.yaml)
    ============== ================================================================================================

    Nothing here is safe for threads: all faces run in one event loop; from another thread use `SimulatedSite.call`.
    """

    def __init__(
        self,
        size: Size | None = None,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        churn: float = 0.0,
        incidents: float = 0.0,
        pace: Pace | None = None,
        folder: Path | None = None,
    ) -> None:
        self.size = size or Size()
        self.seed = seed
        self.clock = clock or Clock()
        self.folder = folder
        rng = random.Random(seed)  # noqa: S311 - a reproducible world, not a secret
        names = Names(seed)
        self.faults = Faults()
        self.fleet = Fleet(self.size, names)
        self.compute = Compute(self.fleet, names, self.clock)
        populate(self.compute, self.size, rng)
        self.network = Networking(self.compute, self.fleet, names)
        self.movements = Movements(self.compute, self.faults, pace or Pace())
        self.ceph = Ceph(self.fleet, self.size, names, self.clock, rng)
        self.alerts = Alerts(self.clock)
        self.silences = Silences(names, self.clock)
        self.churn = Churn(self.compute, rng, churn)
        self.incidents = Incidents(random.Random(seed + 1), incidents)  # noqa: S311 - as above
        self.started = self.ticked = self._evaluated = self.clock.now()

    # -- time ------------------------------------------------------------------------------------------------------
    def tick(self, dt: float | None = None) -> None:
        """Bring the world to the clock's present; with `dt` the clock jumps ahead by that many seconds first."""
        if dt:
            self._walk(dt)
            return
        passed = self.clock.now() - self.ticked
        if passed > 0:
            self._step(passed)

    def _walk(self, dt: float) -> None:
        """A jump in small steps, so that what takes stages goes through them."""
        steps = min(MOST_STEPS, max(1, round(dt / STEP)))
        for _ in range(steps):
            self.clock.advance(dt / steps)
            self._step(max(0.0, self.clock.now() - self.ticked))

    def _step(self, dt: float) -> None:
        self.ticked = self.clock.now()
        self.movements.tick(dt)
        self.churn.tick(dt)
        effects.tick(self, dt)
        self.ceph.tick()
        recovery.progress(self.ceph, dt)
        self.incidents.tick(self)
        if self.ticked - self._evaluated >= EVALUATION:
            self._evaluate()

    def _evaluate(self) -> None:
        """The rules are evaluated: alerts come and go."""
        self._evaluated = self.ticked
        self.alerts.sync(findings(self))

    # -- faults ----------------------------------------------------------------------------------------------------
    def inject(self, kind: str, target: str = "", **params: Any) -> Fault:
        """Begin a fault (`hsops.simulator.faults` lists the kinds). Raises UnknownFault."""
        fault = self.faults.add(kind, target, self.clock.now(), params)
        try:
            effects.begin(self, fault)
        except ValueError:
            self.faults.remove(fault.id)
            raise
        if kind not in API_KINDS:
            self._evaluate()
        return fault

    def heal(self, fault_id: str = "") -> None:
        """End a fault; without an id all of them. Raises UnknownFault."""
        for fault in [self.faults.remove(fault_id)] if fault_id else list(self.faults):
            if not fault_id:
                self.faults.remove(fault.id)
            effects.end(self, fault)
        self._evaluate()

    def power(self, host: str, *, up: bool) -> None:
        """Switch a machine with everything on it. Raises KeyError."""
        if not self.fleet.power(host, up, self.clock.now()):
            return
        for osd in self.ceph.hosts.get(host, ()):
            if not up:
                self.ceph.mark_down(osd.id)
            elif not any(f.target.removeprefix("osd.") == str(osd.id) for f in self.faults.of("osd.down")):
                self.ceph.mark_up(osd.id)
        hypervisor = self.compute.hypervisors.get(host)
        if hypervisor is not None:
            hypervisor.service.version += 1
            if up:
                self.movements.host_back(host)

    # -- questions that span layers ----------------------------------------------------------------------------------
    @property
    def rules(self) -> tuple[Rule, ...]:
        """The alerting rules."""
        return RULES

    def targets(self) -> Iterator[ScrapeTarget]:
        """Scrape targets of Prometheus."""
        return scrape_targets(self.fleet)

    def checks(self) -> list[cephhealth.Check]:
        """Health checks of Ceph."""
        return cephhealth.checks(self.ceph)

    @property
    def ceph_status(self) -> str:
        """HEALTH_OK, HEALTH_WARN or HEALTH_ERR."""
        return cephhealth.status(self.checks())

    def disk_use(self, host: str, when: float) -> float:
        """Fraction of a machine's local disk that is used."""
        fault = self.faults.active("disk.filling", host)
        if fault is not None and "level" in fault.undo:
            return float(fault.undo["level"])
        return wave(f"{host}/disk", when // 3600 * 3600, 0.2, 0.6)
