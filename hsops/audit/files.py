"""The files of one log: ``audit.jsonl`` is written, ``audit.000001.jsonl`` and so on came before it."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 10.0
"""Seconds to wait for another process to let go of the lock; it holds it for less than a millisecond."""
_OPEN = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


def numbered(path: Path) -> Sequence[Path]:
    """The files that were closed, oldest first."""
    shape = re.compile(re.escape(path.stem) + r"\.(\d{6,})" + re.escape(path.suffix))
    found = [(int(match[1]), file) for file in _siblings(path) if (match := shape.fullmatch(file.name))]
    return [file for _, file in sorted(found)]


def _siblings(path: Path) -> Sequence[Path]:
    try:
        return list(path.parent.iterdir())
    except OSError:
        return ()


def all_files(path: Path) -> Sequence[Path]:
    """Every file of the log, oldest first."""
    return [*numbered(path), *([path] if path.exists() else [])]


def next_number(path: Path) -> Path:
    """The name under which the present file is closed."""
    before = numbered(path)
    last = int(before[-1].name.split(".")[-2]) if before else 0
    return path.with_name(f"{path.stem}.{last + 1:06}{path.suffix}")


def open_private(path: Path) -> int:
    """Open for appending, 0600, made when it is not there. Raises OSError."""
    handle = os.open(path, _OPEN, 0o600)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "is no regular file", str(path))
        if stat.S_IMODE(found.st_mode) != 0o600:
            os.fchmod(handle, 0o600)
    except BaseException:
        os.close(handle)
        raise
    return handle


def is_same(handle: int, path: Path) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        named, held = os.stat(path, follow_symlinks=False), os.fstat(handle)
    except FileNotFoundError:
        return False
    return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file of the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Be the only process that writes the log of that path. Raises OSError, TimeoutError."""
    lock = path.with_suffix(".lock")
    handle = _locked(lock, time.monotonic() + patience)
    try:
        yield
    finally:
        os.close(handle)  # which unlocks


def _is_ours(handle: int, lock: Path) -> bool:
    """Whether the file could be locked; closed when not. Raises OSError where files cannot be locked at all."""
    ours = False
    try:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = is_same(handle, lock)  # else somebody removed the file: others lock another one
    finally:
        if not ours:
            os.close(handle)
    return ours


def _locked(lock: Path, deadline: float) -> int:
    pause = 0.0005
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if _is_ours(handle, lock):
            return handle
        if time.monotonic() > deadline:
            raise TimeoutError(0, "another process holds it locked and does not go on", str(lock))
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
