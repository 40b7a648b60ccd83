"""On which addresses processes listen, from /proc."""

from __future__ import annotations

import ipaddress
import os
import struct
from collections.abc import Iterable
from pathlib import Path

LISTEN = "0A"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def listening(pids: Iterable[int]) -> list[Address]:
    """The local address of every TCP socket on which one of these processes listens."""
    ours = {inode for pid in pids for inode in _sockets(pid)}
    return [address for inode, address in _listeners() if inode in ours]


def _sockets(pid: int) -> set[str]:
    """Inode numbers of the sockets a process holds; none when it has ended."""
    found: set[str] = set()
    try:
        for entry in os.scandir(f"/proc/{pid}/fd"):
            name = os.readlink(entry.path)
            if name.startswith("socket:["):
                found.add(name[len("socket:[") : -1])
    except OSError:
        return found
    return found


def _listeners() -> list[tuple[str, Address]]:
    lines = [line for file in ("tcp", "tcp6") for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]]
    rows = [line.split() for line in lines]
    return [(row[9], _address(row[1].split(":")[0])) for row in rows if row[3] == LISTEN]


def _address(words: str) -> Address:
    """The kernel prints 32-bit words in the byte order of the machine."""
    raw = b"".join(struct.pack("=I", int(words[start : start + 8], 16)) for start in range(0, len(words), 8))
    return ipaddress.ip_address(raw)
