from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest

from hsops.workflow.engine import Engine
from tests.lab.env import Postgres
from tests.lab.fixtures import lab, lab_postgres
from tests.workflow import toy

__all__ = ["lab", "lab_postgres"]

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


class Open(Protocol):
    """Opens an engine on the test's store."""

    def __call__(
        self, *, work: bool = True, adopt: bool = True, ttl: float = 20.0, site: str = "lab"
    ) -> AbstractAsyncContextManager[Engine]: ...


@pytest.fixture
def world(tmp_path: Path) -> toy.World:
    """What the effects change."""
    return toy.World(tmp_path / "world")


@pytest.fixture
def postgres(lab_postgres: Postgres) -> Iterator[str]:
    """The URL of a new database of the lab's PostgreSQL."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"hsops_test_{secrets.token_hex(4)}"
    database = Identifier(name)
    with psycopg.connect(lab_postgres.dsn, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(database))
        yield lab_postgres.dsn.rpartition("/")[0] + "/" + name
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(database))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.lab)])
def any_store(request: pytest.FixtureRequest) -> str:
    """Where runs are kept: once a SQLite file, once a database of PostgreSQL."""
    place: str = request.getfixturevalue("store" if request.param == "sqlite" else "postgres")
    return place


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Where runs are kept: a SQLite file that is not there yet."""
    return str(tmp_path / "state" / "runs.sqlite")


def opener(world: toy.World, store: str) -> Open:
    """An engine on a store and a world; one at a time in a process."""

    @asynccontextmanager
    async def opened(
        *, work: bool = True, adopt: bool = True, ttl: float = 20.0, site: str = "lab"
    ) -> AsyncIterator[Engine]:
        engine = Engine(toy.Session(world, site), store, toy.workflow, ttl=ttl)
        await engine.start(work=work, adopt=adopt)
        try:
            yield engine
        finally:
            await engine.close()

    return opened


@pytest.fixture
def opened(world: toy.World, store: str) -> Open:
    """An engine on the test's SQLite file and world."""
    return opener(world, store)


class Children:
    """Engines in processes of their own; all are ended with the test."""

    def __init__(self, world: toy.World) -> None:
        self._world = world
        self.all: list[subprocess.Popen[str]] = []

    def start(self, store: str, *arguments: str, ttl: float = 20.0, version: str = "") -> subprocess.Popen[str]:
        """Start one; see `tests.workflow.child`."""
        argv = [sys.executable, "-m", "tests.workflow.child", store, str(self._world.folder), str(ttl), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        if version:
            environment["CHILD_VERSION"] = version
        child = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )
        self.all.append(child)
        return child

    def end(self) -> None:
        """End all."""
        for child in self.all:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
            child.communicate()


@pytest.fixture
def children(world: toy.World) -> Iterator[Children]:
    """Starts engines in other processes."""
    found = Children(world)
    yield found
    found.end()


def until(condition: Callable[[], object], what: str = "the condition") -> None:
    """Wait for a condition, generously."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
