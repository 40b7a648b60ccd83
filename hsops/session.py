"""A session: the sites opened, their systems connected, feeds running into one store. Both front ends work on it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from hsops.audit import Audit
from hsops.audit.deeds import Deed, recorded
from hsops.audit.log import FILE as AUDIT_FILE
from hsops.config import Site, System
from hsops.config.context import SystemContext
from hsops.config.paths import state_dir
from hsops.errors import HsopsError, NotFound, Unsupported, UserError
from hsops.live.feed import Feed
from hsops.live.graph import Graph
from hsops.live.state import SourceState
from hsops.live.store import Store
from hsops.live.uplink import SystemStatus, SystemUplink
from hsops.model import Headline, Health, Key, Kind
from hsops.plugin import Action, Plugin, Silencer
from hsops.registry import Registry, resolve

PROBE_EVERY = 15.0


class Session:
    """Open sites. Use it as an async context manager; everything in it belongs to one event loop."""

    def __init__(self, sites: Sequence[Site], registry: Registry) -> None:
        self.sites = tuple(sites)
        self.registry = registry
        self.audit = _audit_of(self.sites)
        used = {system.plugin for site in sites for system in site.systems}
        kinds = [kind for plugin in registry.plugins.values() for kind in plugin.kinds]
        self.store = Store(kinds)
        self.graph = Graph(self.store, (kind.name for kind in kinds))
        self.kinds: Sequence[Kind] = [kind for name in used for kind in registry.plugin(name).kinds]
        self._uplinks = {
            (site.name, system.name): self._uplink(site, system) for site in self.sites for system in site.systems
        }
        self._feeds = [
            Feed(uplink, source, self.store) for uplink in self._uplinks.values() for source in uplink.plugin.sources
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def _uplink(self, site: Site, system: System) -> SystemUplink:
        plugin = self.registry.plugin(system.plugin)
        context = SystemContext(site, system)

        async def connect() -> Any:
            return await resolve(plugin.connect)(system.options, context)

        return SystemUplink(site.name, system.name, plugin, system.timeout, connect)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop every feed and close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await asyncio.gather(*(uplink.aclose() for uplink in self._uplinks.values()))
        self.audit.close()

    # -- live data

    def start(self, kinds: Iterable[str] | None = None) -> None:
        """Start the feeds of these kinds (all without) and the probes of their systems; a dead one delays nobody."""
        wanted = None if kinds is None else set(kinds)
        feeds = [feed for feed in self._feeds if wanted is None or wanted & set(feed.source.kinds)]
        systems = {(feed.uplink.site, feed.uplink.name) for feed in feeds}
        self._tasks += [asyncio.create_task(feed.run(), name=feed.title) for feed in feeds]
        self._tasks += [asyncio.create_task(self._keep_probing(self._uplinks[system])) for system in systems]

    async def _keep_probing(self, uplink: SystemUplink) -> None:
        while True:
            await uplink.probe()
            await asyncio.sleep(PROBE_EVERY)

    @contextlib.contextmanager
    def focus(self, kind: str) -> Iterator[None]:
        """While somebody looks at a kind, its sources are polled at the foreground interval."""
        with contextlib.ExitStack() as stack:
            for feed in self._feeds:
                if kind in feed.source.kinds:
                    stack.enter_context(feed.focus())
            yield

    async def refresh(self, kinds: Iterable[str], site: str | None = None) -> Sequence[SourceState]:
        """Ask every source of these kinds once, now, and give their states. Never raises HsopsError.

        Somebody asks, so refused credentials are tried once more.
        """
        wanted = set(kinds)
        feeds = [
            feed
            for feed in self._feeds
            if wanted & set(feed.source.kinds) and (site is None or feed.uplink.site == site)
        ]
        self._forgive({(feed.uplink.site, feed.uplink.name) for feed in feeds})
        await asyncio.gather(*(feed.refresh() for feed in feeds))
        return [
            self.store.state(feed.uplink.site, feed.uplink.name, kind)
            for feed in feeds
            for kind in feed.source.kinds
            if kind in wanted
        ]

    def _forgive(self, systems: Iterable[tuple[str, str]]) -> None:
        for system in systems:
            self._uplinks[system].forgive()

    # -- systems

    @property
    def systems(self) -> Sequence[SystemStatus]:
        """Every system of every site, as it was at its last probe."""
        return [uplink.status for uplink in self._uplinks.values()]

    async def probe(self) -> Sequence[SystemStatus]:
        """Ask every system how it is, now; refused credentials are tried once more."""
        self._forgive(self._uplinks)
        return await asyncio.gather(*(uplink.probe() for uplink in self._uplinks.values()))

    async def connection(self, site: str, system: str) -> Any:
        """The open connection of a system. Raises HsopsError."""
        uplink = self._uplinks.get((site, system))
        if uplink is None:
            raise NotFound("no such system", system=system, hint=f"the site file of {site} names its systems")
        return await uplink.connection()

    def system_of(self, site: str, plugin: str) -> str:
        """The name of the site's first system of a plugin. Raises Unsupported when it has none."""
        for (where, name), uplink in self._uplinks.items():
            if where == site and uplink.plugin.name == plugin:
                return name
        raise Unsupported(f"site {site} has no system of the plugin {plugin}", hint="add it to the site file")

    async def silencers(self, site: str) -> Sequence[Silencer]:
        """What can mute alerts at a site; systems that do not answer are left out."""
        found: list[Silencer] = []
        for (where, _), uplink in self._uplinks.items():
            if where == site and uplink.plugin.silencer:
                with contextlib.suppress(HsopsError):
                    found.append(resolve(uplink.plugin.silencer)(await uplink.connection()))
        return found

    def offering(self, site: str, *capabilities: str) -> Sequence[tuple[str, Plugin]]:
        """Name and plugin of the site's systems that have one of these fields of `Plugin`, in the file's order."""
        return [
            (name, uplink.plugin)
            for (where, name), uplink in self._uplinks.items()
            if where == site and any(getattr(uplink.plugin, capability) for capability in capabilities)
        ]

    def racks(self, site: str) -> Mapping[str, Sequence[str]]:
        """Hosts by rack as the site file has them; empty when it says nothing."""
        return next((one.racks for one in self.sites if one.name == site), {})

    def headlines(self, site: str, system: str) -> Sequence[Headline]:
        """The system's phrases for the overview, worst first."""
        plugin = self._uplinks[(site, system)].plugin
        lookup = self.store.lookup(site, system)
        if plugin.headlines is not None:
            return plugin.headlines(lookup)
        return [count_by_health(kind, [row.health() for row in lookup(kind.name)]) for kind in plugin.kinds]

    # -- single objects

    async def raw(self, key: Key) -> Mapping[str, Any]:
        """The whole object as the system has it; the decoded fields when the plugin has no way to ask."""
        plugin = self._uplinks[(key.site, key.system)].plugin
        row = self.store.get(key)
        if plugin.raw:
            answer: Mapping[str, Any] = await resolve(plugin.raw)(await self.connection(key.site, key.system), key.ref)
            return answer
        if row is None:
            raise NotFound("it is not there (any more)", system=key.system, thing=str(key))
        decoded: Mapping[str, Any] = msgspec.to_builtins(row)
        return decoded

    async def act(self, action: Action, key: Key, values: Mapping[str, Any]) -> str:
        """Run an action on a row, then refresh the row's kind. Gives one sentence; raises HsopsError."""
        row = self.store.get(key)
        if row is None:
            raise NotFound("it is not there (any more)", system=key.system, thing=str(key), hint="refresh with ctrl-r")
        why_not = action.enabled(row) if action.enabled is not None else ""
        if why_not:
            raise UserError(why_not, system=key.system, thing=str(key))
        connection = await self.connection(key.site, key.system)
        deed = Deed(
            name=action.name, site=key.site, system=key.system, target=str(key), title=row.title(),
            command=action.command(row, values), values=values,
        )  # fmt: skip
        text = await recorded(self.audit, deed, lambda: resolve(action.run)(connection, row, values))
        await self.refresh([key.kind], key.site)
        return text


def _audit_of(sites: Sequence[Site]) -> Audit:
    """The audit log of this user on this machine. It is not touched before something is to be recorded."""
    tiers = {site.name: site.tier for site in sites}
    copies = {site.name: site.audit.syslog for site in sites if site.audit.syslog}
    return Audit(state_dir() / AUDIT_FILE, tiers=tiers, copies_to=copies)


def count_by_health(kind: Kind, states: Sequence[Health]) -> Headline:
    """``48 hypervisors: 45 ✓ 2 ‖ 1 ✗`` for a kind whose plugin says nothing better."""
    worst = max(states, default=Health.OK)
    counts = [(health, states.count(health)) for health in Health]
    parts = " ".join(f"{count} {health.symbol}" for health, count in counts if count)
    name = kind.title if len(states) == 1 else kind.plural
    return Headline(worst, f"{len(states)} {name}" + (f": {parts}" if worst is not Health.OK else ""), kind.name)
