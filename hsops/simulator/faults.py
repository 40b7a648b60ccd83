"""Faults: what is broken now, as values. World faults change state, API faults change how a face answers.

====================  ===============================  =============================================================
kind                  target                           parameters
====================  ===============================  =============================================================
``host.down``         machine name
``rack.power``        rack name
``osd.down``          OSD id
``osd.slow``          OSD id                           ``milliseconds`` (500)
``disk.filling``      machine name or ``osd.N``        ``rate`` fraction of the disk a second (0.01), ``until`` (0.93)
``server.name``       server id, or empty for any      ``name`` (escape, markup, bidi, newline, wide, shell, huge) or
                                                       ``text``
``server.error``      server id, or empty for any
``mon.quorum``        empty                            all monitors but one are lost
``migration.fail``    server id, or empty for all      live migrations end in error
``migration.stall``   server id, or empty for all      memory to copy stays where it is
``api.slow``          ``system[/service]``             ``seconds`` (5) before the answer
``api.silent``        ``system[/service]``             takes the request, never answers
``api.drip``          ``system[/service]``             ``rate`` bytes a second (20)
``api.garbage``       ``system[/service]``             200 with bytes that are not the protocol
``api.error``         ``system[/service]``             ``status`` (500)
``api.refused``       ``system[/service]``             the port is closed
``api.forbidden``     ``system[/service]``             403 (Ceph: EACCES)
``api.expired``       ``system``                       every token issued until now is refused
====================  ===============================  =============================================================

API faults take an optional ``path``: they then hit the requests whose path contains that text (Ceph: whose command
contains it), and an optional ``count``: they then hit that many requests and end.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

WORLD_KINDS = frozenset({
    "host.down", "rack.power", "osd.down", "osd.slow", "disk.filling", "server.name", "server.error", "mon.quorum",
    "migration.fail", "migration.stall",
})  # fmt: skip
API_KINDS = frozenset({
    "api.slow", "api.silent", "api.drip", "api.garbage", "api.error", "api.refused", "api.forbidden", "api.expired",
})  # fmt: skip


class Fault(msgspec.Struct, kw_only=True):
    """One thing that is broken."""

    id: str
    kind: str
    target: str = ""
    since: float = 0.0
    """Epoch seconds of the world."""
    params: dict[str, Any] = {}
    undo: dict[str, Any] = {}
    """What the world needs to heal it."""

    def number(self, name: str, default: float) -> float:
        """A numeric parameter."""
        return float(self.params.get(name, default))

    def hits(self, system: str, service: str, path: str) -> bool:
        """Whether an API fault concerns a request."""
        wanted_system, _, wanted_service = self.target.partition("/")
        if wanted_system not in ("", system) or wanted_service not in ("", service):
            return False
        return str(self.params.get("path", "")) in path


class UnknownFault(ValueError):
    """No such kind, target or id: the text says which."""


class Faults:
    """The board of active faults. `World.inject` and `World.heal` are the doors; faces ask `api`."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}
        self._ids = itertools.count(1)
        self._listeners: list[Callable[[], None]] = []

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._active.values()))

    def add(self, kind: str, target: str, since: float, params: dict[str, Any]) -> Fault:
        """Put a fault on the board. Raises UnknownFault for an unknown kind."""
        if kind not in WORLD_KINDS and kind not in API_KINDS:
            raise UnknownFault(f"unknown fault {kind!r}; known: {', '.join(sorted(WORLD_KINDS | API_KINDS))}")
        fault = Fault(id=f"f{next(self._ids)}", kind=kind, target=target, since=since, params=params)
        self._active[fault.id] = fault
        self._tell()
        return fault

    def remove(self, id_: str) -> Fault:
        """Take a fault off the board. Raises UnknownFault."""
        fault = self._active.pop(id_, None)
        if fault is None:
            raise UnknownFault(f"no active fault {id_!r}")
        self._tell()
        return fault

    def of(self, kind: str) -> list[Fault]:
        """Active faults of a kind."""
        return [fault for fault in self._active.values() if fault.kind == kind] if self._active else []

    def active(self, kind: str, target: str) -> Fault | None:
        """The first active fault of a kind for a target (an empty target of the fault means all)."""
        return next((fault for fault in self.of(kind) if fault.target in ("", target)), None)

    def api(self, system: str, service: str = "", path: str = "") -> Fault | None:
        """The fault that a request to a face must suffer, if any; counts it when the fault has a `count`."""
        for fault in self._active.values():
            if fault.kind in API_KINDS and fault.kind != "api.expired" and fault.hits(system, service, path):
                return self._counted(fault)
        return None

    def refused(self, system: str, service: str = "") -> bool:
        """Whether the port of that service is to be closed now."""
        return any(fault.hits(system, service, "") for fault in self.of("api.refused"))

    def expiries(self, system: str) -> tuple[str, ...]:
        """Ids of the active `api.expired` faults of a system: a token issued before one of them began is refused."""
        return tuple(fault.id for fault in self.of("api.expired") if fault.hits(system, "", ""))

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change of the board."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` no more; nothing when it was not there."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def over(self, fault: Fault) -> None:
        """Wait until a fault is healed."""
        healed = asyncio.Event()

        def look() -> None:
            if self._active.get(fault.id) is not fault:
                healed.set()

        self.subscribe(look)
        try:
            look()
            await healed.wait()
        finally:
            self.unsubscribe(look)

    def _counted(self, fault: Fault) -> Fault:
        if "count" in fault.params:
            fault.params["count"] = int(fault.params["count"]) - 1
            if fault.params["count"] <= 0:
                self.remove(fault.id)
        return fault

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()
