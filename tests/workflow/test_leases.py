"""Who owns what: leases, fencing, adoption."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from hsops.errors import Unsupported, UserError
from hsops.plugin import Workflow
from hsops.workflow import runs
from hsops.workflow.clock import Identity
from hsops.workflow.engine import Engine
from hsops.workflow.store import Store
from hsops.workflow.values import RunStatus
from hsops.workflow.worker import MOST_ATTEMPTS
from tests.workflow import toy
from tests.workflow.conftest import Open
from tests.workflow.test_failures import submit, when


def change(store: str, sql: str, *values: object) -> None:
    """Do to the database what another process would have done."""
    with sqlite3.connect(store) as connection:
        connection.execute(sql, values)
    connection.close()


async def stopped(engine: Engine, world: toy.World) -> str:
    """A run that is half-way and that nobody works on."""
    world.flag("fail-mark", "no")
    run = await submit(engine, attended=False)
    assert (await engine.join(run)).status is RunStatus.STOPPED
    world.unflag("fail-mark")
    return run


def test_when_the_holder_of_a_lease_is_dead(tmp_path: Path) -> None:
    store = Store(tmp_path / "runs.sqlite")
    me = Identity.here()
    alive = {"expires": 100.0, "taken_by": "", "place": me.place, "pid": me.pid, "birth": me.birth}

    def dead(**fields: object) -> bool:
        return runs.dead(store, SimpleNamespace(**{**alive, **fields}), 50.0)

    assert not dead()
    assert dead(expires=49.0)
    assert dead(expires=None), "its row is gone"
    assert dead(taken_by="somebody")
    assert dead(birth="1"), "its process has ended"
    assert dead(place="0b9e/pid:[1]"), "the machine was started anew: its clock is another one"
    assert not dead(place=me.place.partition("/")[0] + "/pid:[1]", birth="1"), "in a container: nothing is known"


@pytest.mark.asyncio
async def test_a_console_that_slept_too_long_works_again(world: toy.World, opened: Open, store: str) -> None:
    world.flag("hang-mark")
    async with opened(ttl=1.0) as engine:
        first = await submit(engine)
        await when(engine, first, lambda info: "mark" in world.tries())
        change(store, "UPDATE hsops_lease SET taken_by = 'another'")
        change(store, "UPDATE hsops_run SET owner = 'another'")
        await asyncio.sleep(0.6)
        world.unflag("hang-mark")
        second = await engine.submit("toy.drain", {"host": "other"}, site="lab")
        assert (await engine.join(second)).status is RunStatus.DONE
        # `another` has no lease: its run is adopted like that of any dead process.
        info = await when(engine, first, lambda info: info.status.over)
    assert info.status is RunStatus.DONE
    assert world.did().count("mark") == 1


@pytest.mark.asyncio
async def test_a_run_that_outlives_too_many_processes_is_parked(world: toy.World, opened: Open, store: str) -> None:
    async with opened() as engine:
        run = await stopped(engine, world)
    change(store, "UPDATE hsops_run SET owner = 'ghost', status = 'running', attempts = ?", MOST_ATTEMPTS)
    async with opened() as engine:
        info = await when(engine, run, lambda info: info.status is RunStatus.STOPPED)
        assert f"{MOST_ATTEMPTS} processes have ended" in info.reason
        assert (await engine.resume(run)).status is not RunStatus.STOPPED
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_runs_of_unknown_workflows_and_versions_are_left_alone(
    world: toy.World, opened: Open, store: str
) -> None:
    async with opened() as engine:
        run = await stopped(engine, world)
    change(store, "UPDATE hsops_run SET owner = 'ghost', status = 'running'")

    def unknown(name: str) -> Workflow:
        raise UserError(f"no workflow {name}")

    engine = Engine(toy.Session(world), store, unknown)
    async with engine:
        await asyncio.sleep(1.0)
        info = await engine.info(run)
        assert (info.attempts, info.owner_alive) == (1, False)
        await engine.resume(run)  # asked for by a person: it says why it can not
        info = await engine.join(run)
        assert (info.status, info.reason) == (RunStatus.STOPPED, "no workflow toy.drain")
    change(store, "UPDATE hsops_run SET owner = 'ghost', status = 'running', version = 'hsops-0'")
    async with opened() as engine:
        await asyncio.sleep(1.0)
        assert not (await engine.info(run)).owner_alive
        with pytest.raises(Unsupported, match="its journal is of version hsops-0"):
            await engine.resume(run)


@pytest.mark.asyncio
async def test_a_claim_that_was_cut_short_is_finished(world: toy.World, opened: Open, store: str) -> None:
    """A process may die, or lose the store, between winning a run and telling DBOS."""
    async with opened() as engine:
        run = await stopped(engine, world)
        worker = engine._worker
        assert worker is not None
        change(store, "UPDATE hsops_run SET owner = ?, status = 'running' WHERE id = ?", worker.executor, run)
        await engine._ask(lambda connection: runs.retry_all(connection, run, "me"))
        info = await when(engine, run, lambda info: info.status.over)
    assert info.status is RunStatus.DONE
