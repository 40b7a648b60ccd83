"""The connections that a run works with."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from hsops.errors import HsopsError, Unreachable, Unsupported, UserError
from hsops.plugin import Plugin, Silencer, Target, Workflow
from hsops.policy import SiteRules
from hsops.runbook import Run
from hsops.workflow import spanning

T = TypeVar("T")

PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between the tries of something that only looks, when nobody answers."""


class Systems(Protocol):
    """The part of a session that runs need. `hsops.session.Session` is one."""

    @property
    def sites(self) -> Sequence[SiteRules]:
        """The sites that are open here: runs of others are left alone."""
        ...

    async def connection(self, site: str, system: str) -> Any:
        """The open connection, opened again when it was lost. Raises HsopsError."""
        ...

    def system_of(self, site: str, plugin: str) -> str:
        """Name of the site's system of that plugin. Raises Unsupported."""
        ...

    async def silencers(self, site: str) -> Sequence[Silencer]:
        """What can mute alerts and answers."""
        ...

    def offering(self, site: str, *capabilities: str) -> Sequence[tuple[str, Plugin]]:
        """The site's systems whose plugin has one of these fields, in the order of the site file."""
        ...

    def racks(self, site: str) -> Mapping[str, Sequence[str]]:
        """What the site file says of racks."""
        ...


class Connections:
    """The connections of one run, opened before its function starts and again after one was lost."""

    def __init__(self, systems: Systems, site: str, workflow: Workflow) -> None:
        self._systems = systems
        self._site = site
        self._workflow = workflow
        self._open: dict[str, Any] = {}
        self._silencers: Sequence[Silencer] = ()
        self.span = spanning.Span(systems, site) if workflow.spans else None

    async def open(self) -> None:
        """Connect everything that the workflow names, and what can mute alerts. Raises HsopsError."""
        for plugin in self._workflow.systems:
            name = self._systems.system_of(self._site, plugin)
            self._open[plugin] = await self._systems.connection(self._site, name)
        if self.span is not None:
            await self.span.open()
        self._silencers = await self._systems.silencers(self._site)

    async def racks(self) -> dict[str, list[str]]:
        """Hosts by rack. Raises HsopsError."""
        return await spanning.racks(self._systems, self._site)

    def spanned(self) -> spanning.Span:
        """Every system that can take hosts out of service. Raises Unsupported when the workflow does not say so."""
        if self.span is None:
            raise Unsupported(
                "the workflow does not work through all systems",
                thing=self._workflow.name,
                hint="say spans=True in the Workflow",
            )
        return self.span

    def system(self, plugin: str) -> Any:
        """The connection to the system of a plugin. Raises Unsupported."""
        if plugin not in self._open and self.span is not None and self.span.has(plugin):
            return self.span.connection(plugin)
        try:
            return self._open[plugin]
        except KeyError:
            raise Unsupported(
                f"the workflow does not name {plugin} among its systems",
                thing=self._workflow.name,
                hint=f'add "{plugin}" to Workflow.systems',
            ) from None

    def silencers(self) -> Sequence[Silencer]:
        """What can mute alerts."""
        return self._silencers

    async def patiently(self, look: Callable[[], Awaitable[T]], patience: Sequence[float] = PATIENCE) -> T:
        """Look, and look again after a pause and on a fresh connection while nobody answers. Raises HsopsError."""
        for pause in patience:
            try:
                return await look()
            except Unreachable:
                await asyncio.sleep(pause)
                await self.again()
        return await look()

    async def again(self) -> None:
        """Ask for every connection anew: one that was lost is opened. What does not answer stays as it was."""
        for plugin in self._workflow.systems:
            with contextlib.suppress(HsopsError):  # who uses it next says it better
                name = self._systems.system_of(self._site, plugin)
                self._open[plugin] = await self._systems.connection(self._site, name)
        if self.span is not None:
            await self.span.open()
        self._silencers = await self._systems.silencers(self._site)


def site_of(systems: Systems, name: str) -> SiteRules:
    """The open site of that name. Raises UserError."""
    for site in systems.sites:
        if site.name == name:
            return site
    raise UserError(f"site {name} is not open here", hint=f"--site {name}")


async def perform(workflow: Workflow, run: Run, connections: Connections) -> None:
    """The workflow's own function, after a look at every system that it spans."""
    if connections.span is not None:
        await connections.span.survey(run)
    await resolve(workflow.run)(run)


def resolve(target: Target) -> Callable[[Run], Awaitable[None]]:
    """The function behind ``module:attribute``."""
    module, _, attribute = target.partition(":")
    found: Callable[[Run], Awaitable[None]] = getattr(importlib.import_module(module), attribute)
    return found
