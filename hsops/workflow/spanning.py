"""What the systems of a site can do together, for workflows that work through all its layers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol, cast

from hsops.errors import HsopsError, Unsupported
from hsops.model import Layer
from hsops.plugin import CheckResult, Plugin
from hsops.registry import resolve
from hsops.runbook import HostMaintenance, HostSystem, Run

_LEAVING = (
    Layer.TENANT,
    Layer.ORCHESTRATION,
    Layer.COMPUTE,
    Layer.NETWORKING,
    Layer.STORAGE,
    Layer.SECURITY,
    Layer.OBSERVABILITY,
)
"""What tenants see goes first and comes back last."""


class Sites(Protocol):
    """The part of a session that is needed here."""

    def offering(self, site: str, *capabilities: str) -> Sequence[tuple[str, Plugin]]:
        """The site's systems whose plugin has one of these fields, in the order of the site file."""
        ...

    def racks(self, site: str) -> Mapping[str, Sequence[str]]:
        """What the site file says of racks; empty when it says nothing."""
        ...

    async def connection(self, site: str, system: str) -> Any:
        """The open connection, opened again when it was lost. Raises HsopsError."""
        ...


class Span:
    """The systems of one site that a run works through. Those that do not answer are told by name, not by a crash."""

    def __init__(self, sites: Sites, site: str) -> None:
        self._sites = sites
        self._site = site
        self._systems = sorted(sites.offering(site, "maintenance", "host_system"), key=_leaves)
        self._open: dict[str, Any] = {}
        self._errors: dict[str, HsopsError] = {}
        self._left_out: set[str] = set()

    async def open(self) -> None:
        """Connect to each; what fails is kept for the one who asks. Never raises HsopsError."""
        await asyncio.gather(*(self._reach(name) for name, _ in self._systems if name not in self._left_out))

    async def _reach(self, name: str) -> None:
        try:
            self._open[name] = await self._sites.connection(self._site, name)
            self._errors.pop(name, None)
        except HsopsError as error:
            self._errors[name] = error

    async def survey(self, run: Run) -> None:
        """The check ``system.NAME`` of each, before anything else. One that was forced is left out, loudly."""
        self._left_out.clear()
        for name, plugin in self._systems:
            if not await run.check(f"system.{name}", partial(self._answers, name)):
                self._left_out.add(name)
                text = f"{name} ({plugin.title}) does not answer: nothing of it is checked, taken out or brought back"
                await run.note(text)

    async def _answers(self, name: str) -> CheckResult:
        self._open[name] = connection = await self._sites.connection(self._site, name)
        health = await connection.health()
        self._errors.pop(name, None)
        return CheckResult(name=f"system.{name}", ok=True, text=f"{name} answers: {health.text or health.health.word}")

    # -- what they offer

    def has(self, plugin: str) -> bool:
        """Whether one of the systems is of that plugin."""
        return any(found.name == plugin for _, found in self._systems)

    def connection(self, plugin: str) -> Any:
        """The connection to the first system of a plugin. Raises HsopsError when it does not answer."""
        return self._connection(next(name for name, found in self._systems if found.name == plugin))

    def _connection(self, name: str) -> Any:
        if name in self._errors or name not in self._open:
            raise self._errors.get(name) or Unsupported("is not connected", system=name)
        return self._open[name]

    def maintenances(self) -> Sequence[tuple[str, HostMaintenance]]:
        """See `Run.maintenances`."""
        return [
            (name, _Part(_value(plugin.maintenance), plugin.name, partial(self._connection, name)))
            for name, plugin in self._systems
            if plugin.maintenance and name not in self._left_out
        ]

    def host_system(self) -> HostSystem:
        """See `Run.host_system`."""
        for name, plugin in self._systems:
            if plugin.host_system and name not in self._left_out:
                found: HostSystem = _value(plugin.host_system)
                return found
        raise Unsupported(
            "no system of the site can upgrade or reboot hosts", hint="add `- plugin: linux` to the site file"
        )


async def racks(sites: Sites, site: str) -> dict[str, list[str]]:
    """Hosts by rack: what the site file says, else what every system says that knows racks. Raises HsopsError.

    A system that does not answer is not passed over: half a map would put two racks into one.
    """
    said = sites.racks(site)
    if said:
        return {rack: list(hosts) for rack, hosts in said.items()}
    found: dict[str, list[str]] = {}
    for name, plugin in sites.offering(site, "racks"):
        connection = await sites.connection(site, name)
        for rack, hosts in (await resolve(plugin.racks)(connection)).items():
            known = found.setdefault(str(rack), [])
            known += [host for host in hosts if host not in known]
    return {rack: found[rack] for rack in sorted(found)}


def _leaves(system: tuple[str, Plugin]) -> tuple[bool, int]:
    """The machine itself leaves last."""
    plugin = system[1]
    return bool(plugin.host_system), _LEAVING.index(plugin.layer)


def _value(target: str) -> Any:
    """An instance, whether the manifest names one or its class."""
    found = resolve(target)
    return found() if isinstance(found, type) else found


class _Part:
    """One system's part: what it calls the system of its plugin is this system, also where a site has two of them."""

    def __init__(self, part: HostMaintenance, plugin: str, connection: Any) -> None:
        self._part = part
        self._plugin = plugin
        self._connection = connection

    def _seen(self, run: Run) -> Run:
        return cast("Run", _Seen(run, self._plugin, self._connection))

    async def role(self, run: Run, host: str) -> str:
        return await self._part.role(self._seen(run), host)

    async def checks(self, run: Run, host: str) -> None:
        await self._part.checks(self._seen(run), host)

    async def enter(self, run: Run, host: str) -> None:
        await self._part.enter(self._seen(run), host)

    async def verify(self, run: Run, host: str) -> None:
        await self._part.verify(self._seen(run), host)

    async def leave(self, run: Run, host: str) -> None:
        await self._part.leave(self._seen(run), host)


class _Seen:
    """A run as one system's part sees it."""

    def __init__(self, run: Run, plugin: str, connection: Any) -> None:
        self._run = run
        self._plugin = plugin
        self._connection = connection

    def system(self, plugin: str) -> Any:
        """See `Run.system`."""
        return self._connection() if plugin == self._plugin else self._run.system(plugin)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)
