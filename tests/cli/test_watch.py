"""`get -w` and `events`: changes as they come."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import pytest

from tests.cli.conftest import BOXES, Toy


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = process.stdout.readline()
    assert text, process.stderr.read() if process.stderr else ""
    return text


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_ndjson_of_what_came_changed_and_went(toy: Toy) -> None:
    process = toy.process("get", "box", "-w", "-o", "json", "-l", "env")
    first = [json.loads(line(process)) for _ in range(2)]
    assert [(event["type"], event["object"]["metadata"]["id"]) for event in first] == [("ADDED", "b1"), ("ADDED", "b2")]
    changed: list[dict[str, Any]] = [dict(BOXES[0], state="slow"), *BOXES[1:]]
    toy.world(boxes=changed)
    event = json.loads(line(process))
    assert (event["type"], event["object"]["status"]["health"]) == ("MODIFIED", "warn")
    toy.world(boxes=[dict(changed[0], tags={}), *changed[1:]])
    assert json.loads(line(process))["type"] == "DELETED", "it does not match any more"
    toy.world(boxes=[*changed, {"id": "b4", "tags": {"env": "x"}}])
    events = sorted((event["type"], event["object"]["metadata"]["id"]) for event in
                    (json.loads(line(process)) for _ in range(2)))  # fmt: skip
    assert events == [("ADDED", "b1"), ("ADDED", "b4")]
    toy.world(boxes=changed)
    assert json.loads(line(process))["type"] == "DELETED"
    assert end(process) == (130, "")


def test_a_table_grows_line_by_line(toy: Toy) -> None:
    process = toy.process("get", "job", "-w")
    assert [line(process).split() for _ in range(4)] == [["NAME", "BOX"], ["j1", "b1"], ["j2", "b1"], ["j3", "b2"]]
    toy.world(jobs=[{"id": "j1", "box": "b2"}, {"id": "j2", "box": "b1"}])
    assert sorted([line(process).split(), line(process).split()]) == [["j1", "b2"], ["j3", "b2", "(gone)"]]
    assert end(process)[0] == 130


def test_a_source_that_goes_down_is_told_and_the_watch_goes_on(toy: Toy) -> None:
    process = toy.process("get", "job", "-w", "-o", "name")
    assert {line(process) for _ in range(3)} == {"toy.job/j1\n", "toy.job/j2\n", "toy.job/j3\n"}
    toy.world(fail_jobs="unreachable")
    assert process.stderr is not None
    assert "toy cannot be reached any more: it says unreachable" in process.stderr.readline()
    toy.world(jobs=[{"id": "j9", "box": "b1"}])
    assert process.stderr.readline() == "toy answers\n"
    got = {line(process) for _ in range(4)}
    assert "toy.job/j9\n" in got
    assert end(process)[0] == 130


def test_events(toy: Toy) -> None:
    process = toy.process("events", "-w", "-o", "json")
    changes: list[dict[str, Any]] = []
    for number in range(200):  # the first look may come after the first change
        toy.world(boxes=[dict(BOXES[0], state="slow" if number % 2 else "up"), *BOXES[1:]])
        try:
            process.wait(0.25)
        except subprocess.TimeoutExpired:
            pass
        else:
            pytest.fail("it ended")
        if number > 20:
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    changes = [json.loads(text) for text in out.splitlines()]
    assert changes
    status = changes[0]["status"]
    assert (changes[0]["kind"], changes[0]["metadata"]["id"], status["field"]) == ("Change", "b1", "state")
    assert {status["old"], status["new"]} == {"up", "slow"}
    assert process.returncode == 130


def test_events_of_a_quiet_time(toy: Toy) -> None:
    got = toy.run("events", "box", "--for", "0.5")
    assert (got.code, got.out) == (0, "")
    assert "nothing changed" in got.err
