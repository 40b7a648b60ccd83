"""What must never happen: secrets or wide modes in the store, code from it, noise on the terminal."""

from __future__ import annotations

import base64
import os
import pickle
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hsops.errors import Forbidden, Unreachable, Unsupported, UserError
from hsops.workflow.engine import Engine
from hsops.workflow.store import Store
from hsops.workflow.values import RunStatus
from tests.workflow import toy
from tests.workflow.conftest import ROOT, Children, Open, opener
from tests.workflow.test_failures import submit, waiting, when


@pytest.mark.asyncio
async def test_the_file_is_private_from_the_first_byte(opened: Open, store: str) -> None:
    path = Path(store)
    old = os.umask(0o000)
    try:
        async with opened() as engine:
            run = await submit(engine)
            await engine.join(run)
            files = sorted(path.parent.iterdir())
            assert [file.name for file in files] == ["runs.sqlite", "runs.sqlite-shm", "runs.sqlite-wal"]
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_wide_file_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    path.touch(mode=0o644)
    path.chmod(0o644)
    store = Store(path)
    store.open()
    store.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_places_that_are_no_store(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no store"):
        Store("mysql://root:hunter2@db/x")
    (tmp_path / "file").write_text("")
    with pytest.raises(Forbidden, match="needs a writable folder"):
        Store(tmp_path / "file" / "runs.sqlite").open()
    (tmp_path / "other").write_text("this is no database, it is a letter to you\n" * 100)
    with pytest.raises(Unsupported, match="no SQLite file"):
        Store(tmp_path / "other").open()
    with pytest.raises(Unreachable) as caught:
        Store("postgresql://hsops:hunter2@127.0.0.1:1/none").open()
    assert "hunter2" not in str(caught.value)
    missing = Store(tmp_path / "empty.sqlite")
    with pytest.raises(Unsupported, match="tables are missing"):
        missing.open(migrate=False)
    missing.open()
    with sqlite3.connect(tmp_path / "empty.sqlite") as connection:
        connection.execute("UPDATE hsops_schema SET version = 99")
    connection.close()
    for migrate in (True, False):
        with pytest.raises(Unsupported, match="written by a newer hsops"):
            missing.open(migrate=migrate)
    missing.close()


SECRET = "hunter2correcthorse"
LEAKS = (
    f"cannot open postgresql://nova:{SECRET}@db/nova",
    f'401 for {{"auth": {{"password": "{SECRET}"}}}}',
    f"X-Auth-Token: {SECRET} was refused",
    f"Authorization: Bearer {SECRET}",
    f"ran: openstack --os-password {SECRET} server list",
)


@pytest.mark.asyncio
@pytest.mark.parametrize("leak", LEAKS)
async def test_a_secret_in_an_error_reaches_no_table(world: toy.World, opened: Open, store: str, leak: str) -> None:
    world.flag("fail-move-vm-1", leak)
    world.flag("forbidden", leak)
    force = {"allowed": "it is fine", "second": "it is fine"}
    async with opened() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", force=force)
        info = await waiting(engine, run)
        assert "***" in info.reason
        await engine.decide(run, "vm-1", "skip")
        events = [event.line() async for event in engine.events(run)]
        assert (await engine.join(run)).status is RunStatus.DONE
    assert not [line for line in events if SECRET.encode() in line]
    found = [file.name for file in Path(store).parent.iterdir() if SECRET.encode() in file.read_bytes()]
    assert not found, f"the secret is in {found}"


@pytest.mark.asyncio
async def test_hostile_text_reaches_no_terminal(world: toy.World, opened: Open) -> None:
    world.flag("fail-mark", "\x1b]0;owned\x07\x1b[2Jno\u202e")
    async with opened() as engine:
        run = await submit(engine)
        info = await waiting(engine, run)
        assert info.reason.isprintable()
        lines = [event.text async for event in engine.events(run, follow=False)]
        assert all(line.isprintable() for line in lines)
        await engine.abort(run)
        await engine.join(run)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def pickled(bomb: Bomb) -> str:
    """As DBOS's default serializer writes it."""
    return base64.b64encode(pickle.dumps(bomb)).decode()


@pytest.mark.asyncio
async def test_a_pickled_input_is_refused(world: toy.World, opened: Open, store: str, tmp_path: Path) -> None:
    world.flag("fail-mark", "no")
    async with opened() as engine:
        run = await submit(engine, attended=False)
        await engine.join(run)
    with sqlite3.connect(store) as connection:
        connection.execute(
            "UPDATE workflow_status SET inputs = ?, serialization = 'py_pickle'", (pickled(Bomb(tmp_path / "bang")),)
        )
    connection.close()
    async with opened() as engine:
        await engine.resume(run)
        info = await when(engine, run, lambda info: info.status.over)
    assert info.status is RunStatus.FAILED
    assert "pickled and refused" in info.reason
    assert not (tmp_path / "bang").exists()


@pytest.mark.asyncio
async def test_a_pickled_answer_is_refused(world: toy.World, opened: Open, store: str, tmp_path: Path) -> None:
    world.flag("fail-mark", "no")
    async with opened() as engine:
        run = await submit(engine, attended=False)
        await engine.join(run)
    with sqlite3.connect(store) as connection:
        connection.execute(
            "UPDATE operation_outputs SET output = ?, serialization = 'py_pickle' WHERE function_name = 'read servers'",
            (pickled(Bomb(tmp_path / "bang")),),
        )
    connection.close()
    async with opened() as engine:
        await engine.resume(run)
        info = await when(engine, run, lambda info: info.status is RunStatus.STOPPED)
    assert "pickled row was refused" in info.reason
    assert not (tmp_path / "bang").exists()


def test_importing_the_engine_does_not_load_dbos() -> None:
    code = "import sys, hsops.workflow.engine; print([m for m in ('dbos', 'textual', 'psycopg') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert (found.stdout.strip(), found.stderr) == ("[]", "")


def test_planning_loads_no_database() -> None:
    code = "import sys, hsops.workflow.planning, hsops.workflow.values; print('sqlalchemy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "False"


def test_nothing_on_the_terminal(world: toy.World, any_store: str, children: Children) -> None:
    world.flag("size", "10")
    child = children.start(any_store, "toy.drain", "host=h")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")
    assert len(out.splitlines()) == 1, "only what the child itself prints"


@pytest.mark.asyncio
async def test_the_session_s_loop_keeps_its_own_threads(world: toy.World, opened: Open) -> None:
    import asyncio

    async with opened() as engine:
        run = await submit(engine)
        await engine.join(run)
        name = await asyncio.to_thread(lambda: __import__("threading").current_thread().name)
        assert "dbos" not in name
    assert await asyncio.to_thread(lambda: 1) == 1, "DBOS's pool is gone, the loop's is not"


@pytest.mark.asyncio
async def test_one_engine_in_a_process(world: toy.World, opened: Open, tmp_path: Path) -> None:
    async with opened():
        second = Engine(toy.Session(world), tmp_path / "second.sqlite", toy.workflow)
        with pytest.raises(RuntimeError, match="has an engine already"):
            await second.start()
        await second.close()


@pytest.mark.lab
@pytest.mark.asyncio
async def test_a_role_without_ddl(world: toy.World, postgres: str) -> None:
    async with opener(world, postgres)():
        pass
    engine = Engine(toy.Session(world), postgres, toy.workflow, migrate=False)
    async with engine:
        run = await submit(engine)
        assert (await engine.join(run)).status is RunStatus.DONE
