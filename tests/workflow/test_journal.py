"""The writer: order, isolation of faults, patience."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from hsops.errors import Unreachable
from hsops.workflow import store as stores
from hsops.workflow.journal import Journal, Writes
from hsops.workflow.store import Store
from tests.workflow.conftest import until


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    monkeypatch.setattr(stores, "BUSY", 0.1)
    store = Store(tmp_path / "runs.sqlite")
    store.open()
    store.run(lambda connection: connection.execute(text("CREATE TABLE note (n INTEGER)")))
    journal = Journal(store)
    journal.start()
    yield journal
    journal.close()
    store.close()


def noted(number: int) -> Writes:
    def write(connection: Connection, seen: set[str]) -> None:
        connection.execute(text("INSERT INTO note VALUES (:n)"), {"n": number})

    return write


def notes(journal: Journal) -> list[int]:
    return journal.store.run(
        lambda connection: list(connection.execute(text("SELECT n FROM note ORDER BY rowid")).scalars())
    )


def test_writes_keep_their_order(journal: Journal) -> None:
    dice = random.Random(1)
    waited = [journal.post(noted(number), urgent=dice.random() < 0.1) for number in range(500)]
    for done in waited:
        done.result(20)
    assert notes(journal) == list(range(500))


def test_a_bad_write_spoils_no_other(journal: Journal) -> None:
    def bad(connection: Connection, seen: set[str]) -> None:
        connection.execute(text("INSERT INTO note VALUES (1, 2, 3)"))

    def worse(connection: Connection, seen: set[str]) -> None:
        raise KeyError("a fault of ours")

    before, first, second, after = (journal.post(write) for write in (noted(1), bad, worse, noted(2)))
    after.result(20)
    before.result(20)
    with pytest.raises(OperationalError):
        first.result(20)
    with pytest.raises(KeyError):
        second.result(20)
    assert notes(journal) == [1, 2]
    assert journal.trouble == ""


def test_it_waits_for_a_locked_file_and_says_so(journal: Journal, tmp_path: Path) -> None:
    lock = sqlite3.connect(tmp_path / "runs.sqlite", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    done = journal.post(noted(1), urgent=True)
    until(lambda: journal.trouble, "the trouble to be seen")
    assert "locked" in journal.trouble
    assert not done.done()
    lock.rollback()
    lock.close()
    done.result(20)
    until(lambda: not journal.trouble, "the trouble to be over")


def test_who_waits_is_told_when_it_gives_up(tmp_path: Path, journal: Journal) -> None:
    lock = sqlite3.connect(tmp_path / "runs.sqlite", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    done = journal.post(noted(1), urgent=True)
    journal.close(patience=0.1)
    with pytest.raises(Unreachable, match="locked"):
        done.result(20)
    lock.rollback()
    lock.close()


@pytest.mark.asyncio
async def test_one_that_does_not_wait_any_more_is_no_trouble(journal: Journal) -> None:
    gate = threading.Event()

    def slow(connection: Connection, seen: set[str]) -> None:
        gate.wait(20)

    waiting = asyncio.wrap_future(journal.post(slow, urgent=True))
    await asyncio.sleep(0.05)
    waiting.cancel()
    gate.set()
    journal.post(noted(1), urgent=True).result(20)
    assert notes(journal) == [1]
