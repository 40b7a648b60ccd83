"""Errors are one sentence on stderr and an exit code; stdout has data only."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Toy


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("get", "bxo"), "there is no kind bxo → did you mean bx"),
        (("get", "server"), "no open site has a system of the plugin openstack"),
        (("get", "box", "-o", "jsno"), "there is no output jsno → did you mean json"),
        (("get", "box", "-f", "xml"), "there is no format xml"),
        (("get", "box", "-o", "json", "-f", "json"), "exclude each other"),
        (("get", "box", "-c", "nmae"), "toy.box has no column nmae → did you mean name"),
        (("get", "box", "--sort-by", "zzz"), "toy.box has no column zzz → known: health, id,"),
        (("get", "box", "--filter", "(a+)+"), "could take for ever"),
        (("get", "box", "-l", "a b"), "the label selector is not understood"),
        (("get", "box", "-o", "jsonpath={.a"), "a brace of the template has no partner"),
        (("get", "box", "-o", "jsonpath={.a[}"), "is not understood"),
        (("get", "box", "-o", "jsonpath"), "needs a value"),
        (("get", "box", "-o", "custom-columns=x"), "is no custom column"),
        (("get", "box", "--quote", "some", "-f", "csv"), "there is no quoting some"),
        (("get", "box,job", "-w"), "-w follows one kind"),
        (("get", "box", "--site", "fra2"), "there is no site fra2"),
        (("get",), "hsops get: missing argument 'KIND' → hsops get --help"),
        (("get", "box", "--nope"), "no such option"),
        (("gte", "box"), "no such command 'gte'. Did you mean 'get'? → hsops --help"),
        (("describe", "box"), "which one? → hsops describe box NAME"),
        (("impact", "h1"), "h1 is no reference"),
        (("run", "box.empyt"), "there is no workflow box.empyt → did you mean box.empty"),
        (("run", "--box", "b1"), "the workflow comes before --box"),
        (("run", "box.empty", "--bxo", "b1"), "there is no input --bxo (did you mean --box?)"),
        (("run", "box.empty", "--box"), "--box needs a value"),
        (("run", "box.empty"), "--box is required"),
        (("run", "box.empty", "--box", "b1", "--plan", "--yes"), "exclude each other"),
        (("run", "box.empty", "--box", "b1", "--force", "x", "--plan"), "--force x: a value is missing"),
        (("events", "-o", "xml"), "events are not written as xml"),
        (("site", "init", "--tier", "production"), "there is no tier production"),
    ],
)
def test_wrong_requests_are_2(toy: Toy, arguments: tuple[str, ...], part: str) -> None:
    got = toy.run(*arguments)
    assert got.code == 2
    assert got.out == ""
    assert part in got.err
    assert len(got.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("fault", "code", "part"),
    [
        ("unreachable", 9, "toy cannot be reached: it says unreachable → is the box on?"),
        ("auth", 8, "toy does not accept the credentials: it says auth → log in again"),
        ("forbidden", 8, "it says forbidden → ask for the reader role"),
        ("bad", 1, "it says bad"),
    ],
)
def test_a_system_that_fails(toy: Toy, fault: str, code: int, part: str) -> None:
    toy.world(fail=fault)
    got = toy.run("get", "box")
    assert (got.code, got.out) == (code, "")
    assert part in got.err
    assert toy.run("get", "box", "-o", "json").json["items"] == [], "a program gets its document"


def test_a_part_that_fails_is_7_and_the_rest_is_shown(toy: Toy) -> None:
    toy.world(fail_jobs="forbidden")
    got = toy.run("get", "box,job", "-o", "json")
    assert got.code == 7
    assert len(got.json["items"]) == 3
    assert "toy toy.job does not permit it: it says forbidden" in got.err
    toy.world(missing=["boxes of cell 2"])
    got = toy.run("get", "box")
    assert got.code == 7
    assert "not in the answer: boxes of cell 2" in got.err
    assert len(got.out.splitlines()) == 4


def test_one_site_down_is_7(toy: Toy) -> None:
    toy.site("ber1", "berlin.json")
    toy.world("berlin.json", fail="unreachable")
    got = toy.run("get", "box", "-o", "json")
    assert got.code == 7
    assert len(got.json["items"]) == 3
    assert "ber1/toy cannot be reached" in got.err


def test_a_wrong_site_file_is_told_whole(toy: Toy) -> None:
    toy.file.write_text("site: a b\ntier: lab\nsystems:\n  - plugin: toy\n    pth: x\n")
    got = toy.run("get", "box")
    assert got.code == 2
    assert [line.partition(" →")[0] for line in got.err.splitlines()] == [
        f"hsops: {toy.file}:1: site is not a name",
        f"{toy.file}:4: toy: path is missing",
        f"{toy.file}:5: toy: unknown key pth",
    ]


def test_a_missing_secret(toy: Toy) -> None:
    toy.site("fra1", "world.json", more="    token: {env: TOY_TOKEN}\n")
    got = toy.run("get", "box")
    assert got.code == 8
    assert "TOY_TOKEN is not set" in got.err


def test_no_site_at_all(toy: Toy) -> None:
    toy.file.unlink()
    got = toy.run("status")
    assert got.code == 2
    assert "hsops site init" in got.err
    assert "hsops demo" in got.err


def test_debug_shows_the_traceback(toy: Toy) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "hsops.cli", "get", "nope"], env=toy.environment(HSOPS_DEBUG="1"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 2
    assert "Traceback" in process.stderr
    assert "there is no kind nope" in process.stderr.splitlines()[-1]


def test_a_closed_pipe_is_quiet(toy: Toy) -> None:
    toy.world(boxes=[{"id": f"b{number}"} for number in range(20_000)])
    process = toy.process("get", "box", "-o", "json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(60) == 141


def test_ctrl_c_is_130(toy: Toy) -> None:
    process = toy.process("get", "box", "-w")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("NAME")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == ""


@pytest.mark.parametrize("home", ["/proc/no-such-home", "file"])
def test_no_write_access_to_home(toy: Toy, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("HSOPS_CONFIG_DIR", str(toy.config))
    (toy.home / "file").write_text("")
    monkeypatch.setenv("HOME", home if home.startswith("/") else str(toy.home / home))
    got = toy.run("get", "box")
    assert (got.code, got.err) == (0, "")
    got = toy.run("doctor")
    assert "cannot be written: runs and history are not kept" in got.out
    assert "set HSOPS_STATE_DIR" in got.out
    got = toy.run("runs")
    assert got.code == 1
    assert "HSOPS_STATE_DIR" in got.err


def test_the_console_needs_a_terminal(toy: Toy) -> None:
    for arguments in ((), ("demo",)):
        got = toy.finished(*arguments)
        assert (got.code, got.out) == (2, "")
        assert "needs a terminal" in got.err
        assert "hsops status" in got.err


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_is_refused_with_a_hint(toy: Toy, term: str) -> None:
    master, slave = pty.openpty()
    try:
        process = subprocess.run(
            [sys.executable, "-m", "hsops.cli"], env=toy.environment(TERM=term), stdin=slave, stdout=slave,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(master)
        os.close(slave)
    assert process.returncode == 2
    assert "cannot show the console" in process.stderr
    assert "hsops get KIND" in process.stderr


def test_a_locale_that_is_not_utf_8(toy: Toy, tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "hsops.cli", "get", "box"], capture_output=True, text=True, check=False,
        env=toy.environment(PYTHONIOENCODING="latin-1", PYTHONUTF8="0"), encoding="latin-1",
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert "x down" in process.stdout
    assert process.stdout.isascii()
