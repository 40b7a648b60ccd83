"""Where a placement group belongs: a cheap, stable stand-in for CRUSH.

Like CRUSH it picks each replica on its own by hashing, never two on one host, and rejects what is out or has less
weight; so a change of one OSD moves only the groups that had looked at it. `considered` tells which those are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hsops.simulator.cephvalues import Osd

_MASK = (1 << 64) - 1
TRIES = 50


class Placement(NamedTuple):
    """The result: the OSDs in order of replica, and every OSD that was looked at."""

    osds: tuple[int, ...]
    considered: tuple[int, ...]


def mix(*parts: int) -> int:
    """A 64-bit hash of small integers (splitmix64)."""
    value = 0x9E3779B97F4A7C15
    for part in parts:
        value = (value ^ part) * 0xBF58476D1CE4E5B9 & _MASK
        value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
        value ^= value >> 31
    return value


def place(pool: int, number: int, size: int, hosts: Sequence[Sequence[Osd]]) -> Placement:
    """The placement of one group over hosts, given as lists of their OSDs. Shorter when there is no room."""
    chosen: list[int] = []
    considered: list[int] = []
    taken: set[int] = set()
    base = mix(pool, number)
    for replica in range(size):
        for attempt in range(TRIES):
            value = mix(base, replica << 8 | attempt)
            index = value % len(hosts)
            if index in taken or not hosts[index]:
                continue
            osd = hosts[index][(value >> 20) % len(hosts[index])]
            considered.append(osd.id)
            if _accepts(osd, value >> 40):
                chosen.append(osd.id)
                taken.add(index)
                break
    return Placement(tuple(chosen), tuple(considered))


def _accepts(osd: Osd, value: int) -> bool:
    """Whether the OSD takes it: by its override weight and by its CRUSH weight against its size."""
    share = osd.weight * min(1.0, osd.crush_weight / max(1e-9, osd.size / 1024**4))
    return share >= 1.0 or (value & 0xFFFF) < share * 0x10000
