"""In which order hosts are upgraded: a canary, then rack by rack, a few at a time, never of two racks at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hsops.api import UserError

NO_RACK = ""
"""Of hosts that stand in no rack that is known: they go one at a time."""


class Batch(NamedTuple):
    """Hosts that are out of service at the same time."""

    rack: str
    hosts: Sequence[str]
    canary: bool = False

    @property
    def title(self) -> str:
        """``canary cmp-1`` or ``r1: cmp-2, cmp-3``."""
        names = ", ".join(self.hosts)
        return f"canary {names}" if self.canary else f"{self.rack or 'no rack'}: {names}"


def names(text: Any) -> list[str]:
    """``a, b c`` as names, each once."""
    return list(dict.fromkeys(str(text or "").replace(",", " ").split()))


def chosen(racks: Mapping[str, Sequence[str]], values: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Racks in their order with the hosts wanted of each. Raises UserError."""
    wanted_racks, wanted_hosts = names(values.get("racks")), names(values.get("hosts"))
    if not wanted_racks and not wanted_hosts:
        raise UserError("nothing is chosen", hint="--racks r1,r2 or --racks all, or --hosts cmp-1,cmp-2")
    order = list(racks) if wanted_racks == ["all"] or not wanted_racks else wanted_racks
    unknown = [rack for rack in order if rack not in racks]
    if unknown:
        raise UserError(f"there is no rack {', '.join(unknown)}", hint=f"there are: {', '.join(racks) or 'none'}")
    found = [(rack, [host for host in racks[rack] if not wanted_hosts or host in wanted_hosts]) for rack in order]
    placed = {host for _, hosts in found for host in hosts}
    homeless = [host for host in wanted_hosts if host not in placed]
    if homeless and wanted_racks:
        raise UserError(f"not in these racks: {', '.join(homeless)}", hint="say --hosts or --racks, or matching ones")
    return [*((rack, hosts) for rack, hosts in found if hosts), *([(NO_RACK, homeless)] if homeless else [])]


def batches(order: Sequence[tuple[str, Sequence[str]]], canary: str, size: int) -> list[Batch]:
    """The canary alone, then the rest. Raises UserError for a canary that is not among the hosts."""
    places = {host: rack for rack, hosts in order for host in hosts}
    first = canary or next(iter(places), "")
    if first not in places:
        raise UserError(f"the canary {first} is not among the hosts", hint="leave it empty: the first host goes first")
    found = [Batch(places[first], [first], canary=True)]
    for rack, hosts in order:
        rest = [host for host in hosts if host != first]
        step = max(1, size) if rack != NO_RACK else 1
        found += [Batch(rack, rest[start : start + step]) for start in range(0, len(rest), step)]
    return found
