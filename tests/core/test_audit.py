"""The audit log: chained, whole under many writers, honest after a crash, and every change of it is found."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hsops.audit import Audit, NotRecorded
from hsops.audit.entry import entry_of, line_of
from hsops.audit.files import all_files, locked

ROOT = Path(__file__).parents[2]
TIERS = {"lab": "lab", "prod": "prod"}


def log(folder: Path, **more: Any) -> Audit:
    return Audit(folder / "audit.jsonl", tiers=TIERS, **more)


def filled(folder: Path, count: int, **more: Any) -> Audit:
    audit = log(folder, **more)
    for number in range(count):
        audit.append("test", site="lab", target=f"thing-{number}", command=["toy", "do", str(number)])
    return audit


def test_an_entry_says_who_what_where_and_when(tmp_path: Path) -> None:
    audit = log(tmp_path)
    audit.append("unlock", site="prod", reason="kernel upgrade", data={"until": 12})
    audit.append(
        "action.before", who="ann@bastion", site="lab", system="alerts", target="silence/1", run="abc",
        command=["amtool", "silence", "expire", "a b"], result="",
    )  # fmt: skip
    first, second = audit.entries()
    assert (first.seq, first.site, first.tier, first.reason, first.prev) == (1, "prod", "prod", "kernel upgrade", "")
    assert first.who.endswith(f"@{socket.gethostname()}")
    assert first.at.utcoffset() is not None
    assert re.search(rb'"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"', audit.path.read_bytes())
    assert (second.seq, second.who, second.prev) == (2, "ann@bastion", first.hash)
    assert second.shell == "amtool silence expire 'a b'"
    found = audit.verify()
    assert (found.ok, found.count, found.head, found.files) == (True, 2, second.hash, 1)
    assert audit.head() == (2, second.hash)


def test_the_hash_can_be_checked_with_other_tools(tmp_path: Path) -> None:
    audit = filled(tmp_path, 1)
    script = f"""sed -E 's/"hash":"[0-9a-f]*"/"hash":""/' {audit.path} | tr -d '\\n' | sha256sum"""
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.split()[0]
    assert told == audit.head()[1]


def test_files_are_private(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").touch(0o644)
    audit = filled(tmp_path, 40, most=2_000)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert len(all_files(audit.path)) > 3


def test_nothing_secret_and_nothing_hostile_is_written(tmp_path: Path) -> None:
    audit = log(tmp_path)
    audit.append(
        "action.after",
        site="lab",
        target="vm \x1b[31mred\x07\u202e",
        command=["tool", "--password", "hunter2", "token=hunter2", "line\nbreak"],
        result="Authorization: Bearer hunter2",
        data={
            "adminPass": "hunter2",
            "deep": [{"secret": "hunter2"}],
            "nan": float("nan"),
            "big": 2**80,
            "bytes": b"x",
        },
    )
    raw = audit.path.read_bytes()
    assert b"hunter2" not in raw
    assert raw.count(b"\n") == 1
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw)
    assert "\u202e" not in raw.decode()
    assert audit.verify().ok


def test_a_new_file_is_begun_and_the_chain_goes_on(tmp_path: Path) -> None:
    audit = filled(tmp_path, 50, most=3_000)
    names = [file.name for file in all_files(audit.path)]
    assert names[:2] == ["audit.000001.jsonl", "audit.000002.jsonl"]
    assert names[-1] == "audit.jsonl"
    found = audit.verify()
    assert (found.ok, found.count, found.files) == (True, 50, len(names))
    assert [entry.seq for entry in audit.entries()] == list(range(1, 51))
    all_files(audit.path)[1].unlink()
    lost = audit.verify()
    assert not lost.ok
    assert "missing before audit.000003.jsonl line 1" in lost.text
    audit.append("test", site="lab")  # and it still goes on where it was
    assert [entry.seq for entry in audit.entries()][-1] == 51


def test_a_log_cut_at_its_end_is_found_with_the_noted_head(tmp_path: Path) -> None:
    audit = filled(tmp_path, 5)
    _, head = audit.head()
    audit.append("test", site="lab")
    assert audit.verify(head).ok  # it may have grown since
    lines = audit.path.read_bytes().splitlines(keepends=True)
    audit.path.write_bytes(b"".join(lines[:3]))
    assert audit.verify().ok  # by itself it can not know
    cut = audit.verify(head)
    assert not cut.ok
    assert "noted head" in cut.text


def test_a_log_begun_anew_is_found_with_the_noted_head(tmp_path: Path) -> None:
    head = filled(tmp_path, 3).head()[1]
    (tmp_path / "audit.jsonl").unlink()
    assert not filled(tmp_path, 9).verify(head).ok


# -- every change is found

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "what": st.text(max_size=20),
            "who": st.text(max_size=20),
            "target": st.text(max_size=40),
            "command": st.lists(st.text(max_size=20), max_size=4),
            "result": st.text(max_size=40),
            "reason": st.text(max_size=40),
            "data": st.dictionaries(st.text(max_size=8), JSON, max_size=4),
        }
    ),
    min_size=2,
    max_size=8,
)
SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def written(entries: list[dict[str, Any]], **more: Any) -> Iterator[Audit]:
    """A log of these entries, in a folder that goes away."""
    folder = Path(tempfile.mkdtemp())
    try:
        audit = log(folder, **more)
        for entry in entries:
            audit.append(**entry, durable=False)
        audit.close()
        yield audit
    finally:
        shutil.rmtree(folder)


@SOME
@given(ENTRIES, st.sampled_from([800, 100_000]))
def test_any_sequence_of_entries_is_whole(entries: list[dict[str, Any]], most: int) -> None:
    with written(entries, most=most) as audit:
        found = audit.verify()
        assert (found.ok, found.count, found.text) == (True, len(entries), "")
        for line in audit.lines():
            assert line.entry is not None
            assert line_of(line.entry) + b"\n" == line.raw


@SOME
@given(ENTRIES, st.data())
def test_any_changed_byte_is_found(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    with written(entries) as audit:
        head, raw = audit.head()[1], bytearray(audit.path.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] ^= data.draw(st.integers(1, 255))
        audit.path.write_bytes(bytes(raw))
        found = audit.verify(head)
        assert not found.ok
        assert found.broken_at is not None
        assert found.broken_at <= raw[:place].count(b"\n") + 1
        assert found.text


@SOME
@given(ENTRIES, st.data())
def test_any_line_removed_doubled_or_moved_is_found(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    with written(entries) as audit:
        head, lines = audit.head()[1], audit.path.read_bytes().splitlines(keepends=True)
        index = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["remove", "double", "move", "insert"])):
            case "remove":
                lines.pop(index)
            case "double":
                lines.insert(data.draw(st.integers(0, len(lines))), lines[index])
            case "move":
                line = lines.pop(index)
                lines.insert(data.draw(st.integers(0, len(lines)).filter(lambda to: to != index)), line)
            case "insert":
                lines.insert(index, b'{"what":"nothing"}\n')
        audit.path.write_bytes(b"".join(lines))
        found = audit.verify(head)
        assert not found.ok
        assert found.text


@SOME
@given(ENTRIES, st.data())
def test_a_rewritten_entry_needs_all_that_follow_rewritten(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    """Who changes an entry and mends its own hash is found at the next one, or by the noted head."""
    import msgspec

    from hsops.audit.entry import digest

    with written(entries) as audit:
        head, lines = audit.head()[1], audit.path.read_bytes().splitlines(keepends=True)
        index = data.draw(st.integers(0, len(lines) - 1))
        entry = entry_of(lines[index].rstrip(b"\n"))
        assert entry is not None
        forged = msgspec.structs.replace(entry, who="nobody@nowhere ", hash="")
        forged = msgspec.structs.replace(forged, hash=digest(forged))
        lines[index] = line_of(forged) + b"\n"
        audit.path.write_bytes(b"".join(lines))
        found = audit.verify(head)
        assert not found.ok
        assert found.broken_at == index + 2


# -- several processes, crashes, trouble


def child(path: Path, count: int, name: str, die_at: int = -1) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.core.audit_child", str(path), str(count), name, str(die_at)]
    return subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_eight_processes_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    children = [child(path, 40, f"p{number}") for number in range(8)]
    for process in children:
        assert process.wait(90) == 0, process.communicate()[1]
        process.communicate()
    audit = Audit(path)
    found = audit.verify()
    assert (found.ok, found.count) == (True, 320), found.text
    assert found.files > 1  # and they closed files under each other
    for number in range(8):
        mine = [entry.data["number"] for entry in audit.entries() if entry.target == f"p{number}"]
        assert mine == list(range(40))


def test_a_process_killed_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    process = child(path, 10, "victim", die_at=7)
    assert process.wait(60) == -signal.SIGKILL
    process.communicate()
    torn = path.read_bytes().rpartition(b"\n")[2]
    assert torn
    audit = log(tmp_path)
    before = audit.verify()
    assert (before.ok, before.count) == (False, 7)
    assert "torn" in before.text
    audit.append("test", site="lab", target="survivor")
    after = audit.verify()
    assert after.ok, after.text
    *_, told, survivor = audit.entries()
    assert (told.what, told.data["bytes"], survivor.target) == ("log.torn", len(torn), "survivor")
    kept = tmp_path / told.data["kept"]
    assert kept.read_bytes() == torn
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_processes_that_die_disturb_nobody(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    children = [child(path, 30, f"p{number}", die_at=10 if number % 2 else -1) for number in range(6)]
    for process in children:
        process.wait(90)
        process.communicate()
    audit = log(tmp_path)
    audit.append("test", site="lab")  # the last one may have died last
    found = audit.verify()
    assert found.ok, found.text
    for number in range(0, 6, 2):
        assert sum(entry.target == f"p{number}" for entry in audit.entries()) == 30
    assert sum(entry.what == "log.torn" for entry in audit.entries()) == 3


def test_a_line_that_is_no_json_does_not_end_the_log(tmp_path: Path) -> None:
    audit = filled(tmp_path, 2)
    with audit.path.open("ab") as file:
        file.write(b"somebody was here\n")
    audit.append("test", site="lab")
    assert len(list(audit.entries())) == 3
    found = audit.verify()
    assert (found.ok, found.broken_at) == (False, 3)
    assert "audit.jsonl line 3 was changed" in found.text


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """No file may grow beyond what the log has now: a write fails in its middle, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 40, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_stops_prod_and_is_told_elsewhere(tmp_path: Path) -> None:
    audit = filled(tmp_path, 2)
    with full_disk(audit.path):
        with pytest.raises(NotRecorded, match=r"cannot be written: File too large.*nothing is changed unrecorded"):
            audit.append("effect.before", site="prod")
        with pytest.raises(NotRecorded):
            audit.append("effect.before", site="a site that is not open")
        unwritten = audit.append("effect.before", site="lab")
        assert unwritten.hash == ""
        assert "cannot be written" in audit.trouble
        assert audit.append("effect.after", site="prod", must=False).hash == ""
    assert audit.verify().ok, "what was written in part is taken back"
    audit.append("test", site="prod", target="again")
    assert audit.trouble == ""
    *_, gap, again = audit.entries()
    assert (gap.what, gap.data, again.target) == ("log.gap", {"missing": 4}, "again")
    assert audit.verify().ok


