"""The simulated cluster behind its real SSH face, and the durable engine: what workflows are tested on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from hsops.config import load_site
from hsops.plugins.ceph import clean
from hsops.plugins.ceph.workflows import basics, daemons
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.machines import Size
from hsops.simulator.site import SimulatedSite
from hsops.simulator.world import World
from hsops.workflow.engine import Engine
from hsops.workflow.values import Plan, RunInfo
from tests.plugins.ceph.labbench import given

T = TypeVar("T")
SITE = "simulated"
PATIENCE = 60.0
SIZE = Size(machines=18, servers=4, storage=4, osds_per_host=2)


@dataclass
class SimBench:
    """Runs on the simulated cluster, and looks at the world behind the wire."""

    site: SimulatedSite
    engine: Engine
    session: Session

    def world(self, look: Callable[[World], T]) -> T:
        """Ask or change the world."""
        return self.site.call(look)

    @property
    def host(self) -> str:
        """A storage host."""
        return self.world(lambda world: next(iter(world.ceph.hosts)))

    def osds(self, host: str = "") -> list[int]:
        """OSDs of a host."""
        return self.world(lambda world: [osd.id for osd in world.ceph.hosts[host or next(iter(world.ceph.hosts))]])

    def up(self, osds: list[int]) -> list[bool]:
        """Which are up."""
        return self.world(lambda world: [world.ceph.osds[osd].up for osd in osds])

    def weight(self, osd: int) -> float:
        """In the CRUSH map."""
        return self.world(lambda world: world.ceph.osds[osd].crush_weight)

    def flags(self) -> dict[str, list[str]]:
        """Of CRUSH nodes."""
        return self.world(lambda world: {node: sorted(flags) for node, flags in world.ceph.node_flags.items()})

    async def plan(self, workflow: str, **values: Any) -> Plan:
        """A plan; nothing happens."""
        choices = values.pop("choices", {})
        return await self.engine.plan(workflow, given(values), choices, site=SITE)

    async def start(self, workflow: str, **more: Any) -> str:
        """Begin a run; `choices`, `force`, `attended` go to the engine, all else is an input."""
        options = {"attended": more.pop("attended", False), "force": more.pop("force", {})}
        choices: Mapping[str, str] = more.pop("choices", {})
        return await self.engine.submit(workflow, given(more), choices, site=SITE, **options)

    async def finish(self, workflow: str, **more: Any) -> RunInfo:
        """A run to its end."""
        return await self.engine.join(await self.start(workflow, **more))

    async def texts(self, run: str) -> dict[str, str]:
        """What each step and item of a run said last."""
        return {step.item or step.name: f"{step.status.value}: {step.text}" for step in await self.engine.steps(run)}

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until `condition()` holds."""
        for _ in range(int(PATIENCE / 0.05)):
            if condition():
                return
            await asyncio.sleep(0.05)
        pytest.fail("it did not come")


@asynccontextmanager
async def bench(folder: Path, monkeypatch: pytest.MonkeyPatch, *, speed: float = 60.0) -> AsyncIterator[SimBench]:
    """All of it: 18 machines, a clock that runs fast."""
    for module, name in ((basics, "LOOK_EVERY"), (daemons, "EVERY"), (clean, "PAUSE")):
        monkeypatch.setattr(module, name, 0.05)
    registry = Registry.load()
    async with (
        SimulatedSite(size=SIZE, speed=speed, only=["ceph"]) as site,
        Session([load_site(site.file, registry)], registry) as session,
        Engine(session, str(folder / "runs.sqlite"), registry.workflow) as engine,
    ):
        site.call(_lighten)
        yield SimBench(site, engine, session)


def _lighten(world: World) -> None:
    """So little data that they move in seconds."""
    for pool in world.ceph.pools.values():
        pool.stored, pool.objects = pool.stored // 100, max(2, pool.objects // 100)
