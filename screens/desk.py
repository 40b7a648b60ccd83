"""What the screens get from the app: one value, no widget. The app fills it; tests fill it too."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hsops.audit import Audit
from hsops.config import Site
from hsops.live.graph import Graph
from hsops.live.state import SourceState
from hsops.live.store import Store
from hsops.live.uplink import SystemStatus
from hsops.model import Headline, Key, Kind
from hsops.plugin import Action
from hsops.registry import Registry
from hsops.screens.guard import Guard
from hsops.screens.history import History
from hsops.screens.place import Memory, Place, Trail
from hsops.screens.runs import Runs


class Backend(Protocol):
    """The part of a session that the screens use; `hsops.session.Session` has it all."""

    sites: tuple[Site, ...]
    registry: Registry
    store: Store
    graph: Graph
    kinds: Sequence[Kind]
    audit: Audit

    @property
    def systems(self) -> Sequence[SystemStatus]:
        """Every system as it was at its last probe."""
        ...

    def start(self, kinds: Iterable[str] | None = None) -> None:
        """Start the feeds."""
        ...

    def headlines(self, site: str, system: str) -> Sequence[Headline]:
        """A system's phrases for the overview."""
        ...

    def focus(self, kind: str) -> AbstractContextManager[None]:
        """While somebody looks at a kind."""
        ...

    async def refresh(self, kinds: Iterable[str], site: str | None = None) -> Sequence[SourceState]:
        """Ask every source of these kinds now."""
        ...

    async def probe(self) -> Sequence[SystemStatus]:
        """Ask every system how it is."""
        ...

    async def raw(self, key: Key) -> Mapping[str, Any]:
        """The whole object."""
        ...

    async def act(self, action: Action, key: Key, values: Mapping[str, Any]) -> str:
        """Run an action on a row."""
        ...


@dataclass(slots=True, kw_only=True)
class Desk:
    """Everything the screens share. `clock` gives epoch seconds."""

    session: Backend
    guard: Guard
    runs: Runs
    state_dir: Path | None = None
    """Where saved tables and the history go; None: nowhere."""
    ascii_only: bool = False
    clock: Callable[[], float] = time.time
    trail: Trail = field(default_factory=Trail)
    memory: dict[Place, Memory] = field(default_factory=dict)
    commands: History = field(default_factory=History)
    filters: History = field(default_factory=History)
    theme_names: Callable[[], Sequence[str]] = tuple
    faults_only: bool = False
    """The ``!`` switch; it holds for every view until it is pressed again."""

    @property
    def store(self) -> Store:
        """The live rows."""
        return self.session.store

    @property
    def registry(self) -> Registry:
        """Plugins, kinds and workflows."""
        return self.session.registry

    @property
    def many_sites(self) -> bool:
        """Whether rows must say their site."""
        return len(self.session.sites) > 1

    @property
    def tier(self) -> str:
        """The most careful tier of the open sites."""
        tiers = {site.tier for site in self.session.sites}
        return next((tier for tier in ("prod", "staging", "lab") if tier in tiers), "prod")

    def plural(self, kind: str) -> str:
        """A kind's plural for a person."""
        return self.registry.kind(kind).plural


Job = Callable[[], Awaitable[str]]
"""Work for a worker; what it gives is told to the person in one line."""
