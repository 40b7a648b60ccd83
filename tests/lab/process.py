"""Processes of the lab: started in a session of their own, recorded by id and start time, stopped by id only.

A record is a file ``run/NAME.pid`` with the process id and its start time in clock ticks (field 22 of
``/proc/PID/stat``), so that a process id used again by somebody else is never taken for ours.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.command import environment, which
from tests.lab.errors import LabError, tail
from tests.lab.place import Place
from tests.lab.waiting import wait_until

GRACE = 30.0


@dataclass(frozen=True)
class Process:
    """A recorded process; it may have ended since."""

    name: str
    pid: int
    born: int
    """Start time in clock ticks since boot."""

    @property
    def started(self) -> float:
        """When it was started, in seconds since 1970 (to the second: the kernel's boot time is no finer)."""
        lines = Path("/proc/stat").read_text().splitlines()
        boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
        return boot + self.born / os.sysconf("SC_CLK_TCK")

    @property
    def alive(self) -> bool:
        """Is exactly this process still there?"""
        return born(self.pid) == self.born


def born(pid: int) -> int | None:
    """The start time of a process, None when it is gone; one that waits to be reaped counts as gone."""
    fields = _stat(pid)
    if fields is None:
        return None
    if fields[0] == "Z":
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        return None
    return int(fields[19])


def _stat(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` after the command name."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(") ")[2].split()
    except OSError:
        return None


def recorded(place: Place) -> dict[str, Process]:
    """Every process this system has on record, by name, oldest first."""
    found = [process for file in place.run.glob("*.pid") if (process := _read(file)) is not None]
    return {process.name: process for process in sorted(found, key=lambda process: process.born)}


def _read(file: Path) -> Process | None:
    try:
        pid, ticks = file.read_text().split()
        return Process(file.stem, int(pid), int(ticks))
    except (OSError, ValueError):
        return None


def alive(place: Place, name: str) -> bool:
    """Does the process recorded under this name still run?"""
    process = _read(place.run / f"{name}.pid")
    return process is not None and process.alive


def start(place: Place, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> bool:
    """Start a program unless it runs already; True when it was started now.

    Its output goes to ``log/NAME.log``.  Wrappers that ``exec`` (``unshare``, ``setpriv``, ``env``) keep the id.
    """
    if alive(place, name):
        return False
    if which(argv[0]) is None:
        raise LabError(f"{place.system}: {argv[0]} is not installed: run `python -m tests.lab install`")
    log = place.log(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    place.run.mkdir(parents=True, exist_ok=True)
    pid = _spawn(["env", "-C", str(place.folder), *argv], log, environment(env))
    (place.run / f"{name}.pid").write_text(f"{pid} {born(pid)}\n")
    return True


def _spawn(argv: Sequence[str], log: Path, env: Mapping[str, str]) -> int:
    """posix_spawn and not subprocess: nobody here waits for a server that outlives this program."""
    actions: list[tuple[object, ...]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(which(argv[0]) or argv[0], list(argv), env, file_actions=actions, setsid=True)


def stop(place: Place, names: Iterable[str], *, sign: signal.Signals = signal.SIGTERM, grace: float = GRACE) -> None:
    """Ask the named processes to end by ``sign``, all at once; kill after ``grace`` seconds what is still there."""
    known = recorded(place)
    ours = [known[name] for name in names if name in known]
    for step, seconds in ((sign, grace), (signal.SIGKILL, 30.0)):
        left = [process for process in ours if process.alive]
        for process in left:
            _signal(process, step)
        _wait_gone(left, seconds)
    for process in ours:
        if process.alive:
            raise LabError(f"{place.system}: {process.name} (pid {process.pid}) does not end, not even by SIGKILL")
        (place.run / f"{process.name}.pid").unlink(missing_ok=True)


def kill(place: Place, name: str) -> None:
    """Kill one process at once, as a crash would; its record stays."""
    process = _read(place.run / f"{name}.pid")
    if process is None or not process.alive:
        raise LabError(f"{place.system}: {name} does not run")
    _signal(process, signal.SIGKILL)
    wait_until(lambda: not process.alive, f"the end of {name}", seconds=30, pause=0.02)


def _signal(process: Process, sign: signal.Signals) -> None:
    """To the whole group when it leads one (workers end with it), else to the process."""
    with suppress(ProcessLookupError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, sign)
        else:
            os.kill(process.pid, sign)


def _wait_gone(processes: Sequence[Process], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and any(process.alive for process in processes):
        time.sleep(0.05)


def must_live(place: Place, name: str) -> None:
    """Raise :class:`LabError` with the end of its log when a process that should run has ended."""
    if not alive(place, name):
        raise LabError(f"{place.system}: {name} has ended:\n{tail(place.log(name))}")


def memory(processes: Iterable[Process]) -> int:
    """Bytes held by these processes and all below them, shared pages counted once (PSS)."""
    return sum(map(_pss, family(process.pid for process in processes if process.alive)))


def family(pids: Iterable[int]) -> set[int]:
    """These processes and all below them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))) is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    todo, seen = list(pids), set[int]()
    while todo:
        pid = todo.pop()
        if pid not in seen:
            seen.add(pid)
            todo += children.get(pid, [])
    return seen


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
