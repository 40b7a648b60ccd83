"""What the lab knows about one system, and how it starts, stops and judges it."""

from __future__ import annotations

import hashlib
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import process
from tests.lab.errors import LabError
from tests.lab.place import Place, place, root
from tests.lab.report import say

ATTEMPTS = 3
Description = Mapping[str, object]


@dataclass(frozen=True)
class System:
    """One system of the lab.

    ``up`` must be idempotent: it creates what is missing and starts what does not run.  ``check`` does one real
    operation and says what it saw.  ``describe`` gives what a client needs; ``env.json`` holds it for the system.
    """

    name: str
    packages: tuple[str, ...]
    up: Callable[[Place], None]
    check: Callable[[Place], str]
    describe: Callable[[Place], Description]
    made_from: tuple[Path, ...]
    """Files and folders that decide what its state looks like: when one of them changes, it is made anew."""
    stop_last: tuple[tuple[str, ...], ...] = ()
    """Groups of process names to stop one after the other, after all the rest."""
    stop_signal: signal.Signals = signal.SIGTERM
    """What makes its servers end in an orderly way without waiting for their clients."""
    purge: Callable[[Place], None] | None = None
    """Undo what lies outside the state folder."""

    @property
    def place(self) -> Place:
        """Its folder and ports."""
        return place(self.name)


@dataclass(frozen=True)
class State:
    """How a system is just now: ``up``, ``degraded`` (a process has ended), ``starting`` or ``down``."""

    word: str
    processes: Mapping[str, process.Process]
    memory: int
    """Bytes, shared pages counted once."""

    @property
    def ended(self) -> list[str]:
        """Names of the recorded processes that run no more."""
        return [name for name, found in self.processes.items() if not found.alive]


def up(system: System) -> float:
    """Start a system, at most :data:`ATTEMPTS` times; the seconds it took.

    One that was never ready loses its half-made state before the last attempt; one that has been ready keeps its data.
    """
    begin = time.monotonic()
    _retire(system)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _up_once(system)
        except LabError as error:
            if attempt == ATTEMPTS:
                raise
            say(system.name, f"attempt {attempt} failed, starting again: {error}")
            down(system, purge=attempt == ATTEMPTS - 1 and not _was_ready(system))
        else:
            break
    seconds = time.monotonic() - begin
    say(system.name, f"ready after {seconds:.1f} s")
    return seconds


def _retire(system: System) -> None:
    """Remove what another version of the lab made: an old server must not answer for a new description of it."""
    version, now = system.place.folder / "version", _version(system)
    made = (system.place.folder / "done").exists()
    if made and (not version.exists() or version.read_text() != now):
        say(system.name, "made by another version of the lab, starting from nothing")
        down(system, purge=True)
    system.place.folder.mkdir(parents=True, exist_ok=True)
    version.write_text(now)


def _version(system: System) -> str:
    files = [file for path in system.made_from for file in ([path] if path.is_file() else sorted(path.iterdir()))]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _up_once(system: System) -> None:
    where = system.place
    for part in (root(), where.folder):
        part.mkdir(parents=True, exist_ok=True)
        part.chmod(0o755)  # servers run under names of their own
    where.make("run")
    where.make("log")
    if state(system, measure=False).word != "up":  # else nobody should see it as gone meanwhile
        _mark(system).unlink(missing_ok=True)
    system.up(where)
    _mark(system).touch()
    (where.folder / "done").mkdir(exist_ok=True)
    (where.folder / "done" / "ready").touch()


def down(system: System, *, purge: bool = False) -> None:
    """Stop every process of a system; ``purge`` also removes its state."""
    where = system.place
    _mark(system).unlink(missing_ok=True)
    last = [name for group in system.stop_last for name in group]
    first = tuple(name for name in process.recorded(where) if name not in last)
    for group in (first, *system.stop_last):
        process.stop(where, group, sign=system.stop_signal)
    if purge:
        if system.purge is not None:
            system.purge(where)
        if where.folder.exists():
            shutil.rmtree(where.folder)


def state(system: System, *, measure: bool = True) -> State:
    """How a system is; ``measure=False`` leaves out its memory, which costs a walk over /proc."""
    found = process.recorded(system.place)
    living = [one for one in found.values() if one.alive]
    if not living:
        word = "down"
    elif not _mark(system).exists():
        word = "starting"
    else:
        word = "up" if len(living) == len(found) else "degraded"
    return State(word, found, process.memory(living) if measure else 0)


def ready(system: System) -> bool:
    """Has its start been finished and does at least one of its processes run?"""
    return state(system, measure=False).word in ("up", "degraded")


def _mark(system: System) -> Path:
    return system.place.run / "ready"


def _was_ready(system: System) -> bool:
    return (system.place.folder / "done" / "ready").exists()


@contextmanager
def once(where: Place, step: str) -> Iterator[bool]:
    """``with once(place, "schema") as todo``: true until the block has ended well one time.

    A step that breaks off is done again, so it has to bear its own remains.
    """
    mark = where.folder / "done" / step
    todo = not mark.exists()
    yield todo
    if todo:
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
        say(where.system, f"{step} done")
