"""Every workflow there is: its declaration is sound; planned twice on a whole site it changes nothing, the same."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hsops.config import load_site
from hsops.errors import HsopsError
from hsops.plugin import Input, Workflow
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.site import SimulatedSite
from hsops.testing import check_workflow, first_batch
from hsops.workflow.engine import Engine
from hsops.workflow.values import Plan
from tests.contract.wire import Wire, tapped

REGISTRY = Registry.load()
WORKFLOWS = {workflow.name: workflow for workflow in REGISTRY.workflows}
SITE = "simulated"
TRIES = 12
"""Rows that are tried until one can be planned on: not every host is a gateway."""
MOST = 40
"""Combinations of values that are tried."""
TEXTS = {"reason": "test", "pg_num": "64", "duration": "1h", "hold": "yes", "fenced": "I saw it without power"}
"""Values for inputs by their name, where neither a row nor a default says."""


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_declaration_is_sound(name: str) -> None:
    workflow = WORKFLOWS[name]
    check_workflow(workflow)
    known = {kind.name for kind in REGISTRY.kinds}
    assert set(workflow.systems) <= set(REGISTRY.plugins), f"{name} needs systems that there are not"
    assert {field.kind for field in workflow.inputs if field.kind} <= known, f"{name} takes kinds that there are not"
    assert workflow.systems or workflow.spans or workflow.kinds, f"{name} works on no system and no row"


def test_no_two_workflows_have_one_name_or_one_key() -> None:
    assert len(WORKFLOWS) == len(REGISTRY.workflows)
    for kind in REGISTRY.kinds:
        keys = [one.key for one in REGISTRY.workflows if one.key and kind.name in one.kinds]
        assert len(set(keys)) == len(keys), f"{kind.name}: two workflows on one key"


class Bench:
    """The whole simulated site, an engine without a store, and what reaches the faces."""

    def __init__(self, site: SimulatedSite, session: Session, engine: Engine, wire: Wire) -> None:
        self.site, self.session, self.engine, self.wire = site, session, engine, wire

    async def candidates(self, workflow: Workflow) -> list[dict[str, str]]:
        """Values to try, most likely ones first."""
        needed = [field for field in workflow.inputs if field.required and not field.default]
        choices = {field.name: await self._values(field) for field in needed}
        if workflow.name == "silence.maintenance":
            choices["host"] = self._machines()[:1]
        if any(field.name == "hosts" for field in workflow.inputs):
            choices["hosts"] = self._machines()
        filled = {name: found for name, found in choices.items() if found}
        return [dict(zip(filled, values, strict=True)) for values in itertools.product(*filled.values())][:MOST]

    async def _values(self, field: Input) -> list[str]:
        if field.type == "ref":
            return await self._rows(field.kind)
        if field.type == "choice":
            return list(field.choices)
        if field.type == "int":
            return ["1", "32", "64", "128", "256"]
        if field.type == "duration":
            return ["1h"]
        if field.name == "rack":
            return self.site.call(lambda world: sorted({machine.rack for machine in world.fleet}))[:TRIES]
        return [TEXTS[field.name]] if field.name in TEXTS else self._machines()

    async def _rows(self, kind: str) -> list[str]:
        plugin = REGISTRY.owner(kind)
        connection = await self.session.connection(SITE, plugin.name)
        (source,) = [source for source in plugin.sources if kind in source.kinds]
        batch = await first_batch(source, connection)
        return sorted(row.key() for row in batch.upserts if kind == row.KIND)[:TRIES]

    def _machines(self) -> list[str]:
        def names(world: Any) -> list[str]:
            roles = ("compute", "storage", "control")
            return [machine.name for role in roles for machine in list(world.fleet.of(role))[:2]]

        return self.site.call(names)

    async def plan(self, workflow: Workflow) -> tuple[dict[str, str], Plan]:
        """A plan that has steps, and the values that it was made for."""
        faults: list[str] = []
        for values in await self.candidates(workflow):
            try:
                plan = await self.engine.plan(workflow.name, values, {}, site=SITE)
            except HsopsError as error:
                faults.append(f"{values}: {error}")
                continue
            if plan.steps:
                return values, plan
            faults.append(f"{values}: no steps")
        pytest.fail(f"{workflow.name} can be planned on nothing:\n" + "\n".join(faults))


@asynccontextmanager
async def whole_site(folder: Path, wire: Wire) -> AsyncIterator[Bench]:
    """Every bundled plugin."""
    async with (
        SimulatedSite(machines=30, servers=40) as site,
        Session([load_site(site.file, REGISTRY)], REGISTRY) as session,
    ):
        engine = Engine(session, folder / "runs.sqlite", REGISTRY.workflow)
        try:
            yield Bench(site, session, engine, wire)
        finally:
            await engine.close()


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    """For as long as the site lives."""
    with pytest.MonkeyPatch.context() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """One site for all."""
    async with whole_site(tmp_path_factory.mktemp("site"), tapped(patch)) as found:
        yield found


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", WORKFLOWS)
async def test_a_plan_changes_nothing_and_is_the_same_twice(bench: Bench, name: str) -> None:
    values, plan = await bench.plan(WORKFLOWS[name])
    begun = len(bench.wire.all)
    again = await bench.engine.plan(name, values, {}, site=SITE)
    assert len(bench.wire.all) > begun, "the tap is not on the wire: nothing was asked"
    assert bench.wire.changes == []
    assert again.digest == plan.digest, differing(plan, again)
    for step in plan.steps:
        if step.kind == "step" and "silence" not in step.name.split("@")[0].split():
            assert step.command, f"{name}: the step {step.name} does not show its command"


def differing(one: Plan, other: Plan) -> Mapping[str, Any]:
    """What of two plans is not the same."""
    pairs = {field: (getattr(one, field), getattr(other, field)) for field in ("touches", "checks", "choices", "steps")}
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_tap_sees_a_change(bench: Bench) -> None:
    """The proof that the test above could fail."""
    host = bench.site.call(lambda world: str(world.fleet.of("compute")[0].name))
    (silencer,) = await bench.session.silencers(SITE)
    id_ = await silencer.create(host, until=4e9, comment="test", author="test")
    await silencer.expire(id_)
    assert bench.wire.changes == ["POST /api/v2/silences", f"DELETE /api/v2/silence/{id_}"]
    bench.wire.changes.clear()
    bench.wire.ssh("ceph osd out 3 -f json")
    bench.wire.ssh("ceph osd tree -f json")
    assert bench.wire.changes == ["ceph osd out 3 -f json"]
    bench.wire.changes.clear()
