"""``hsops audit``: list, check, export."""

from __future__ import annotations

import csv
import getpass
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hsops.audit import Audit
from tests.cli.conftest import Toy

STATE = ".local/state/hsops"


@pytest.fixture
def audit(toy: Toy) -> Audit:
    """A log with an action, an unlocking and a run on two sites."""
    found = Audit(toy.home / STATE / "audit.jsonl", tiers={"fra1": "lab", "ber1": "prod"})
    found.append("unlock", who="ann@bastion", site="ber1", reason="kernel upgrade")
    found.append(
        "action.before", who="bob@bastion", site="fra1", system="toy", target="box/b1",
        command=["toy", "restart", "a b"], data={"action": "box.restart"},
    )  # fmt: skip
    found.append(
        "effect.after", who="bob@laptop", site="fra1", target="host/h1", run="abcd1234", command=["toy", "move"],
        result="done: moved", data={"step": "move/vm-1"},
    )  # fmt: skip
    found.close()
    return found


def test_the_log_as_a_table_and_as_json(toy: Toy, audit: Audit) -> None:
    got = toy.run("audit", "ls")
    lines = got.out.splitlines()
    assert got.code == 0
    assert lines[0].split() == ["AT", "WHO", "WHAT", "SITE", "TARGET", "THING", "RESULT", "REASON", "RUN"]
    assert [line.split()[2] for line in lines[1:]] == ["unlock", "action.before", "effect.after"]
    assert toy.run("audit").out == got.out
    items = toy.run("audit", "ls", "-o", "json").json["items"]
    assert [item["status"]["seq"] for item in items] == [1, 2, 3]
    assert items[0]["kind"] == "AuditEntry"
    assert items[1]["status"]["command"] == ["toy", "restart", "a b"]
    assert items[0]["status"]["tier"] == "prod"
    assert toy.run("audit", "ls", "-f", "value", "-c", "command", "--run", "abcd").out == "toy move\n"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--run", "abcd"], [3]),
        (["--site", "fra1"], [2, 3]),
        (["--who", "bob"], [2, 3]),
        (["--who", "bob@laptop"], [3]),
        (["--since", "1h"], [1, 2, 3]),
        (["--since", "2999-01-01"], []),
        (["--last", "2"], [2, 3]),
        (["--site", "fra1", "--last", "1"], [3]),
    ],
)
def test_a_choice(toy: Toy, audit: Audit, options: list[str], found: list[int]) -> None:
    got = toy.run("audit", "ls", "-o", "csv", "-c", "seq", "--no-headers", *options)
    assert [int(line) for line in got.out.split()] == found
    assert ("there are no such entries" in got.err) == (not found)


def test_what_is_left_out_is_said(toy: Toy, audit: Audit) -> None:
    assert "the newest 1 of 3" in toy.run("audit", "ls", "--last", "1").err


def test_a_time_that_is_none(toy: Toy) -> None:
    got = toy.run("audit", "ls", "--since", "yesterday")
    assert (got.code, got.out) == (2, "")
    assert "--since: 'yesterday' is no time → 24h" in got.err


def test_no_log_yet(toy: Toy) -> None:
    assert toy.run("audit", "ls").code == 0
    got = toy.run("audit", "verify")
    assert (got.code, got.out.partition(",")[0]) == (0, "whole: no entry yet")
    assert not (toy.home / STATE).exists(), "looking writes nothing"


def test_a_whole_log(toy: Toy, audit: Audit) -> None:
    got = toy.run("audit", "verify")
    assert got.code == 0
    assert got.out.splitlines()[0] == f"whole: 3 entries in 1 files, {audit.path}"
    assert got.out.splitlines()[1] == f"head 3 {audit.head()[1]}"
    found = toy.run("audit", "verify", "-o", "json").json
    assert (found["ok"], found["count"], found["head"]) == (True, 3, audit.head()[1])


def test_a_changed_log(toy: Toy, audit: Audit) -> None:
    raw = audit.path.read_bytes()
    audit.path.write_bytes(raw.replace(b"bob@bastion", b"ann@bastion"))
    got = toy.run("audit", "verify")
    assert got.code == 1
    assert got.out.splitlines()[0] == (
        "BROKEN at entry 2: audit.jsonl line 2 was changed: entry 2 does not fit its hash"
    )
    assert toy.run("audit", "verify", "-o", "json").json["broken_at"] == 2


def test_a_noted_head(toy: Toy, audit: Audit) -> None:
    head = audit.head()[1]
    assert toy.run("audit", "verify", "--head", head).code == 0
    assert toy.run("audit", "verify", "--head", head[:16].upper()).code == 0
    audit.path.write_bytes(b"".join(audit.path.read_bytes().splitlines(keepends=True)[:2]))
    assert toy.run("audit", "verify").code == 0
    got = toy.run("audit", "verify", "--head", head)
    assert got.code == 1
    assert "the noted head" in got.out
    assert toy.run("audit", "verify", "--head", "abc").code == 2


