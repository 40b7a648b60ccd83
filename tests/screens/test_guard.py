"""Read-only on prod until unlocked, for a time, with a reason."""

from __future__ import annotations

import pytest

from hsops.errors import UserError
from hsops.screens.guard import Guard, seconds_of
from hsops.screens.unlocking import unlock


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def guard() -> tuple[Guard, Clock]:
    clock = Clock()
    return Guard({"fra1": "prod", "ams2": "prod", "toy": "lab"}, clock), clock


def test_prod_is_read_only_and_a_lab_is_not() -> None:
    found, _ = guard()
    assert found.read_only("fra1")
    assert not found.read_only("toy")
    assert found.read_only("a site nobody knows"), "what is not known is treated with most care"


def test_an_unlocking_ends() -> None:
    found, clock = guard()
    assert unlock(found, "15m kernel upgrade") == "fra1, ams2, toy unlocked for 15m: kernel upgrade"
    assert not found.read_only("fra1")
    clock.now += 15 * 60
    assert found.read_only("fra1")


def test_one_site_only() -> None:
    found, _ = guard()
    unlock(found, "1h @ams2 disk swap")
    assert found.read_only("fra1")
    assert not found.read_only("ams2")
    found.lock()
    assert found.read_only("ams2")


@pytest.mark.parametrize(
    "line", ["", "15m", "15m   ", "fifteen why", "9h too long", "0s why", "15m @mars why", "15m @ams2"]
)
def test_what_is_not_an_unlocking_unlocks_nothing(line: str) -> None:
    found, _ = guard()
    with pytest.raises(UserError):
        unlock(found, line)
    assert found.read_only("fra1")
    assert found.read_only("ams2")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200)])
def test_lengths(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
