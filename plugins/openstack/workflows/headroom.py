"""Whether the other hosts can take the servers: each is put somewhere, the largest first. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hsops.plugins.openstack.workflows.facts import Guest


@dataclass(frozen=True, slots=True)
class Target:
    """A host that may take servers: enabled, up, with what placement may still promise of it."""

    name: str
    zone: str
    properties: Mapping[str, str]
    """Metadata of its aggregates."""
    free: Mapping[str, int]
    capacity: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Fit:
    """Result: who found no place, how full the fullest target would be, and what one more host lost would mean."""

    homeless: tuple[str, ...]
    fullest: str = ""
    """``cmp-004 91 % memory``"""
    short: str = ""
    """What one more host lost would leave without room; empty when nothing."""


_NAMES = {"VCPU": "vCPU", "MEMORY_MB": "memory", "DISK_GB": "disk"}


def fit(guests: Sequence[Guest], targets: Sequence[Target], zone: str) -> Fit:
    """Put every guest on the target with the most free memory that has room and the right aggregates.

    Only hosts of the same availability zone count: a server that was made in a zone stays in it. This is not nova's
    scheduler, but what does not fit here will not fit there.
    """
    free = {target.name: dict(target.free) for target in targets if target.zone == zone}
    allowed = {target.name: target for target in targets if target.zone == zone}
    crowd = {guest.group: dict(guest.beside) for guest in guests if guest.group}
    homeless = []
    for guest in sorted(guests, key=_weight, reverse=True):
        places = [
            name
            for name in free
            if _wanted(allowed[name], guest) and _has_room(free[name], guest.needs) and _is_apart(guest, crowd, name)
        ]
        if not places:
            homeless.append(guest.title)
            continue
        best = max(places, key=lambda name: (free[name].get("MEMORY_MB", 0), name))
        for kind, amount in guest.needs.items():
            free[best][kind] = free[best].get(kind, 0) - amount
        if guest.group:
            crowd[guest.group][best] = crowd[guest.group].get(best, 0) + 1
    return Fit(tuple(homeless), _fullest(allowed.values(), free), _after_a_loss(allowed.values(), free))


def _after_a_loss(targets: Iterable[Target], free: Mapping[str, Mapping[str, int]]) -> str:
    """What would not fit if the fullest of them failed then; empty when all would."""
    for kind in ("MEMORY_MB", "VCPU"):
        used = {one.name: one.capacity.get(kind, 0) - free[one.name].get(kind, 0) for one in targets}
        if not used:
            return ""
        fullest = max(used, key=lambda name: (used[name], name))
        room = sum(max(0, amounts.get(kind, 0)) for name, amounts in free.items() if name != fullest)
        if used[fullest] > room:
            unit = " MiB" if kind == "MEMORY_MB" else ""
            return f"{fullest} would have {used[fullest]}{unit} of {_NAMES[kind]}, the others room for {room}{unit}"
    return ""


def _is_apart(guest: Guest, crowd: Mapping[str, Mapping[str, int]], name: str) -> bool:
    """Whether the server's group allows one more of its members there."""
    return not guest.group or crowd[guest.group].get(name, 0) < guest.per_host


def _weight(guest: Guest) -> tuple[int, int]:
    return guest.needs.get("MEMORY_MB", 0), guest.needs.get("VCPU", 0)


def _wanted(target: Target, guest: Guest) -> bool:
    return all(target.properties.get(name) == value for name, value in guest.wants.items())


def _has_room(free: Mapping[str, int], needs: Mapping[str, int]) -> bool:
    return all(free.get(kind, 0) >= amount for kind, amount in needs.items())


def _fullest(targets: Iterable[Target], free: Mapping[str, Mapping[str, int]]) -> str:
    uses = [
        (1 - free[target.name].get(kind, 0) / capacity, target.name, _NAMES.get(kind, kind))
        for target in targets
        for kind, capacity in target.capacity.items()
        if capacity
    ]
    if not uses:
        return ""
    use, name, kind = max(uses)
    return f"{name} {use:.0%} {kind}"
