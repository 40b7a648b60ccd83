"""Processes die, stop, come back, and work side by side on one store."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from hsops.workflow.store import Store
from hsops.workflow.values import RunStatus
from tests.workflow import toy
from tests.workflow.conftest import Children, Open, opener, until
from tests.workflow.test_failures import submit, waiting, when

TURNS = int(os.environ.get("HSOPS_KILL_TURNS", "1"))
"""Runs to kill, six times each, on each store. The long test: ``HSOPS_KILL_TURNS=34 pytest … -k kill_at_random``."""


def recorded(place: str) -> set[str]:
    """The effects whose end is in DBOS's journal."""
    from sqlalchemy import text

    store = Store(place)
    store.open(migrate=False)
    table = "dbos.operation_outputs" if store.is_postgres else "operation_outputs"
    sql = text(f"SELECT function_name FROM {table}")  # noqa: S608 - own names
    names: list[str] = store.run(lambda connection: list(connection.execute(sql).scalars()))
    store.close()
    effects = {"step disable": "disable/h", "step mark": "mark", "step finish": "finish"}
    found = {effects.get(name) or name.replace("item move/", "move/") for name in names}
    return {name for name in found if name in effects.values() or name.startswith("move/")}


def kill_and_go_on(world: toy.World, store: str, children: Children, rounds: int, seed: int) -> None:
    """One run that outlives `rounds` processes, each killed at a random instant while it works."""
    dice = random.Random(seed)
    world.flag("size", str(4 + 2 * rounds))
    ended: list[tuple[int, set[str]]] = []
    arguments = ["toy.drain", "host=h", "pause=0.1", "limit=2"]
    for _ in range(rounds):
        before = len(world.lines)
        child = children.start(store, *arguments)
        until(lambda child=child, before=before: len(world.lines) > before or child.poll() is not None, "some work")
        try:
            child.wait(dice.uniform(0, 0.25))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.returncode == 0:
            break
        ended.append((len(world.lines), recorded(store)))
        arguments = []
    last = children.start(store)
    out, err = last.communicate(timeout=100)
    assert (last.returncode, err) == (0, ""), out
    twice = [what for what, times in Counter(world.did()).items() if times > 1]
    assert not twice, f"seed {seed}: done twice: {twice}"
    assert set(world.did()) == {"disable/h", "mark", "finish", *(f"move/vm-{n}" for n in range(4 + 2 * rounds))}
    for seen, done in ended:
        again = {what for _, verb, what in world.lines[seen:] if verb == "try"} & done
        assert not again, f"seed {seed}: recorded and begun again: {again}"
    assert len(ended) > rounds // 2, "the run was over too soon for this to prove anything"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("turn", range(TURNS))
def test_kill_at_random_instants(world: toy.World, any_store: str, children: Children, turn: int) -> None:
    kill_and_go_on(world, any_store, children, rounds=6, seed=random.randrange(10**6))


@pytest.mark.asyncio
async def test_a_killed_process_is_replaced_at_once(world: toy.World, any_store: str, children: Children) -> None:
    world.flag("hang-move-vm-1")
    child = children.start(any_store, "toy.drain", "host=h")
    until(lambda: "move/vm-1" in world.tries(), "the child to work")
    async with opener(world, any_store)() as engine:
        (info,) = await engine.runs()
        assert (info.status, info.owner_alive) == (RunStatus.RUNNING, True)
        await asyncio.sleep(0.5)
        assert world.tries().count("move/vm-1") == 1, "its owner is alive"
        child.kill()
        child.wait()
        world.unflag("hang-move-vm-1")
        info = await engine.join(info.id)
    assert (info.status, info.attempts) == (RunStatus.DONE, 2)
    assert sorted(Counter(world.did()).values()) == [1] * 6


