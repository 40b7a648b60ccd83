"""Adding lines to the log: one process at a time, each line whole or not at all, the chain going on across files."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hsops.audit import files
from hsops.audit.entry import Entry, chained, entry_of, line_of, made

MOST = 16 * 2**20
"""Bytes after which a file is closed and the next one begun."""
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Tail:
    """Where the chain ends."""

    seq: int = 0
    hash: str = ""


class Appender:
    """The writing end. Its calls block and may come from several threads. Raises OSError."""

    def __init__(self, path: Path, *, most: int = MOST, patience: float = files.PATIENCE) -> None:
        self.path = path
        self._most = most
        self._patience = patience
        self._handle = -1
        self._size = 0
        self._tail = Tail()
        self._written = 0
        self._synced = 0
        self._lock = threading.Lock()
        self._syncing = threading.Lock()

    def close(self) -> None:
        """Let go of the file."""
        if self._written > self._synced:
            self.sync()
        with self._lock:
            self._drop()

    def append(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Add entries; on return a crash of this process does not lose them. `sync` makes them survive a power cut."""
        with self._lock:
            if self._handle < 0:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with files.locked(self.path, self._patience):
                found = self._ready()
                placed = [self._add(entry) for entry in [*found, *entries]]
            return placed[len(found) :]

    def sync(self) -> None:
        """Everything that was added survives a power cut. One waits for the disk on behalf of all who wait."""
        mine = self._written
        with self._syncing:
            if self._synced >= mine:
                return
            with self._lock:
                if self._handle < 0:
                    return
                upto, handle = self._written, os.dup(self._handle)
            try:
                os.fdatasync(handle)
            finally:
                os.close(handle)
            self._synced = max(self._synced, upto)

    # -- under the lock

    def _ready(self) -> Sequence[Entry]:
        """Open the file that is written now and know its end; gives what has to be told of it."""
        if self._handle >= 0 and not files.is_same(self._handle, self.path):
            os.fdatasync(self._handle)  # another process has closed it; what we wrote there must last
            self._drop()
        if self._handle < 0:
            is_new = not self.path.exists()
            self._handle = files.open_private(self.path)
            self._size = -1
            if is_new:
                files.sync_folder(self.path.parent)
        size = os.fstat(self._handle).st_size
        if size == self._size:
            return ()
        told = self._keep_torn(size)
        self._size = os.fstat(self._handle).st_size
        self._tail = tail_of(self.path)
        return told

    def _keep_torn(self, size: int) -> Sequence[Entry]:
        """A process died as it wrote, or the power went: the piece goes into a file of its own, and the log says so."""
        torn = _torn(self._handle, size)
        if not torn:
            return ()
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        aside = self.path.with_name(f"{self.path.stem}.torn-{stamp}")
        _keep(aside, torn)
        os.ftruncate(self._handle, size - len(torn))
        data = {"bytes": len(torn), "kept": aside.name, "sha256": hashlib.sha256(torn).hexdigest()}
        return (_note("log.torn", "the last line was not whole: a process died as it wrote it", data),)

    def _add(self, entry: Entry) -> Entry:
        placed = chained(entry, self._tail.seq + 1, self._tail.hash)
        line = line_of(placed) + b"\n"
        if self._size and self._size + len(line) > self._most:
            self._rotate()
        self._put(line)
        self._size += len(line)
        self._tail = Tail(placed.seq, placed.hash)
        self._written += 1
        return placed

    def _put(self, line: bytes) -> None:
        """The whole line or nothing of it."""
        try:
            count = os.write(self._handle, line)
            if count != len(line):
                count += os.write(self._handle, line[count:])  # says why it was cut short
            if count != len(line):
                raise OSError(0, "was written only in part", str(self.path))
        except OSError:
            os.ftruncate(self._handle, self._size)
            raise

    def _rotate(self) -> None:
        os.fdatasync(self._handle)
        closed = files.next_number(self.path)
        os.rename(self.path, closed)
        self._drop()
        self._handle = files.open_private(self.path)
        files.sync_folder(self.path.parent)
        self._size = 0

    def _drop(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle, self._size = -1, -1


def _note(what: str, result: str, data: dict[str, Any]) -> Entry:
    return made(
        what, who="", command=(), data=data, result=result, site="", tier="", system="", target="", run="", reason=""
    )


def _keep(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)


def tail_of(path: Path) -> Tail:
    """The end of the chain: of the last line that there is, in the newest file that has one."""
    for file in reversed(files.all_files(path)):
        with file.open("rb") as open_file:
            line = _last(open_file.fileno()).rstrip(b"\n")
        if line:
            entry = entry_of(line)
            if entry is not None:
                return Tail(entry.seq, entry.hash)
            # Somebody wrote over it. The chain goes on from what is there; checking it says where it broke.
            return Tail(_seq_before(path), hashlib.sha256(line).hexdigest())
    return Tail()


def _seq_before(path: Path) -> int:
    """Lines there are: the best guess at a number when the last one cannot be read."""
    count = 0
    for file in files.all_files(path):
        with file.open("rb") as open_file:
            count += sum(1 for _ in open_file)
    return count


def _torn(handle: int, size: int) -> bytes:
    """What stands after the last line feed."""
    return _backwards(handle, size, lambda found: b"\n" in found).rpartition(b"\n")[2] if size else b""


def _last(handle: int) -> bytes:
    """The last whole line with its line feed."""
    size = os.fstat(handle).st_size
    found = _backwards(handle, size, lambda found: found.count(b"\n") > 1)
    whole = found[: found.rfind(b"\n") + 1]
    return whole[whole[:-1].rfind(b"\n") + 1 :]


def _backwards(handle: int, size: int, enough: Callable[[bytes], bool]) -> bytes:
    found, place = b"", size
    while place and not enough(found):
        step = min(_PIECE, place)
        place -= step
        found = os.pread(handle, step, place) + found
    return found
