"""A site with an Alertmanager and the durable engine: what silences are tested on. Its clock is the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hsops.config import load_site
from hsops.plugins.alertmanager.workflows import maintenance
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.site import SimulatedSite
from hsops.workflow.engine import Engine
from hsops.workflow.values import Plan, RunInfo

PATIENCE = 60.0
NAME = "silence.maintenance"


@dataclass
class Bench:
    """The site, the engine on it, and looks at the world behind the wire."""

    site: SimulatedSite
    engine: Engine
    host: str

    def silences(self) -> list[tuple[str, str]]:
        """Comment and state of every silence."""

        def look(world: Any) -> list[tuple[str, str]]:
            return [(one.comment, one.state(world.clock.now())) for one in world.silences.all.values()]

        return self.site.call(look)

    def loud(self) -> int:
        """How many alerts fire and are not silenced."""
        return self.site.call(
            lambda world: sum(not world.silences.silenced_by(a.labels) for a in world.alerts.firing())
        )

    def only(self) -> Any:
        """The one silence there is."""
        (found,) = self.site.call(lambda world: list(world.silences.all.values()))
        return found

    def expire(self) -> None:
        """Somebody ends every silence."""

        def end(world: Any) -> None:
            for one in world.silences.all.values():
                one.ends = min(one.ends, world.clock.now())

        self.site.call(end)

    def move(self, seconds: float) -> None:
        """Somebody moves the end of every silence."""

        def later(world: Any) -> None:
            for one in world.silences.all.values():
                one.ends += seconds

        self.site.call(later)

    def forget(self) -> None:
        """Alertmanager loses its data."""
        self.site.call(lambda world: world.silences.all.clear())

    async def plan(self, **values: Any) -> Plan:
        """The plan of a silence of the host."""
        return await self.engine.plan(NAME, self._given(values), {}, site="simulated")

    async def start(self, *, attended: bool = False, **values: Any) -> str:
        """Begin a run."""
        return await self.engine.submit(NAME, self._given(values), {}, site="simulated", attended=attended)

    async def finish(self, **values: Any) -> RunInfo:
        """A run to its end."""
        return await self.engine.join(await self.start(**values))

    def _given(self, values: dict[str, Any]) -> dict[str, Any]:
        narrowed = any(name in values for name in ("host", "match", "alert"))
        return {"duration": "1h", "reason": "disk swap", **({} if narrowed else {"host": self.host}), **values}

    async def until(self, condition: Any) -> None:
        """Wait until `condition()` holds."""
        for _ in range(int(PATIENCE / 0.05)):
            if condition():
                return
            await asyncio.sleep(0.05)
        pytest.fail("it did not come")

    async def begun(self, run: str, name: str) -> None:
        """Wait until a step of that name has begun."""
        for _ in range(int(PATIENCE / 0.05)):
            if any(name in (step.name, step.key) for step in await self.engine.steps(run)):
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"{name} did not begin")

    async def notes(self, run: str) -> list[str]:
        """The sentences of a run's report."""
        return [event.text async for event in self.engine.events(run, follow=False) if event.kind == "note"]


@asynccontextmanager
async def bench(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """All of it."""
    monkeypatch.setattr(maintenance, "EVERY", 0.05)
    registry = Registry.load()
    async with (
        SimulatedSite(machines=14, servers=0, only=["alertmanager"]) as site,
        Session([load_site(site.file, registry)], registry) as session,
        Engine(session, folder / "runs.sqlite", registry.workflow) as engine,
    ):
        host = site.call(lambda world: str(world.fleet.of("compute")[0].name))
        yield Bench(site, engine, host)
