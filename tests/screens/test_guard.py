"""Read-only on prod until unlocked, for a time, with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.audit import Audit, NotRecorded
from hsops.errors import UserError
from hsops.screens.guard import Guard, seconds_of
from hsops.screens.unlocking import lock, unlock

TIERS = {"fra1": "prod", "ams2": "prod", "toy": "lab"}


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def guard() -> tuple[Guard, Clock]:
    clock = Clock()
    return Guard(TIERS, clock), clock


def test_prod_is_read_only_and_a_lab_is_not() -> None:
    found, _ = guard()
    assert found.read_only("fra1")
    assert not found.read_only("toy")
    assert found.read_only("a site nobody knows"), "what is not known is treated with most care"


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path / "audit.jsonl", tiers=TIERS)


@pytest.mark.asyncio
async def test_an_unlocking_ends(audit: Audit) -> None:
    found, clock = guard()
    assert await unlock(found, audit, "15m kernel upgrade") == "fra1, ams2, toy unlocked for 15m: kernel upgrade"
    assert not found.read_only("fra1")
    clock.now += 15 * 60
    assert found.read_only("fra1")


@pytest.mark.asyncio
async def test_one_site_only(audit: Audit) -> None:
    found, _ = guard()
    await unlock(found, audit, "1h @ams2 disk swap")
    assert found.read_only("fra1")
    assert not found.read_only("ams2")
    assert await lock(found, audit) == "ams2 read-only again"
    assert found.read_only("ams2")
    assert await lock(found, audit) == "nothing was unlocked"


@pytest.mark.asyncio
async def test_who_unlocked_what_and_why_is_in_the_audit_log(audit: Audit) -> None:
    found, _ = guard()
    await unlock(found, audit, "1h @ams2 disk swap")
    await lock(found, audit)
    entries = list(audit.entries())
    assert [(one.what, one.site, one.reason) for one in entries] == [
        ("unlock", "ams2", "disk swap"),
        ("lock", "ams2", ""),
    ]
    assert entries[0].data == {"seconds": 3600.0}
    assert audit.verify().ok


@pytest.mark.asyncio
async def test_without_an_audit_log_prod_stays_locked(tmp_path: Path) -> None:
    found, _ = guard()
    (tmp_path / "file").touch()
    with pytest.raises(NotRecorded):
        await unlock(found, Audit(tmp_path / "file" / "audit.jsonl", tiers=TIERS), "15m @fra1 why")
    assert found.read_only("fra1")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "line", ["", "15m", "15m   ", "fifteen why", "9h too long", "0s why", "15m @mars why", "15m @ams2"]
)
async def test_what_is_not_an_unlocking_unlocks_nothing(line: str, audit: Audit) -> None:
    found, _ = guard()
    with pytest.raises(UserError):
        await unlock(found, audit, line)
    assert found.read_only("fra1")
    assert found.read_only("ams2")
    assert not list(audit.entries())


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200)])
def test_lengths(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