@pytest.mark.parametrize("where", ["a file", "a folder"])
def test_a_place_that_cannot_be_written(tmp_path: Path, where: str) -> None:
    if where == "a file":
        (tmp_path / "state").write_text("in the way")
    else:
        (tmp_path / "state" / "audit.jsonl").mkdir(parents=True)
    audit = log(tmp_path / "state")
    with pytest.raises(NotRecorded, match="HSOPS_STATE_DIR"):
        audit.append("unlock", site="prod")
    assert audit.append("unlock", site="lab").hash == ""
    assert audit.head() == (0, "")


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotRecorded):
        log(tmp_path).append("unlock", site="prod")
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_a_process_that_holds_the_lock_and_does_not_go_on(tmp_path: Path) -> None:
    audit = filled(tmp_path, 1, patience=0.05)
    with locked(audit.path), pytest.raises(NotRecorded, match="another process holds it locked"):
        audit.append("unlock", site="prod")
    assert audit.append("unlock", site="prod").hash


def test_the_local_syslog_gets_the_same_line(tmp_path: Path) -> None:
    address = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(address)
        server.settimeout(10)
        audit = log(tmp_path, copies_to={"prod": address})
        audit.append("unlock", site="lab")
        entry = audit.append("unlock", site="prod", reason="kernel")
        assert server.recv(65536) == f"<85>hsops[{os.getpid()}]: ".encode() + line_of(entry)
    Path(address).unlink()
    assert audit.append("unlock", site="prod").hash, "the file is the truth"
    assert "not copied" in audit.trouble
