"""`worker`: runs that were left for it, runs of dead processes, systemd's protocol, the end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Toy

PATIENCE = 60.0


class Workers:
    """Workers in processes of their own; all end with the test."""

    def __init__(self, toy: Toy, folder: Path) -> None:
        self._toy = toy
        self._folder = folder
        self.all: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **environment: str) -> tuple[subprocess.Popen[str], Path]:
        """Start one and wait until it is ready; gives the file with its log."""
        log = self._folder / f"worker-{len(self.all)}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "hsops.cli", "worker", *arguments],
                env={**self._toy.environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
            )
        self.all.append(process)
        until(lambda: "ready" in log.read_text() or process.poll() is not None, "the worker to be ready")
        assert process.poll() is None, process.communicate()
        return process, log

    def end(self) -> None:
        """End all."""
        for process in self.all:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def workers(toy: Toy, tmp_path: Path) -> Iterator[Workers]:
    found = Workers(toy, tmp_path)
    yield found
    found.end()


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def status_of(toy: Toy, run: str) -> dict[str, Any]:
    status: dict[str, Any] = toy.run("runs", "show", run, "-o", "json").json["status"]
    return status


def test_it_does_what_was_left_for_it_and_lets_go_at_the_end(toy: Toy, workers: Workers) -> None:
    before = toy.truth()
    left = toy.finished("run", "box.empty", "--box", "b1", "--yes", "--detach")
    run = left.out.strip()
    assert left.code == 0
    assert "no worker is alive → hsops worker" in left.err
    assert status_of(toy, run)["status"] == "queued"
    assert toy.truth() == before
    worker, log = workers.start("-o", "json")
    until(lambda: status_of(toy, run)["status"] == "done", "the run to be done")
    assert [job["box"] for job in toy.truth()["jobs"]] == ["b2", "b2", "b2"]
    again = toy.finished("run", "box.empty", "--box", "b2", "--yes", "--detach")
    assert f"/{worker.pid} → hsops runs logs" in again.err, "somebody is there"
    until(lambda: status_of(toy, again.out.strip())["status"] == "done", "the second run")
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=PATIENCE)
    assert (worker.returncode, err) == (0, "")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["status"] for line in lines if line["kind"] == "worker"] == ["ready", "ending"]
    told = [line["status"] for line in lines if line["run"] == run and line["kind"] == "run"]
    assert told == ["submitted", "running", "done"]


def test_a_worker_that_is_killed_is_replaced_by_the_other(toy: Toy, workers: Workers) -> None:
    """Two workers on one store: exactly one works on the run, and when it dies the other goes on."""
    toy.world(slow=0.5, jobs=[{"id": f"j{number}", "box": "b1"} for number in range(8)])
    pair = [workers.start() for _ in range(2)]
    run = toy.finished("run", "box.empty", "--box", "b1", "--yes", "--detach").out.strip()
    until(lambda: any(job["box"] != "b1" for job in toy.truth()["jobs"]), "some work")
    owner = status_of(toy, run)["owner"]
    (mine,) = [index for index, (process, _) in enumerate(pair) if owner.endswith(f"/{process.pid}")]
    assert run not in pair[1 - mine][1].read_text()
    pair[mine][0].kill()
    until(lambda: status_of(toy, run)["status"] == "done", "the other one to finish it")
    assert f"adopted: goes on with run {run}" in pair[1 - mine][1].read_text()
    assert all(job["box"] == "b2" for job in toy.truth()["jobs"])


def test_sigterm_in_mid_run_lets_the_effect_end_and_leaves_the_rest(toy: Toy, workers: Workers) -> None:
    toy.world(slow=0.5, jobs=[{"id": f"j{number}", "box": "b1"} for number in range(8)])
    worker, log = workers.start()
    run = toy.finished("run", "box.empty", "--box", "b1", "--yes", "--detach").out.strip()
    until(lambda: any(job["box"] != "b1" for job in toy.truth()["jobs"]), "some work")
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=PATIENCE)
    assert (worker.returncode, err) == (0, "")
    assert f"lets go of {run}" in log.read_text()
    status = status_of(toy, run)
    assert (status["status"], status["owner_alive"]) == ("running", False)
    workers.start()
    until(lambda: status_of(toy, run)["status"] == "done", "the next worker to finish it")


def test_systemd_hears_of_it(toy: Toy, workers: Workers, tmp_path: Path) -> None:
    place = os.path.relpath(tmp_path / "notify")  # a socket's path is short
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(place)
        channel.settimeout(PATIENCE)
        worker, _ = workers.start(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="400000")
        heard = ""
        while heard.count("WATCHDOG=1") < 2:
            heard += channel.recv(4096).decode() + "\n"
        assert heard.startswith("READY=1\nSTATUS=works on runs of fra1\n")
        worker.send_signal(signal.SIGTERM)
        while "STOPPING=1" not in heard:
            heard += channel.recv(4096).decode() + "\n"
    assert worker.wait(PATIENCE) == 0


def test_a_wrong_form(toy: Toy) -> None:
    got = toy.run("worker", "-o", "csv")
    assert (got.code, got.err) == (2, "hsops: there is no output csv → text or json\n")
