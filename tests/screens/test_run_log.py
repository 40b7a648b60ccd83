"""The log of a run: what is kept, filtered, dropped and copied."""

from __future__ import annotations

import pytest

from hsops.errors import UserError
from hsops.screens.run_log import KEPT, RunLog
from hsops.screens.text import width
from tests.screens.steps import event, text

MIGRATE = ("openstack", "server", "migrate", "7c1f")


def log_of(*events: object) -> RunLog:
    log = RunLog()
    for one in events:
        log.take(one)  # type: ignore[arg-type]  # events of `event`
    return log


def test_a_command_stands_once_as_it_is_now() -> None:
    log = log_of(event(1, status="running", command=MIGRATE), event(2, status="done", text="on cmp-9", command=MIGRATE))
    assert log.commands == ["openstack server migrate 7c1f"]
    lines = text(log.lines(100))
    assert len(lines) == 1
    assert lines[0].endswith("✓ openstack server migrate 7c1f  on cmp-9")
    log.everything = True
    assert len(log.lines(100)) == 2


def test_the_filter_hides_and_says_how_many() -> None:
    log = log_of(*[event(n, key=f"move/{n}", status="done") for n in range(20)])
    log.everything = True
    log.narrow("move/1")
    assert len(log.lines(80)) == 11
    assert "/move/1 (9 hidden)" in text([log.title(80)])[0]
    with pytest.raises(UserError):
        log.narrow("(")
    assert len(log.lines(80)) == 11, "a half typed pattern changes nothing"
    log.narrow("nothing like it")
    assert "nothing matches" in text(log.lines(80))[0]
    log.narrow("")
    assert len(log.lines(80)) == 20


def test_what_is_dropped_is_counted() -> None:
    log = log_of(*[event(n, text=str(n)) for n in range(1, KEPT + 51)])
    log.everything = True
    assert len(log.lines(80)) == KEPT
    assert "50 older lines dropped" in text([log.title(100)])[0]
    assert log.seen == KEPT + 50


def test_a_line_is_told_in_full_and_copied_alone() -> None:
    command = ("openstack", "server", "migrate", "x" * 300, "end")
    log = log_of(event(1, status="failed", text="no valid host", command=command))
    assert width(log.lines(60)[0]) <= 60
    log.opened.add(1)
    whole = "".join(part.strip() for part in text(log.lines(400)))
    assert "x" * 300 in whole
    assert "no valid host" in whole
    assert log.text_of(1) == " ".join(command)
    assert log.text_of(99) == ""


def test_nothing_yet_is_said() -> None:
    assert "nothing has been changed" in text(RunLog().lines(80))[0]


def test_hostile_text_stays_text() -> None:
    log = log_of(event(1, text="\x1b[31m[bold]red[/]\x07"))
    log.everything = True
    line = text(log.lines(80))[0]
    assert "[bold]red[/]" in line
    assert "\x1b" not in line
