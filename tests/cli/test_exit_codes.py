"""Every exit code of a run, and the events it prints, through the real command."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hsops.workflow.values import Event
from tests.cli.conftest import Result, Toy

EMPTY = ("run", "box.empty", "--box", "b1", "--yes")


def events(got: Result) -> list[Event]:
    """The lines of NDJSON; each is an event and nothing else is on stdout."""
    return [msgspec.json.decode(line, type=Event) for line in got.out.splitlines()]


def done(toy: Toy) -> Result:
    return toy.finished(*EMPTY, "-o", "json")


def usage(toy: Toy) -> Result:
    return toy.finished("run", "box.empty", "--bax", "b1", "--yes")


def refused(toy: Toy) -> Result:
    toy.world(storm=True)
    return toy.finished(*EMPTY)


def stopped(toy: Toy) -> Result:
    toy.world(jam=True)
    return toy.finished(*EMPTY)


def rolled_back(toy: Toy) -> Result:
    toy.world(jam=True)
    run = events(toy.finished(*EMPTY, "-o", "json"))[0].run
    return toy.finished("runs", "abort", run)


def partly(toy: Toy) -> Result:
    toy.world(jam=True)
    run = events(toy.finished(*EMPTY, "-o", "json"))[0].run
    for item in ("j1", "j2"):
        assert toy.finished("runs", "decide", run, item, "skip").code == 0
    return toy.finished("runs", "resume", run)


def failed(toy: Toy) -> Result:
    return toy.finished("runs", "show", "zzzz")


def forbidden(toy: Toy) -> Result:
    toy.world(fail="forbidden")
    return toy.finished(*EMPTY)


def unreachable(toy: Toy) -> Result:
    toy.world(fail="unreachable")
    return toy.finished(*EMPTY)


def timed_out(toy: Toy) -> Result:
    toy.world(fail="timeout")
    return toy.finished(*EMPTY)


@pytest.mark.parametrize(
    ("code", "bring_about"),
    [
        (0, done),
        (1, failed),
        (2, usage),
        (3, refused),
        (4, stopped),
        (5, rolled_back),
        (7, partly),
        (8, forbidden),
        (9, unreachable),
        (124, timed_out),
    ],
)
def test_exit_code(toy: Toy, code: int, bring_about: Callable[[Toy], Result]) -> None:
    got = bring_about(toy)
    assert got.code == code, got.err
    assert code == 0 or got.err.strip(), "it says why"


def test_130_detaches_and_the_run_goes_on_later(toy: Toy) -> None:
    toy.world(slow=1.0)
    process = toy.process(*EMPTY, "-o", "json")
    assert process.stdout is not None
    first = msgspec.json.decode(process.stdout.readline(), type=Event)
    _until(lambda: any(job["box"] == "b2" and job["id"] == "j1" for job in toy.truth()["jobs"]))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert toy.finished("runs", "resume", first.run).code == 0
    assert [job["box"] for job in toy.truth()["jobs"]] == ["b2", "b2", "b2"]


def test_the_events_of_a_run(toy: Toy) -> None:
    got = done(toy)
    lines = events(got)
    assert [json.loads(line)["run"] for line in got.out.splitlines()] == [lines[0].run] * len(lines)
    assert [event.seq for event in lines] == sorted({event.seq for event in lines})
    assert all(event.at.utcoffset() is not None for event in lines)
    told = [(event.kind, event.key, event.status) for event in lines]
    ends = [("run", "", "submitted"), ("run", "", "running"), ("run", "", "done")]
    assert [event for event in told if event[0] == "run"] == ends
    assert [event[1:] for event in told if event[0] == "check"] == [("box.known", "ok"), ("weather.calm", "ok")]
    for job in ("j1", "j2"):
        about = [event for event in lines if event.key == f"move/{job}" and event.kind == "step"]
        assert [event.status for event in about] == ["running", "done"]
        assert about[0].command == ("toy", "move", job)
        assert about[0].shell == f"toy move {job}"
    assert [event.text for event in lines if event.kind == "note"] == ["b1 is empty: maintenance"]
    assert [event.data for event in lines if event.kind == "touches"] == [{"jobs": 2}]


def test_the_events_of_a_failure_and_a_decision(toy: Toy) -> None:
    toy.world(jam=True)
    first = events(toy.finished(*EMPTY, "-o", "json"))
    asked = [event for event in first if event.kind == "question"]
    assert {event.key for event in asked} == {"move/j1", "move/j2"}
    assert asked[0].data == {"verdicts": ["retry", "skip", "back_out"]}
    assert (first[-1].kind, first[-1].status) == ("run", "stopped")
    toy.finished("runs", "decide", first[0].run, "j1", "skip")
    toy.world()
    second = events(toy.finished("runs", "resume", first[0].run, "-o", "json"))
    decided = {event.key: event.status for event in second if event.kind == "decision"}
    assert decided == {"move/j1": "skip", "move/j2": "retry"}
    assert second[0].seq > first[-1].seq, "only what is new"


def test_a_plan_is_saved_and_carried_out_while_it_holds(toy: Toy, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    got = toy.finished("run", "box.empty", "--box", "b1", "--reason", "fans", "--plan", "--plan-file", str(file))
    assert got.code == 0
    assert f"hsops run --from-plan {file} --yes" in got.err
    assert file.stat().st_mode & 0o777 == 0o600
    jobs = toy.truth()["jobs"]
    toy.world(jobs=[*jobs, {"id": "j4", "box": "b1"}])
    changed = toy.finished("run", "--from-plan", str(file), "--yes")
    assert changed.code == 3
    assert "touches jobs was 2, is 3; item of move new: j4" in changed.err
    toy.world(storm=True)
    stormy = toy.finished("run", "--from-plan", str(file), "--yes")
    assert (stormy.code, "check weather.calm was passed, is failed" in stormy.err) == (3, True)
    toy.world()
    both = toy.finished("run", "box.empty", "--from-plan", str(file), "--yes")
    assert (both.code, "takes everything from the file" in both.err) == (2, True)
    done = toy.finished("run", "--from-plan", str(file), "--yes")
    assert done.code == 0, done.err
    assert "b1 is empty: fans" in done.out


def test_back_to_a_step_and_only_what_failed(toy: Toy) -> None:
    toy.world(jam=True)
    run = events(toy.finished(*EMPTY, "-o", "json"))[0].run
    toy.finished("runs", "decide", run, "j1", "skip")
    toy.finished("runs", "decide", run, "j2", "skip")
    assert toy.finished("runs", "resume", run).code == 7
    toy.world()
    alone = toy.finished("runs", "resume", run, "--only-failed")
    assert (alone.code, "nobody is there to approve it → --yes does it" in alone.err) == (2, True)
    again = toy.finished("runs", "resume", run, "--only-failed", "--yes")
    assert again.code == 0, again.err
    assert "again: job j1  toy move j1" in again.err
    back = toy.finished("runs", "resume", run, "--from", "jobs", "--yes")
    assert back.code == 0, back.err
    wrong = toy.finished("runs", "resume", run, "--from", "nothing", "--yes")
    assert (wrong.code, "has no step nothing to go back to" in wrong.err) == (2, True)
    carried = toy.finished("runs", "carry", run)
    assert (carried.code, "is over: done" in carried.err) == (1, True)


def test_two_operators_at_once(toy: Toy) -> None:
    """One does it, the other is refused and told by whom the box is held."""
    toy.world(slow=1.0)
    pair = [toy.process(*EMPTY) for _ in range(2)]
    ends: list[Any] = [process.communicate(timeout=100) for process in pair]
    assert sorted(process.returncode for process in pair) == [0, 3]
    (loser,) = [err for process, (_, err) in zip(pair, ends, strict=True) if process.returncode == 3]
    assert "held" in loser
    assert "box.empty, running" in loser
    assert [job["box"] for job in toy.truth()["jobs"]] == ["b2", "b2", "b2"]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
