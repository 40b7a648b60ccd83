"""`run` and `runs`: a workflow planned, refused, done, stopped and resumed, on the real engine."""

from __future__ import annotations

import json
import signal

from tests.cli.conftest import JOBS, Toy


def test_its_inputs(toy: Toy) -> None:
    got = toy.run("run", "box.empty", "--help")
    assert got.code == 0
    assert "--box BOX" in got.out
    assert "[required]" in got.out
    assert "--at-most N" in got.out
    assert "--gently, --no-gently" in got.out


def test_a_plan_changes_nothing(toy: Toy) -> None:
    before = toy.truth()
    got = toy.finished("run", "box.empty", "--box", "b1", "--plan")
    assert got.code == 0
    assert "nothing has been changed yet" in got.out
    assert "$ toy move j1" in got.out
    assert "✓ weather.calm  calm" in got.out
    plan = toy.finished("run", "box.empty", "--box=b1", "--at-most", "2", "--no-gently", "--dry-run", "-o", "json").json
    assert plan["values"] == {"box": "b1", "reason": "maintenance", "at_most": 2, "gently": False}
    assert plan["touches"] == {"jobs": 2}
    assert toy.truth() == before


def test_a_refused_plan_is_3_and_says_how_to_force(toy: Toy) -> None:
    toy.world(storm=True)
    got = toy.finished("run", "box.empty", "--box", "b1", "--plan")
    assert got.code == 3
    assert "✗ weather.calm  a storm → wait, or --force weather.calm=REASON" in got.out
    refused = toy.finished("run", "box.empty", "--box", "b1", "--yes")
    assert refused.code == 3
    assert "refused: check weather.calm: a storm" in refused.err
    assert toy.truth()["jobs"] == JOBS
    forced = toy.finished(
        "run", "box.empty", "--box", "b1", "--plan", "--force", "weather.calm", "--reason", "it passes"
    )
    assert forced.code == 0
    assert "forced: it passes" in forced.out


def test_a_question_needs_an_answer(toy: Toy) -> None:
    toy.world(jobs=[*JOBS, {"id": "pet", "box": "b1"}])
    got = toy.finished("run", "box.empty", "--box", "b1", "--plan")
    assert got.code == 3
    assert "no answer yet: --choice pet=move|leave" in got.out
    assert toy.finished("run", "box.empty", "--box", "b1", "--plan", "--choice", "pet=move").code == 0


def test_nobody_to_ask(toy: Toy) -> None:
    got = toy.finished("run", "box.empty", "--box", "b1")
    assert (got.code, got.out) == (2, "")
    assert "--yes does it" in got.err
    assert toy.truth()["jobs"] == JOBS


def test_one_site_must_be_meant(toy: Toy) -> None:
    toy.site("ber1", "world.json")
    got = toy.finished("run", "box.empty", "--box", "b1", "--plan")
    assert got.code == 2
    assert "2 sites are open: ber1, fra1 → choose one with --site ber1" in got.err


def test_done_listed_and_shown(toy: Toy) -> None:
    got = toy.finished("run", "box.empty", "--box", "b1", "--yes", "--reason", "new fans")
    assert got.code == 0, got.err
    assert [job["box"] for job in toy.truth()["jobs"]] == ["b2", "b2", "b2"]
    assert "✓ job j1  on b2" in got.out
    assert "b1 is empty: new fans" in got.out
    listed = toy.finished("runs", "ls", "-o", "json").json["items"]
    assert [(run["kind"], run["status"]["status"], run["status"]["exitCode"]) for run in listed] == [("Run", "done", 0)]
    run = listed[0]["metadata"]["name"]
    assert run in toy.finished("runs").out
    shown = toy.finished("runs", "show", run[:4])
    assert "✓ job j2  on b2" in shown.out
    logs = toy.finished("runs", "logs", run, "-o", "json").out.splitlines()
    assert json.loads(logs[-1])["status"] == "done"
    assert any(json.loads(line).get("command") == ["toy", "move", "j1"] for line in logs)
    assert toy.finished("runs", "show", "zzzz").code == 1
    assert toy.finished("runs", "abort", run).code == 1, "it is over"


def test_stopped_half_way_is_4_and_resumes(toy: Toy) -> None:
    toy.world(jam=True)
    got = toy.finished("run", "box.empty", "--box", "b1", "--yes", "-o", "json")
    assert got.code == 4, got.err
    assert "hsops runs resume" in got.err
    events = [json.loads(line) for line in got.out.splitlines()]
    assert events[-1]["kind"] == "run"
    run = events[0]["run"]
    held = toy.finished("run", "box.empty", "--box", "b1", "--plan")
    assert held.code == 3
    assert run in held.out
    toy.world()
    again = toy.finished("runs", "resume", run)
    assert again.code == 0, again.err
    assert [job["box"] for job in toy.truth()["jobs"]] == ["b2", "b2", "b2"]


def test_an_aborted_run_is_5(toy: Toy) -> None:
    toy.world(jam=True)
    run = json.loads(toy.finished("run", "box.empty", "--box", "b1", "--yes", "-o", "json").out.splitlines()[0])["run"]
    assert toy.finished("runs", "abort", run).code == 5


def test_the_store_is_private(toy: Toy) -> None:
    toy.finished("run", "box.empty", "--box", "b1", "--yes")
    state = toy.home / ".local/state/hsops"
    assert state.stat().st_mode & 0o777 == 0o700
    files = [path for path in state.iterdir() if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_a_follower_leaves_quietly(toy: Toy) -> None:
    toy.world(jam=True)
    run = json.loads(toy.finished("run", "box.empty", "--box", "b1", "--yes", "-o", "json").out.splitlines()[0])["run"]
    process = toy.process("runs", "logs", run)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "a jam" in out
    process = toy.process("get", "box", "-w")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
