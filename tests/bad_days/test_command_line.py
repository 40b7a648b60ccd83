"""The command line on bad days, as a process: stdout is data only, stderr one sentence, the exit code says which."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hsops.simulator.site import SimulatedSite
from tests.bad_days.place import harmless, rename_servers, site_file

USAGE, PARTLY, PERMISSION, UNREACHABLE = 2, 7, 8, 9


def hsops(*words: str, home: Path, terminal: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with nothing of this environment; `terminal` gives it a pseudo-terminal instead of pipes to write to."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **environment}
    argv = [sys.executable, "-m", "hsops.cli", *words]
    if terminal:
        return _on_terminal(argv, env)
    return subprocess.run(
        argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False
    )


def _on_terminal(argv: Sequence[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(argv, env=env, stdin=slave, stdout=slave, stderr=subprocess.PIPE, text=True)
        _, told = process.communicate(timeout=100)
        os.close(slave)
        slave = -1
        return subprocess.CompletedProcess(argv, process.returncode, _rest(master), told)
    finally:
        os.close(master)
        if slave >= 0:
            os.close(slave)


def _rest(master: int) -> str:
    """What was written to the terminal."""
    found = b""
    try:
        while piece := os.read(master, 65536):
            found += piece
    except OSError:  # how Linux tells the end of a pseudo-terminal
        pass
    return found.decode(errors="replace")


def said(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Its sentence on stderr; the exit code is as wanted and no traceback is shown."""
    assert done.returncode == code, (done.returncode, done.stdout[-500:], done.stderr)
    assert "Traceback" not in done.stderr + done.stdout
    assert all(harmless(line) for line in done.stderr.splitlines())
    return done.stderr


# -- terminals and homes


def test_without_a_terminal_the_console_is_refused_with_a_hint(site: SimulatedSite, tmp_path: Path) -> None:
    done = hsops("--site", str(site.file), home=tmp_path)
    told = said(done, USAGE)
    assert "needs a terminal" in told
    assert "hsops get" in told
    assert done.stdout == ""
    assert told.count("\n") == 1


def test_a_dumb_terminal_gets_no_console_but_all_commands(site: SimulatedSite, tmp_path: Path) -> None:
    file = str(site.file)
    assert "TERM=dumb" in said(hsops("--site", file, home=tmp_path, terminal=True, TERM="dumb"), USAGE)
    listed = hsops("get", "ceph.host", "--site", file, home=tmp_path, terminal=True, TERM="dumb")
    assert said(listed, 0) == ""
    assert "sto-001" in listed.stdout
    assert "\x1b" not in listed.stdout, "a dumb terminal shows escapes as rubbish"


