"""What the bad days share: a site file with other settings, an open session on it, waiting."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hsops.config import load_site
from hsops.live.state import SourceState
from hsops.model import Key, Resource
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.names import HOSTILE_NAMES, hostile_name
from hsops.simulator.site import SimulatedSite

PATIENCE = 60.0
"""Seconds after which a condition will not come any more."""
SITE = "simulated"


def site_file(origin: Path, folder: Path, **changes: Mapping[str, Any] | None) -> Path:
    """A copy of a site file in `folder`; `changes` by system: keys that are set, or None to leave the system out."""
    site = yaml.safe_load(origin.read_text())
    kept = [system for system in site["systems"] if changes.get(system["plugin"], {}) is not None]
    site["systems"] = [{**system, **(changes.get(system["plugin"]) or {})} for system in kept]
    copy = folder / "site.yaml"
    copy.write_text(yaml.safe_dump(site, sort_keys=False))
    return copy


@contextlib.asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Session]:
    """A session on a site file with the bundled plugins; nothing is started."""
    registry = Registry.load()
    assert not registry.broken
    async with Session([load_site(file, registry)], registry) as session:
        yield session


def kinds_of(session: Session, *systems: str) -> list[str]:
    """The kinds of these systems' plugins (all without), in the order of the site file."""
    names = systems or tuple(status.system for status in session.systems)
    return [kind.name for kind in session.kinds if kind.name.partition(".")[0] in names]


def others(session: Session, system: str) -> list[str]:
    """The kinds of every other system."""
    return [kind for kind in kinds_of(session) if kind not in kinds_of(session, system)]


def rows_of(session: Session, kinds: Collection[str]) -> dict[Key, Resource]:
    """All rows of these kinds now."""
    return {key: row for kind in kinds for key, row in session.store.rows(kind).items()}


def states_of(session: Session, kinds: Collection[str]) -> list[SourceState]:
    """The states of these kinds' sources now."""
    return [state for state in session.store.states() if state.kind in kinds]


def rename_servers(site: SimulatedSite) -> dict[str, str]:
    """Every hostile name on a server of its own; gives the names by the server's id."""
    names = [*HOSTILE_NAMES, "huge"]
    servers = site.call(lambda world: [server.id for server in world.compute.newest_first()])[: len(names)]
    for server, name in zip(servers, names, strict=True):
        site.inject("server.name", server, name=name)
    return {server: hostile_name(name) for server, name in zip(servers, names, strict=True)}


async def until(condition: Callable[[], bool], about: Callable[[], object] = lambda: "") -> None:
    """Wait until it holds; `about` tells what is seen when it never does."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - any condition, not an event of ours
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"it never came: {about()}") from None


async def asked_until(
    session: Session, kinds: Sequence[str], condition: Callable[[Sequence[SourceState]], bool]
) -> Sequence[SourceState]:
    """Refresh these kinds again and again until their states are as wanted; gives them."""
    states: Sequence[SourceState] = ()
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition(states := await session.refresh(kinds)):  # noqa: ASYNC110 - asked anew each time
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"it never came: {states}") from None
    return states


def all_live(states: Sequence[SourceState]) -> bool:
    """Every source answers."""
    return all(state.ok for state in states)


def none_live(states: Sequence[SourceState]) -> bool:
    """No source answers."""
    return not any(state.ok for state in states)


def harmless(text: str) -> bool:
    """Whether a text can drive no terminal: no controls, no bidirectional overrides, one line."""
    bidi = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    return not any(unicodedata.category(sign) == "Cc" or sign in bidi for sign in text)
