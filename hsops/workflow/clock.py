"""Clocks, and who this process is on this machine."""

from __future__ import annotations

import os
import secrets
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_wall = time.time
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boottime() -> float:
    """Seconds since boot, those asleep and stopped included; no wall clock jump moves it."""
    return time.clock_gettime(_CLOCK)


def now() -> datetime:
    """The time, UTC. For people to read: nothing is decided by it but when a wait that was taken over began."""
    return datetime.fromtimestamp(_wall(), UTC)


def moment(epoch: float | None) -> datetime | None:
    """Epoch seconds as a time."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


@dataclass(frozen=True, slots=True)
class Identity:
    """One start of one process. `executor` is never used twice: a shared one makes a second console run a run again."""

    executor: str
    host: str
    place: str
    """Kernel boot and pid namespace: pids of two processes can be compared only when it is equal. May be empty."""
    pid: int
    birth: str
    """When the process started, in the kernel's own unit: tells a pid from its next user."""

    @classmethod
    def here(cls, role: str = "") -> Identity:
        """A new identity of this process; `role` begins its name, so that others can tell what it is there for."""
        host, pid = socket.gethostname(), os.getpid()
        return cls(f"{role}{host}-{pid}-{secrets.token_hex(4)}", host, _place(), pid, birth_of(pid))


def is_gone(place: str, pid: int, birth: str) -> bool:
    """Whether that process has certainly ended. False when it cannot be known from here."""
    if not place or place != _place():
        return False
    return birth_of(pid) != birth


def is_of_another_boot(place: str) -> bool:
    """Whether that process lived before this machine was started last; only for processes of this machine."""
    mine = _place()
    return bool(place and mine) and place.partition("/")[0] != mine.partition("/")[0]


def birth_of(pid: int) -> str:
    """The start time of a process; empty when there is no such process or no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = stat[stat.rindex(")") + 2 :].split()
    return "" if state in "ZX" else rest[18]


def _place() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
