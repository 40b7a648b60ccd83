"""A console with a real engine, and the way from the row to the run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hsops.screens.place import View
from hsops.screens.plan import PlanView
from hsops.workflow.engine import Engine
from tests.screens.cloud import World
from tests.screens.console import Console, console


@asynccontextmanager
async def with_engine(
    world: World, folder: Path, *, size: tuple[int, int] = (110, 40), ttl: float = 15.0, **options: Any
) -> AsyncIterator[Console]:
    """A console with an engine of its own on the store of the folder."""
    made: list[Console] = []

    async def open_engine(work: bool) -> Any:
        engine = Engine(made[0].session, folder / "runs.sqlite", made[0].session.registry.workflow, ttl=ttl)
        await engine.start(work=work, adopt=False)
        return engine

    async with console(world, open_engine=open_engine, fixed_clock=False, size=size, state_dir=folder, **options) as c:
        made.append(c)
        yield c


async def planned(c: Console, host: str) -> None:
    """The plan of a drain, opened from the row of the host."""
    await c.open("hv")
    await c.press("slash", "ctrl+u")
    await c.type(host)
    await c.press("enter")
    await c.press("r")
    await c.see("hypervisor.drain", "at a time")
    assert host in c.row("host *")
    await c.press("enter")
    await c.until(lambda: isinstance(c.app.screen, PlanView), "the plan")
    await c.see("nothing has been changed yet")


async def started(c: Console, host: str) -> str:
    """A run of the drain, on the screen; gives its id."""
    await planned(c, host)
    await c.press("s", "enter")
    await c.until(lambda: c.place.view is View.RUN, "the run")
    return c.place.name
