"""For authors of workflows: run one on the real engine, with toy systems, in a test.

::

    class Rack(Toy):
        def __init__(self) -> None:
            self.dark: set[str] = set()

    async def test_it(tmp_path):
        rack = Rack()
        async with rehearsing(WORKFLOW, {"rack": rack}, tmp_path) as stage:
            plan = await stage.plan(name="r1")
            info = await stage.run(name="r1", twice=True)
        assert info.status is RunStatus.DONE

The toys are what `run.system(…)` gives; everything else is as it is when operators run the workflow: journal, replay,
checks, decisions, undo. With `twice`, every effect and every undo happens a second time at once: that is what a process
which died between an effect and its record leaves behind, at every step.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hsops.api import (
    Context,
    Health,
    Item,
    Json,
    Layer,
    Options,
    Outcome,
    Plugin,
    Progress,
    Run,
    SystemHealth,
    UserError,
    Workflow,
)
from hsops.audit import Audit
from hsops.config import Site, System
from hsops.plugin import Target
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from hsops.workflow.values import Plan, RunInfo, RunStatus, StepInfo

__all__ = ["SITE", "RunStatus", "Stage", "Toy", "rehearsing"]

SITE = "rehearsal"
_TWICE = "twice:"
_POLL = 0.02


class Toy:
    """Base of a toy system: what a connection must be able to do beside what the workflow asks of it."""

    async def health(self) -> SystemHealth:
        """It is well."""
        return SystemHealth(Health.OK, "a toy")

    async def aclose(self) -> None:
        """There is nothing to close."""


class _ToyOptions(Options):
    """Says which toy: the rehearsal's number and the plugin's name."""

    key: str


_toys: dict[str, Any] = {}


async def _connect(options: _ToyOptions, context: Context) -> Any:
    return _toys[options.key]


class Stage:
    """A workflow on the engine. Inputs are given as they are on the command line, by name."""

    def __init__(self, engine: Engine, workflow: Workflow) -> None:
        self.engine = engine
        self._workflow = workflow

    async def plan(self, *, choices: Mapping[str, str] | None = None, **values: Any) -> Plan:
        """What a run would do. Raises HsopsError."""
        return await self.engine.plan(self._workflow.name, values, choices or {}, site=SITE)

    async def start(
        self,
        *,
        choices: Mapping[str, str] | None = None,
        force: Mapping[str, str] | None = None,
        attended: bool = False,
        twice: bool = False,
        **values: Any,
    ) -> str:
        """Begin a run; gives its id. `attended`: somebody decides what fails, with ``stage.engine.decide``."""
        name = _TWICE + self._workflow.name if twice else self._workflow.name
        return await self.engine.submit(name, values, choices or {}, site=SITE, force=force, attended=attended)

    async def run(self, **more: Any) -> RunInfo:
        """A run until it is over or stops; see `start`."""
        return await self.engine.join(await self.start(**more))

    async def abort(self, run: str) -> RunInfo:
        """Back out of a run, to its end."""
        await self.engine.abort(run, attended=False)
        return await self.engine.join(run)

    async def steps(self, run: str) -> Sequence[StepInfo]:
        """Its steps and items."""
        return await self.engine.steps(run)

    async def reached(self, run: str, name: str) -> None:
        """Wait until a step, wait or item of that name has begun, or the run is over."""
        while not (await self.engine.info(run)).status.over:
            if any(name in (step.name, step.item) for step in await self.steps(run) if step.started):
                return
            await asyncio.sleep(_POLL)

    async def notes(self, run: str) -> list[str]:
        """The sentences it noted."""
        return [event.text async for event in self.engine.events(run, follow=False) if event.kind == "note"]


@asynccontextmanager
async def rehearsing(
    workflow: Workflow,
    systems: Mapping[str, Any],
    folder: Path,
    *,
    racks: Mapping[str, Sequence[str]] | None = None,
    capabilities: Mapping[str, Mapping[str, Target]] | None = None,
) -> AsyncIterator[Stage]:
    """A site with these systems (plugin's name to toy), and the engine on a new store in `folder`.

    Opened again on the same folder it goes on with the runs that were left there, as the next process would. `racks`:
    hosts by rack, as a site file says them; `capabilities`: by plugin, fields of `Plugin` such as ``maintenance``,
    ``gates`` and ``silencer`` with their targets.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    keys = {name: f"{folder}/{name}" for name in systems}
    _toys.update({keys[name]: toy for name, toy in systems.items()})
    registry = Registry([_plugin(name, (capabilities or {}).get(name, {})) for name in systems])
    options = {name: _ToyOptions(key=key) for name, key in keys.items()}
    members = tuple(System(name=name, plugin=name, options=options[name]) for name in systems)
    known = {rack: tuple(hosts) for rack, hosts in (racks or {}).items()}
    site = Site(name=SITE, tier="lab", systems=members, file=folder / "site.yaml", racks=known)
    try:
        async with Session([site], registry) as session:
            session.audit = Audit(folder / "audit.jsonl", tiers={SITE: "lab"})
            async with Engine(session, folder / "runs.sqlite", _finder(workflow)) as engine:
                yield Stage(engine, workflow)
    finally:
        for key in keys.values():
            _toys.pop(key, None)


def _plugin(name: str, capabilities: Mapping[str, Target]) -> Plugin:
    plugin = Plugin(
        name=name, title=name, layer=Layer.COMPUTE, options=_ToyOptions, connect=f"{__name__}:_connect", kinds=(),
        sources=(),
    )  # fmt: skip
    fields: dict[str, Any] = dict(capabilities)
    return dataclasses.replace(plugin, **fields)


def _finder(workflow: Workflow) -> Callable[[str], Workflow]:
    twice = dataclasses.replace(workflow, name=_TWICE + workflow.name, run=f"{__name__}:{_TWICE}{workflow.run}")
    known = {one.name: one for one in (workflow, twice)}

    def find(name: str) -> Workflow:
        if name not in known:
            raise UserError(f"this rehearsal is of {workflow.name}", thing=name)
        return known[name]

    return find


def __getattr__(name: str) -> Callable[[Run], Awaitable[None]]:
    """``twice:MODULE:FUNCTION``: the function, on a `Run` that does every effect twice. The engine imports by name."""
    if not name.startswith(_TWICE):
        raise AttributeError(name)
    module, _, function = name.removeprefix(_TWICE).partition(":")
    inner: Callable[[Run], Awaitable[None]] = getattr(importlib.import_module(module), function)

    async def doubled(run: Run) -> None:
        proxy: Any = _Twice(run)  # all that it does not do itself is the run's
        await inner(proxy)

    return doubled


class _Twice:
    """A `Run` whose effects and undos happen twice."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    async def step(self, name: str, *, do: Any, undo: Any = None, **more: Any) -> Any:
        return await self._run.step(name, do=_again(do), undo=None if undo is None else _again(undo), **more)

    async def each(self, name: str, items: Sequence[Item], do: Any, *, undo: Any = None, **more: Any) -> Any:
        async def act(item: Item, progress: Progress) -> Outcome:
            first: Outcome = await do(item, progress)
            second: Outcome = await do(item, progress)
            return first if first.status != "done" else second

        async def back(item: Item) -> Json:
            await undo(item)
            answer: Json = await undo(item)
            return answer

        return await self._run.each(name, items, act, undo=None if undo is None else back, **more)


def _again(effect: Callable[[], Awaitable[Json]]) -> Callable[[], Awaitable[Json]]:
    async def act() -> Json:
        await effect()
        return await effect()

    return act
