"""The store is full, read-only, locked, gone; the clock jumps; two people want the same; the effect goes on alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hsops.errors import Forbidden, HsopsError, NotFound
from hsops.workflow import clock, runs
from hsops.workflow.engine import Engine
from hsops.workflow.request import Request
from hsops.workflow.store import Store
from hsops.workflow.values import RunStatus, StepStatus
from tests.workflow import toy
from tests.workflow.conftest import Children, Open, opener, until
from tests.workflow.test_failures import BACK, step, submit, waiting, when


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, 2 MB. Skips, loudly, where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "hsops-test", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"NOT CHECKED: a full and a read-only disk: nothing can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all that is left of the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 65536
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
    return ballast


@pytest.mark.asyncio
async def test_a_full_disk_holds_the_run_up_and_nothing_is_lost(world: toy.World, small_disk: Path) -> None:
    world.flag("size", "6")
    world.flag("hang-move-vm-1")
    async with opener(world, str(small_disk / "runs.sqlite"))(ttl=2.0) as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "move/vm-1" in world.tries() and "move/vm-0" in world.did())
        ballast = fill(small_disk)
        world.unflag("hang-move-vm-1")
        await when(engine, run, lambda info: engine.trouble)
        assert "full" in engine.trouble
        seen = world.tries()
        await asyncio.sleep(2.5)  # longer than a lease
        assert world.tries() == seen, "nothing begins that can not be written down"
        ballast.unlink()
        info = await engine.join(run)
        assert not engine.trouble
    assert info.status is RunStatus.DONE, info.reason
    assert sorted(Counter(world.tries()).values()) == [1] * 9


@pytest.mark.asyncio
async def test_a_disk_that_can_not_be_written_is_said_at_once(world: toy.World, small_disk: Path) -> None:
    place = small_disk / "runs.sqlite"
    async with opener(world, str(place))() as engine:
        run = await submit(engine)
        await engine.join(run)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: ASYNC221 - nothing else runs
    for work in (True, False):
        engine = Engine(toy.Session(world), place, toy.workflow)
        with pytest.raises(HsopsError) as caught:
            await engine.start(work=work)
        await engine.close()
        assert isinstance(caught.value, Forbidden)
        assert caught.value.hint


@pytest.mark.asyncio
async def test_a_file_that_is_moved_away_holds_the_run_up(world: toy.World, opened: Open, store: str) -> None:
    """What is written there nobody else would see: another console would begin a run on the same host."""
    world.flag("size", "6")
    world.flag("hang-move-vm-1")
    parts = [Path(store + end) for end in ("", "-wal", "-shm")]
    async with opened(ttl=1.0) as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "move/vm-1" in world.tries() and "move/vm-0" in world.did())
        for part in parts:
            part.rename(f"{part}.away")
        await when(engine, run, lambda info: "the file is gone" in engine.trouble)
        await asyncio.sleep(0.8)  # the rest of the lease
        world.unflag("hang-move-vm-1")
        await when(engine, run, lambda info: "move/vm-1" in world.did())
        seen = world.tries()
        await asyncio.sleep(0.5)
        assert world.tries() == seen
        for part in parts:
            os.rename(f"{part}.away", part)
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    assert sorted(Counter(world.tries()).values()) == [1] * 9


@pytest.mark.asyncio
async def test_a_store_that_is_gone_at_the_start_is_a_new_one(world: toy.World, opened: Open, store: str) -> None:
    async with opened() as engine:
        run = await submit(engine)
        await engine.join(run)
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(store + end)
    async with opened() as engine:
        assert await engine.runs() == []
        with pytest.raises(NotFound, match="no such run"):
            await engine.resume(run)
        assert (await engine.join(await submit(engine))).status is RunStatus.DONE


@pytest.mark.timeout(200)
@pytest.mark.asyncio
async def test_a_stopped_process_holds_the_lock(world: toy.World, opened: Open, store: str, children: Children) -> None:
    """Longer than a lease, with a second console beside: nobody can take over, nothing begins, then all goes on."""
    world.flag("hang-mark")
    other = children.start(store, "toy.drain", "host=other", ttl=1.0)
    until(lambda: "mark" in world.tries(), "the other console to work")
    async with opened(ttl=1.0) as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: world.tries().count("mark") == 2)
        lock = sqlite3.connect(store, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        world.unflag("hang-mark")
        await when(engine, run, lambda info: "locked" in engine.trouble)
        seen = world.tries()
        await asyncio.sleep(1.5)
        assert world.tries() == seen
        lock.rollback()
        lock.close()
        assert (await engine.join(run)).status is RunStatus.DONE
        assert await asyncio.to_thread(other.wait, 60) == 0, "its run may be worked on here"
        assert [info.status for info in await engine.runs()] == [RunStatus.DONE] * 2
    # Both runs hang in the same effect. That it happened twice was seen; that nothing else can was not proven.
    twice = {what for what, times in Counter(world.did()).items() if times > 1}
    assert twice <= {"mark"}, "only what was in flight as the leases ran out may have been done by two at once"


@pytest.mark.asyncio
@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
async def test_the_wall_clock_jumps(
    world: toy.World, any_store: str, monkeypatch: pytest.MonkeyPatch, children: Children, jump: float
) -> None:
    """No lease is lost and no wait ends: neither goes by the wall clock."""
    monkeypatch.setattr(clock, "_wall", (before := clock._wall))
    world.flag("left", "5")
    async with opener(world, any_store)(ttl=1.0) as engine:
        run = await engine.submit("toy.waiting", {"timeout": "40", "stuck": "40"}, site="lab")
        await when(engine, run, lambda info: "begin" in world.did())
        children.start(any_store, ttl=1.0)  # would take it over
        monkeypatch.setattr(clock, "_wall", lambda: before() + jump)
        await asyncio.sleep(2.5)
        info = await engine.info(run)
        assert (info.status, info.attempts) == (RunStatus.RUNNING, 1)
        world.flag("arrived")
        info = await engine.join(run)
    assert (info.status, info.attempts) == (RunStatus.DONE, 1)


def test_two_operators_at_once(any_store: str) -> None:
    """One wins, the other is told who holds the host; however close together they press."""
    store = Store(any_store)
    store.open()
    told: list[str] = []

    def press(number: int, operator: str, barrier: threading.Barrier) -> None:
        request = Request(workflow="toy.drain", site="lab", values={"host": f"h{number}"}, author=f"{operator}@bastion")
        barrier.wait()
        try:
            runs.added(
                store,
                lambda connection: runs.insert(
                    connection,
                    runs.new_id(),
                    workflow=toy.workflow("toy.drain"),
                    request=request,
                    attended=True,
                    version="x",
                    owner="x",
                ),
                "lab",
                f"host/h{number}",
            )
        except runs.Held as error:
            told.append(f"{operator} {error.exit_code} {error}")

    for number in range(10):
        barrier = threading.Barrier(2)
        pair = [threading.Thread(target=press, args=(number, who, barrier)) for who in ("ann", "bob")]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
    found = store.run(lambda connection: runs.listed(store, connection))
    store.close()
    assert sorted(info.target for info in found) == [f"host/h{number}" for number in range(10)]
    assert len(told) == 10
    other = {"ann": "bob", "bob": "ann"}
    for number, text in enumerate(told):
        loser = text.partition(" ")[0]
        assert text.startswith(f"{loser} 3 host/h{number}: is held by run ")
        assert f" of {other[loser]}@bastion since " in text


@pytest.mark.parametrize("then", ["resume", "abort"])
@pytest.mark.asyncio
async def test_the_remote_effect_goes_on_without_us(
    world: toy.World, any_store: str, children: Children, then: str
) -> None:
    """Killed in mid-step; what was asked of the remote side happens all the same. Who goes on looks first."""
    world.flag("hang-move-vm-1")
    child = children.start(any_store, "toy.drain", "host=h", "limit=1")
    until(lambda: "move/vm-1" in world.tries(), "the child to work")
    child.kill()
    child.wait()
    world.write("did", "move/vm-1")
    world.unflag("hang-move-vm-1")
    async with opener(world, any_store)(adopt=False) as engine:
        (info,) = await engine.runs()
        assert (info.status, info.owner_alive) == (RunStatus.RUNNING, False)
        await (engine.resume if then == "resume" else engine.abort)(info.id)
        info = await engine.join(info.id)
        moved = await step(engine, info.id, "move/vm-1")
    assert set(Counter(world.did()).values()) == {1}
    if then == "resume":
        assert (info.status, moved.status) == (RunStatus.DONE, StepStatus.DONE)
        assert world.tries().count("move/vm-1") == 2
    else:
        assert info.status is RunStatus.ROLLED_BACK
        assert world.did()[-2:] == BACK


@pytest.mark.lab
@pytest.mark.asyncio
async def test_a_secret_reaches_no_table_of_postgresql(world: toy.World, postgres: str) -> None:
    import psycopg
    from psycopg.sql import SQL, Identifier

    secret = "hunter2correcthorse"
    world.flag("fail-move-vm-1", f'401 for {{"auth": {{"password": "{secret}"}}}}')
    async with opener(world, postgres)() as engine:
        run = await submit(engine)
        await waiting(engine, run)
        await engine.decide(run, "vm-1", "skip")
        await engine.join(run)
    with psycopg.connect(postgres) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('dbos', 'hsops')"
        ).fetchall()
        rows = [
            str(row)
            for table in tables
            for row in connection.execute(SQL("SELECT * FROM {}").format(Identifier(*table))).fetchall()
        ]
    assert len(tables) > 4
    assert any("***" in row for row in rows), "the error is there, masked"
    assert not [row for row in rows if secret in row]
