"""The field ``racks`` of a site file: which hosts share a rack, where no system knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hsops.config.convert import Fault

EXAMPLE = "racks: {r1: [cmp-1, cmp-2], r2: [cmp-3]}"


def read_racks(found: Any) -> tuple[Mapping[str, tuple[str, ...]], list[Fault]]:
    """Hosts by rack in the order of the file, and every fault of it."""
    if found is None:
        return {}, []
    if not isinstance(found, Mapping):
        return {}, [Fault(("racks",), "racks is not a mapping of racks to their hosts", EXAMPLE)]
    faults = list(_faults(found))
    if faults:
        return {}, faults
    return {rack: tuple(hosts) for rack, hosts in found.items()}, []


def _faults(found: Mapping[Any, Any]) -> Iterator[Fault]:
    where: dict[str, str] = {}
    for rack, hosts in found.items():
        place = ("racks", rack)
        if not isinstance(rack, str) or not rack:
            yield Fault(place, "the name of a rack is not a text", "put it in quotes")
        elif not isinstance(hosts, list) or not hosts:
            yield Fault(place, f"racks: {rack} is not a list of hosts", EXAMPLE)
        else:
            yield from _host_faults(rack, hosts, where)


def _host_faults(rack: str, hosts: list[Any], where: dict[str, str]) -> Iterator[Fault]:
    for index, host in enumerate(hosts):
        place = ("racks", rack, index)
        if not isinstance(host, str) or not host:
            yield Fault(place, f"racks: {rack} holds something that is not the name of a host", "put it in quotes")
        elif host in where:
            yield Fault(place, f"racks: {host} is in {where[host]} and in {rack}", "a host stands in one rack")
        else:
            where[host] = rack