def test_a_home_that_cannot_be_written_stops_nothing(site: SimulatedSite, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"  # not even root can make a folder there
    done = hsops("get", "ceph.host", "-o", "name", "--site", str(site.file), home=home)
    assert said(done, 0) == ""
    assert len(done.stdout.splitlines()) == 3


# -- wrong requests


WRONG: dict[str, tuple[Sequence[str], str]] = {
    "unknown kind": (["get", "serfer"], "did you mean server"),
    "unknown column": (["get", "server", "--sort-by", "nmae"], "name"),
    "bad regex": (["get", "server", "--filter", "("], "("),
    "bad label": (["get", "server", "-l", "a in (b"], "a in (b"),
    "bad output": (["get", "server", "-o", "jason"], "json"),
    "bad jsonpath": (["get", "server", "-o", "jsonpath={.items[}"], "not understood"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests_are_told_in_one_sentence(site: SimulatedSite, tmp_path: Path, name: str) -> None:
    words, hint = WRONG[name]
    done = hsops(*words, "--site", str(site.file), home=tmp_path)
    told = said(done, USAGE)
    assert hint in told
    assert done.stdout == ""


def test_a_wrong_site_file_is_told_with_all_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("site: s\ntier: lb\nsystems:\n  - plugin: promethues\n")
    told = said(hsops("get", "server", "--site", str(file), home=tmp_path), USAGE)
    assert f"{file}:2: " in told
    assert f"{file}:4: " in told


def test_no_site_at_all_says_how_to_get_one(tmp_path: Path) -> None:
    told = said(hsops("get", "server", home=tmp_path), USAGE)
    assert "hsops site init" in told


# -- systems that fail


def test_an_unreachable_system_gives_9_and_nothing_on_stdout(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("api.refused", "prometheus")
    done = hsops("get", "target", "-o", "json", "--site", str(site.file), home=tmp_path)
    told = said(done, UNREACHABLE)
    assert "prometheus cannot be reached: Connection refused" in told
    assert not done.stdout.strip() or json.loads(done.stdout)["items"] == []


def test_what_could_not_be_asked_is_not_called_empty(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("api.refused", "prometheus")
    told = said(hsops("get", "target", "--site", str(site.file), home=tmp_path), UNREACHABLE)
    assert "there are no" not in told
    assert told.count("\n") == 1, told


def test_a_hanging_system_is_given_up(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("api.silent", "prometheus")
    file = site_file(site.file, tmp_path, prometheus={"timeout": 0.5})
    told = said(hsops("get", "target", "--site", str(file), home=tmp_path), UNREACHABLE)
    assert "prometheus cannot be reached: no " in told, "no answer, or on a busy machine no connection, in time"


def test_missing_credentials_give_8(site: SimulatedSite, tmp_path: Path) -> None:
    file = site_file(site.file, tmp_path, prometheus={"token": {"env": "NO_SUCH_VARIABLE"}})
    told = said(hsops("get", "target", "--site", str(file), home=tmp_path), PERMISSION)
    assert "NO_SUCH_VARIABLE is not set → export NO_SUCH_VARIABLE" in told


def test_a_forbidden_kind_gives_8(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("api.forbidden", "openstack/compute", path="/os-aggregates")
    told = said(hsops("get", "aggregate", "--site", str(site.file), home=tmp_path), PERMISSION)
    assert "does not permit it" in told


def test_a_partial_answer_gives_7_and_the_rows_that_there_are(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("api.garbage", "prometheus", path="/targets")
    done = hsops("get", "target,ceph.host", "-o", "json", "--site", str(site.file), home=tmp_path)
    told = said(done, PARTLY)
    assert "prometheus" in told
    items: list[dict[str, Any]] = json.loads(done.stdout)["items"]
    assert {item["kind"] for item in items} == {"ceph.host"}


def test_status_tells_every_layer_while_one_is_gone(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("api.refused", "ceph")
    done = hsops("status", "--site", str(site.file), home=tmp_path)
    assert done.returncode not in (0, 1, USAGE)
    said(done, done.returncode)
    for system in ("ceph", "openstack", "prometheus", "alertmanager"):
        assert system in done.stdout


# -- names


def test_hostile_names_are_harmless_in_tables_and_whole_in_json(site: SimulatedSite, tmp_path: Path) -> None:
    hostile = rename_servers(site)
    words = ("get", "server", "--site", str(site.file))
    table = hsops(*words, home=tmp_path)
    assert said(table, 0) == ""
    lines = table.stdout.splitlines()
    assert len(lines) == 13, "one line a server"
    assert all(harmless(line) and len(line) < 2000 for line in lines)
    exact = hsops(*words, "-o", "json", home=tmp_path)
    said(exact, 0)
    names = {item["metadata"]["id"]: item["metadata"]["name"] for item in json.loads(exact.stdout)["items"]}
    assert {server: names[server] for server in hostile} == hostile, "a program gets the names as they are"
    assert "\x1b" not in exact.stdout, "json escapes them"


def test_a_name_with_line_ends_is_one_record_of_csv(site: SimulatedSite, tmp_path: Path) -> None:
    site.inject("server.name", "", name="newline")
    done = hsops("get", "server", "-o", "csv", "--site", str(site.file), home=tmp_path)
    said(done, 0)
    records = list(csv.reader(io.StringIO(done.stdout, newline="")))
    assert len(records) == 13
    assert len({len(record) for record in records}) == 1
