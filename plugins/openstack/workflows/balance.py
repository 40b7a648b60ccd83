"""Which servers to move from hot hosts to cold ones. No I/O.

A host is as hot as the fuller of its memory and its vCPUs, by what placement has promised of what it may promise. The
spread of a zone is the distance of its hottest host from its coldest. Each move is the one that evens the zone out
most; none makes a host as hot as the one it relieves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CLASSES = ("VCPU", "MEMORY_MB")
COLDEST = 10
"""Hosts of a zone that are tried as targets, the coldest first."""
HOTTEST = 3
"""Hosts of a zone that are tried as sources before it counts as even enough."""
_WORTH = 1e-6


@dataclass(frozen=True, slots=True)
class Place:
    """A host that serves."""

    name: str
    zone: str
    used: Mapping[str, int]
    capacity: Mapping[str, int]
    properties: Mapping[str, str] = field(default_factory=dict)
    """Metadata of its aggregates."""
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Load:
    """A server that may move while it runs."""

    id: str
    name: str
    host: str
    needs: Mapping[str, int]
    wants: Mapping[str, str] = field(default_factory=dict)
    """Properties that the aggregates of its host must have."""
    traits: frozenset[str] = frozenset()
    group: str = ""
    """The group that keeps its members apart."""
    per_host: int = 1


@dataclass(frozen=True, slots=True)
class Move:
    """One server, from one host to another."""

    server: str
    name: str
    source: str
    dest: str


@dataclass(frozen=True, slots=True)
class Spread:
    """Distance between the hottest and the coldest host, the worst zone's; fractions."""

    vcpu: float = 0.0
    memory: float = 0.0
    heat: float = 0.0

    def __str__(self) -> str:
        return f"memory {self.memory:.0%}, vCPU {self.vcpu:.0%}"


@dataclass(frozen=True, slots=True)
class Balance:
    """A plan and its gain."""

    moves: tuple[Move, ...]
    before: Spread
    after: Spread


def spread(places: Sequence[Place]) -> Spread:
    """The worst of all zones."""
    return _spread(places, {place.name: dict(place.used) for place in places})


def balance(
    places: Sequence[Place],
    loads: Sequence[Load],
    crowd: Mapping[str, Mapping[str, int]],
    *,
    threshold: float,
    most: int,
    only: str = "",
) -> Balance:
    """At most `most` moves, until every zone's spread is at most `threshold`.

    `crowd`: members of each group that keeps apart, by host. `only`: the one host that is to be relieved.
    """
    board = _Board(places, loads, crowd)
    before = _spread(places, board.used)
    moves: list[Move] = []
    zones = sorted({place.zone for place in places})
    while len(moves) < most:
        found = [move for zone in zones if (move := board.best(zone, threshold, only)) is not None]
        if not found:
            break
        _, load, dest = min(found, key=lambda one: (one[0], one[1].id))
        moves.append(Move(load.id, load.name, board.at[load.id], dest))
        board.do(load, dest)
    return Balance(tuple(moves), before, _spread(places, board.used))


def _spread(places: Sequence[Place], used: Mapping[str, Mapping[str, int]]) -> Spread:
    worst: dict[str, float] = {"VCPU": 0.0, "MEMORY_MB": 0.0, "heat": 0.0}
    for zone in {place.zone for place in places}:
        inside = [place for place in places if place.zone == zone]
        for kind in CLASSES:
            shares = [_share(place, used[place.name], kind) for place in inside]
            worst[kind] = max(worst[kind], max(shares) - min(shares))
        heats = [_heat(place, used[place.name]) for place in inside]
        worst["heat"] = max(worst["heat"], max(heats) - min(heats))
    return Spread(worst["VCPU"], worst["MEMORY_MB"], worst["heat"])


def _share(place: Place, used: Mapping[str, int], kind: str) -> float:
    capacity = place.capacity.get(kind, 0)
    return used.get(kind, 0) / capacity if capacity else 0.0


def _heat(place: Place, used: Mapping[str, int]) -> float:
    return max(_share(place, used, kind) for kind in CLASSES)


def _energy(place: Place, used: Mapping[str, int]) -> float:
    """Falls when a load moves from a hot host to a cold one: the squares of the shares."""
    return sum(_share(place, used, kind) ** 2 for kind in CLASSES)


class _Board:
    """The hosts as they would be after the moves so far."""

    def __init__(self, places: Sequence[Place], loads: Sequence[Load], crowd: Mapping[str, Mapping[str, int]]) -> None:
        self.places = {place.name: place for place in places}
        self.used = {place.name: dict(place.used) for place in places}
        self.at = {load.id: load.host for load in loads}
        self._here: dict[str, list[Load]] = {}
        for load in sorted(loads, key=lambda load: load.id):
            self._here.setdefault(load.host, []).append(load)
        self._crowd = {group: dict(hosts) for group, hosts in crowd.items()}
        self._moved: set[str] = set()

    def best(self, zone: str, threshold: float, only: str) -> tuple[float, Load, str] | None:
        """The move of a zone that evens it out most: change of energy, server, target. None when it is even enough."""
        inside = [place for place in self.places.values() if place.zone == zone]
        inside.sort(key=lambda place: (_heat(place, self.used[place.name]), place.name))
        hottest, coldest = (_heat(inside[at], self.used[inside[at].name]) for at in (-1, 0))
        if hottest - coldest <= threshold:
            return None
        for source in reversed(inside[-HOTTEST:]) if not only else [one for one in inside if one.name == only]:
            found = [
                (self._gain(load, place), load, place.name)
                for load in self._here.get(source.name, ())
                for place in inside[:COLDEST]
                if load.id not in self._moved and self._may(load, source, place)
            ]
            found = [one for one in found if one[0] < -_WORTH]
            if found:
                return min(found, key=lambda one: (one[0], one[1].id, one[2]))
        return None

    def do(self, load: Load, dest: str) -> None:
        """Take the move as done. A server moves once."""
        source = self.at[load.id]
        for kind, amount in load.needs.items():
            self.used[source][kind] = self.used[source].get(kind, 0) - amount
            self.used[dest][kind] = self.used[dest].get(kind, 0) + amount
        if load.group:
            hosts = self._crowd.setdefault(load.group, {})
            hosts[source] = hosts.get(source, 0) - 1
            hosts[dest] = hosts.get(dest, 0) + 1
        self.at[load.id] = dest
        self._moved.add(load.id)

    def _may(self, load: Load, source: Place, dest: Place) -> bool:
        if dest.name == source.name or not load.traits <= dest.traits:
            return False
        if any(dest.properties.get(name) != value for name, value in load.wants.items()):
            return False
        if load.group and self._crowd.get(load.group, {}).get(dest.name, 0) >= load.per_host:
            return False
        after = self._with(dest.name, load, 1)
        if any(after.get(kind, 0) > dest.capacity.get(kind, 0) for kind in load.needs):
            return False
        return _heat(dest, after) < _heat(source, self.used[source.name])

    def _gain(self, load: Load, dest: Place) -> float:
        source = self.places[self.at[load.id]]
        change = _energy(source, self._with(source.name, load, -1)) - _energy(source, self.used[source.name])
        return change + _energy(dest, self._with(dest.name, load, 1)) - _energy(dest, self.used[dest.name])

    def _with(self, host: str, load: Load, sign: int) -> dict[str, int]:
        used = dict(self.used[host])
        for kind, amount in load.needs.items():
            used[kind] = used.get(kind, 0) + sign * amount
        return used