def stop_outside_a_write(child: subprocess.Popen[str], place: str) -> None:
    """Stop it, but not while it holds the SQLite file locked: nobody can take over then, which is another matter."""
    while True:
        child.send_signal(signal.SIGSTOP)
        if place.startswith("postgresql"):
            return
        connection = sqlite3.connect(place, timeout=1.0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
            return
        except sqlite3.OperationalError:
            child.send_signal(signal.SIGCONT)
        finally:
            connection.close()


@pytest.mark.asyncio
async def test_a_stopped_process_does_nothing_when_it_wakes(
    world: toy.World, any_store: str, children: Children
) -> None:
    world.flag("size", "12")
    world.flag("hang-move-vm-1")
    child = children.start(any_store, "toy.drain", "host=h", "limit=1", "attended=yes", ttl=2.0)
    until(lambda: "move/vm-1" in world.tries(), "the child to work")
    stop_outside_a_write(child, any_store)
    async with opener(world, any_store)(ttl=2.0) as engine:
        (info,) = await engine.runs()
        await when(engine, info.id, lambda info: info.attempts == 2)
        world.unflag("hang-move-vm-1")
        seen = len([line for line in world.lines if line[0] == child.pid and line[1] == "try"])
        child.send_signal(signal.SIGCONT)
        info = await engine.join(info.id)
        _, err = child.communicate(timeout=60)
    assert info.status is RunStatus.DONE
    assert (child.returncode, err) == (0, ""), "it watches the run to its end"
    assert len([line for line in world.lines if line[0] == child.pid and line[1] == "try"]) == seen
    assert sorted(Counter(world.did()).values()) == [1] * 15


def test_two_consoles_on_one_file(world: toy.World, store: str, children: Children) -> None:
    world.flag("size", "6")
    pair = [children.start(store, "toy.drain", f"host={host}", "pause=0.05") for host in ("a", "b")]
    for child in pair:
        assert child.wait(100) == 0
    assert all(child.communicate()[1] == "" for child in pair)
    owners = {what: pid for pid, verb, what in world.lines if verb == "try" and what.startswith("disable")}
    assert owners == {"disable/a": pair[0].pid, "disable/b": pair[1].pid}
    assert Counter(what for what in world.tries() if what.startswith("disable"))["disable/a"] == 1


@pytest.mark.asyncio
async def test_decide_and_abort_from_another_process(world: toy.World, any_store: str, children: Children) -> None:
    world.flag("fail-move-vm-1", "no room")
    world.flag("fail-finish", "broken")
    child = children.start(any_store, "toy.drain", "host=h", "attended=yes")
    until(lambda: "move/vm-1" in world.tries(), "the child to work")
    async with opener(world, any_store)(work=False) as looker:
        (info,) = await looker.runs()
        info = await waiting(looker, info.id)
        seen = [event.kind async for event in looker.events(info.id, follow=False)]
        assert {"run", "check", "step", "question", "progress"} <= set(seen)
        await looker.decide(info.id, "vm-1", "skip")
        await when(looker, info.id, lambda info: "finish" in info.reason)
        await looker.abort(info.id)
        info = await looker.join(info.id)
    assert info.status is RunStatus.ROLLED_BACK
    assert child.wait(60) == 5
    assert world.did()[-2:] == ["unmark", "enable/h"]


@pytest.mark.asyncio
async def test_unattended_child_says_how_it_stopped(world: toy.World, store: str, children: Children) -> None:
    world.flag("fail-move-vm-1", "no room")
    child = children.start(store, "toy.drain", "host=h")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (4, "")
    assert len(out.strip()) == 8


@pytest.mark.asyncio
async def test_closing_lets_effects_end_and_another_engine_goes_on(world: toy.World, any_store: str) -> None:
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await engine.submit("toy.drain", {"host": "h", "pause": "0.3"}, site="lab")
        await when(engine, run, lambda info: "move/vm-0" in world.tries())
    begun = set(world.tries())
    assert begun <= set(world.did()), "nothing was cut off"
    async with opened(work=False) as looker:
        info = await looker.info(run)
        assert (info.status, info.owner_alive) == (RunStatus.RUNNING, False)
    async with opened() as engine:
        assert (await engine.join(run)).status is RunStatus.DONE
    assert sorted(Counter(world.tries()).values()) == [1] * 6


@pytest.mark.asyncio
async def test_runs_of_other_sites_are_left_alone(world: toy.World, opened: Open) -> None:
    world.flag("fail-mark", "no")
    async with opened() as engine:
        run = await submit(engine)
        await waiting(engine, run)
    world.unflag("fail-mark")
    async with opened(site="elsewhere") as engine:
        await asyncio.sleep(1.0)
        assert not (await engine.info(run)).owner_alive
    async with opened() as engine:
        await engine.resume(run)
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_no_effect_begins_while_the_store_is_locked(world: toy.World, opened: Open, store: str) -> None:
    world.flag("hang-disable-h")
    async with opened(ttl=1.0) as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "disable/h" in world.tries())
        lock = sqlite3.connect(Path(store), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        world.unflag("hang-disable-h")
        await when(engine, run, lambda info: "disable/h" in world.did())
        await when(engine, run, lambda info: engine.trouble)
        assert "mark" not in world.tries()
        lock.rollback()
        lock.close()
        info = await engine.join(run)
    assert info.status is RunStatus.DONE


@pytest.mark.lab
@pytest.mark.asyncio
async def test_the_database_drops_every_connection(world: toy.World, postgres: str) -> None:
    import psycopg

    world.flag("size", "20")
    async with opener(world, postgres)() as engine:
        run = await engine.submit("toy.drain", {"host": "h", "pause": "0.1"}, site="lab")
        for number in (1, 5, 9):
            await when(engine, run, lambda info, number=number: f"move/vm-{number}" in world.did())
            with psycopg.connect(postgres, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    assert sorted(Counter(world.did()).values()) == [1] * 23