def test_lines_that_cannot_be_read_are_told(toy: Toy, audit: Audit) -> None:
    with audit.path.open("ab") as file:
        file.write(b"\x1b[2Jnothing\n")
    got = toy.run("audit", "ls", "-o", "json")
    assert len(got.json["items"]) == 3
    assert "1 lines of the log cannot be read → hsops audit verify" in got.err


def test_export_gives_the_very_lines(toy: Toy, audit: Audit) -> None:
    got = toy.run("audit", "export")
    assert got.out.encode() == audit.path.read_bytes()
    copy = toy.home / "copy" / "audit.jsonl"
    copy.parent.mkdir()
    copy.write_text(got.out)
    assert Audit(copy).verify().ok
    assert [json.loads(line)["seq"] for line in toy.run("audit", "export", "--who", "bob").out.splitlines()] == [2, 3]


def test_export_for_a_spreadsheet(toy: Toy, audit: Audit) -> None:
    audit.append("effect.before", site="fra1", target="=cmd|' /C calc'!A0", command=["toy"])
    rows = list(csv.DictReader(io.StringIO(toy.run("audit", "export", "-o", "csv", "--since", "1h").out)))
    assert [row["what"] for row in rows] == ["unlock", "action.before", "effect.after", "effect.before"]
    assert rows[-1]["target"].startswith("'=cmd"), "no formula"
    assert rows[2]["hash"]
    assert toy.run("audit", "export", "-o", "xml").code == 2


def test_entries_of_a_run_and_the_time_they_have(toy: Toy, audit: Audit) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    at = datetime.fromisoformat(toy.run("audit", "ls", "-f", "value", "-c", "at", "--last", "1").out.strip())
    assert timedelta(0) <= soon - at < timedelta(minutes=5)


def test_a_home_that_is_a_file(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(toy.home / "file")
    place.write_text("")
    monkeypatch.setenv("HSOPS_STATE_DIR", str(place))
    assert toy.run("audit", "ls").code == 0


def test_a_run_leaves_its_report_and_its_entries(toy: Toy) -> None:
    done = toy.finished("run", "box.empty", "--box", "b1", "--yes", "--reason", "new disk")
    assert done.code == 0, done.err
    run = toy.run("runs", "ls", "-f", "value", "-c", "id").out.strip()
    entries = toy.run("audit", "ls", "--run", run, "-o", "json").json["items"]
    whats = [entry["status"]["what"] for entry in entries]
    assert (whats[0], whats[-1]) == ("run.submit", "run.end")
    assert whats.count("effect.before") == whats.count("effect.after") >= 2
    assert entries[0]["status"]["reason"] == "new disk"
    assert toy.run("audit", "verify").code == 0
    told = toy.run("runs", "report", run[:4])
    assert told.code == 0
    assert told.out.startswith("# ")
    assert "\n| reason | new disk |\n" in told.out
    assert "\ntoy move j1\n" in told.out
    assert f"hsops audit verify --head {entries[-1]['status']['hash']}" in told.out
    data = toy.run("runs", "report", run, "-o", "json").json
    assert data["asked"]["reason"] == "new disk"
    assert data["counts"] == {"done": 2}
    assert data["trace"]["entries"] == len(entries)
    text = toy.run("runs", "report", run, "-o", "text").out
    assert "What moved\n──────────\n" in text
    assert toy.run("runs", "report", run, "-o", "pdf").code == 2


def test_a_run_on_prod_is_refused_when_it_cannot_be_recorded(toy: Toy) -> None:
    rule = f"approval: {{allowed_signers: signers, identities: {{{getpass.getuser()}: ann@example.com}}}}\n"
    toy.site("fra1", "world.json", tier="prod", more=rule)
    key = "AAAAC3NzaC1lZDI1NTE5AAAAIA4T2z9Xo3QqX0fOo8VfY9iQq0dJ5Jm0yT1xq5n8a2bC"
    (toy.file.parent / "signers").write_text(f"ann@example.com ssh-ed25519 {key}\nbob@example.com ssh-ed25519 {key}\n")
    (toy.home / STATE / "audit.jsonl").mkdir(parents=True)
    before = toy.truth()
    got = toy.finished("run", "box.empty", "--box", "b1", "--yes")
    assert got.code == 3, got.err
    assert "audit.jsonl cannot be written: Is a directory" in got.err
    assert toy.truth() == before
    assert toy.run("runs", "ls").out == ""


def test_a_site_file_may_ask_for_a_copy(toy: Toy) -> None:
    toy.site("fra1", "world.json", more="audit: {syslog: dev/log, colour: red}\n")
    got = toy.run("get", "box")
    assert got.code == 2
    assert "colour" in got.err
    toy.site("fra1", "world.json", more="audit: {syslog: dev/log}\n")
    assert "audit: syslog is no path of a socket → /dev/log" in toy.run("get", "box").err
    toy.site("fra1", "world.json", more="audit: {syslog: /dev/log}\n")
    assert toy.run("get", "box").code == 0
