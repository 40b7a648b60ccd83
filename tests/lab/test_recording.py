"""Refreshing recordings: what is asked again, what is kept, what counts as another shape, what must not be written."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.lab import record
from tests.lab.errors import LabError
from tests.lab.place import root
from tests.lab.recording.entry import why_not
from tests.lab.recording.files import FOLDERS, files_of, form_of
from tests.lab.recording.neutral import neutral, openstack
from tests.lab.recording.refresh import Recordings
from tests.lab.recording.shape import Shape, changes, lost


def exchange(path: str, body: Any, method: str = "GET", status: int = 200, **more: Any) -> dict[str, Any]:
    request = {"method": method, "path": path, "headers": {}, "body": None}
    return {**more, "request": request, "response": {"status": status, "headers": {}, "body": body}}


def recording(folder: Path, *entries: Mapping[str, Any]) -> Path:
    file = folder / "asked.json"
    file.write_text(json.dumps(list(entries), indent=1) + "\n")
    return file


def asked(file: Path, *bodies: Any) -> Recordings:
    """The recordings of one file, after a server gave these bodies one after the other."""
    answers = list(bodies)

    def ask(entry: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        body = answers.pop(0)
        if isinstance(body, Exception):
            raise body
        return {**entry, "response": {**entry["response"], "body": body}}

    found = Recordings("prometheus", [file])
    found.ask(ask)
    assert not answers
    return found


def test_an_answer_of_the_same_shape_is_taken_and_the_form_stays(tmp_path: Path) -> None:
    file = recording(tmp_path, exchange("/a", {"data": [{"name": "x", "value": 1}]}))
    found = asked(file, {"data": [{"name": "y", "value": 2.5}, {"name": "z", "value": 3}]})
    assert [verdict.why for verdict in found.verdicts[file]] == [""]
    assert found.verdicts[file][0].changes == ()
    assert json.loads(found.texts[file])[0]["response"]["body"]["data"][0]["name"] == "y"
    assert form_of(file)(json.loads(found.texts[file])) == found.texts[file]


def test_other_keys_and_types_are_changes_of_shape(tmp_path: Path) -> None:
    file = recording(tmp_path, exchange("/a", {"data": [{"name": "x", "value": 1}]}))
    found = asked(file, {"data": [{"name": 7, "fresh": "key"}]})
    assert found.verdicts[file][0].changes == (
        "$.data[].fresh is new", "$.data[].name is number, recorded text", "$.data[].value is gone",
    )  # fmt: skip


def test_an_answer_that_shows_less_is_kept(tmp_path: Path) -> None:
    file = recording(tmp_path, exchange("/a", {"data": [{"name": "x"}]}))
    found = asked(file, {"data": []})
    assert found.verdicts[file][0].why == "the lab shows less now: $.data[]"
    assert found.texts[file] == file.read_text()


def test_a_lab_that_fails_leaves_the_entry(tmp_path: Path) -> None:
    file = recording(tmp_path, exchange("/a", 1), exchange("/b", 1))
    found = asked(file, LabError("broken"), 2)
    assert [bool(verdict.why) for verdict in found.verdicts[file]] == [True, False]
    assert [entry["response"]["body"] for entry in json.loads(found.texts[file])] == [1, 2]


KEPT: dict[str, tuple[Mapping[str, Any], str]] = {
    "a change": (exchange("/a", 1, method="POST"), "effect"),
    "an id": (exchange("/servers/7c1f2a34-0000-4000-8000-000000000000", 1), "ids"),
    "a number": (exchange("/os-aggregates/1", 1), "ids"),
    "a time": (exchange("/query?start=1795243396", 1), "times"),
    "another user": (exchange("/a", 1, status=403), "another user"),
    "a noted moment": (exchange("/a", 1, note="after the silence"), "sequence"),
    "a command with an effect": ({"command": "ceph osd out 1", "stdout": "", "stderr": "", "exit": 0}, "effect"),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_cannot_be_asked_again_is_kept_with_the_reason(name: str) -> None:
    entry, words = KEPT[name]
    assert words in why_not(entry)


def test_questions_of_a_sequence_with_effects_are_not_asked(tmp_path: Path) -> None:
    file = recording(tmp_path, exchange("/a", 1), exchange("/a", 1, method="DELETE"), exchange("/a", 2))
    assert [verdict.why != "" for verdict in asked(file).verdicts[file]] == [True, True, True]


def test_a_sequence_is_refreshed_whole_or_not_at_all(tmp_path: Path) -> None:
    file = recording(tmp_path, exchange("/list", [{"id": 1}]), exchange("/list/1", {"id": 1}))
    found = asked(file, [{"id": "text"}])
    assert [bool(verdict.why) for verdict in found.verdicts[file]] == [True, True]
    assert found.texts[file] == file.read_text()
    assert found.verdicts[file][0].changes == ("$[].id is text, recorded number",), "but it is compared"


def test_maps_whose_keys_are_data_have_one_place_for_all_values() -> None:
    recorded, fresh = Shape({"labels": {"a": "x"}}), Shape({"labels": {"b": "y", "c": "z"}})
    assert list(changes(recorded, fresh)) == []
    assert lost(recorded, fresh) == []
    assert list(changes(recorded, Shape({"labels": {"b": 1}}))) == ["$.labels{} is number, recorded text"]


def test_nothing_secret_and_nothing_of_the_machine_is_written() -> None:
    token, key = "gAAAAA" + "x" * 60, "AQ" + "b" * 36 + "=="
    dirty = {
        "X-Subject-Token": "t0ps3cret", "password": "hunter2", "note": f"{token} {key} http://me:hunter2@host/",
        "file": f"{root()}/prometheus/rules.yml", "url": f"http://{socket.gethostname()}:9090/graph",
        "cpu": "Mine 9000",
    }  # fmt: skip
    clean = neutral(dirty)
    text = json.dumps(clean)
    for word in ("t0ps3cret", "hunter2", token, key, str(root()), "Mine 9000"):
        assert word not in text
    assert clean["url"] == "http://lab-host:9090/graph"
    assert clean["file"] == "/srv/lab/prometheus/rules.yml"
    assert openstack({"href": "http://127.0.0.1:8774/v2.1", "host_ip": "127.0.0.1"}) == {
        "href": "http://HOST:PORT/v2.1", "host_ip": "HOST",
    }  # fmt: skip


@pytest.mark.parametrize("system", FOLDERS)
def test_every_recording_can_be_read_and_written_in_its_form(system: str) -> None:
    files = files_of(system)
    assert files
    recordings = Recordings(system)

    def silent(entry: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        raise LabError("nobody asks")

    recordings.ask(silent)
    for file in files:
        assert recordings.texts[file] == file.read_text(encoding="utf-8"), file.name


@pytest.mark.parametrize("system", FOLDERS)
def test_no_recording_holds_a_secret(system: str) -> None:
    for file in files_of(system):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"gAAAAA[\w-]{20,}", text), file.name
        assert str(root()) not in text, file.name


def test_unknown_systems_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        record.main(["--check", "nonsense"])
    assert "no recordings of nonsense" in capsys.readouterr().err
