"""Every bundled plugin against its simulated face: the same contract that the real servers are held to in the lab."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hsops.model import Health
from hsops.plugin import Plugin
from hsops.registry import Registry, resolve
from hsops.simulator.machines import Size
from hsops.simulator.site import TICK
from hsops.simulator.world import World
from hsops.testing import check_live, connected
from tests.plugins.replay import ToyContext

PLUGINS = {name: plugin for name, plugin in Registry.load().plugins.items() if plugin.simulator}


def test_every_bundled_plugin_has_a_face() -> None:
    registry = Registry.load()
    assert not registry.broken
    assert set(PLUGINS) == set(registry.plugins)


@asynccontextmanager
async def facing(plugin: Plugin, folder: Path) -> AsyncIterator[tuple[World, Any]]:
    """A small world, the plugin's face on it, and an open connection."""
    world = World(Size(machines=24, servers=60), seed=7, folder=folder)
    face = resolve(plugin.simulator)()
    settings = await face.start(world)
    ticking = asyncio.create_task(_tick(world))
    try:
        async with connected(plugin, settings, ToyContext(system=plugin.name, timeout=30.0)) as connection:
            yield world, connection
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
        await face.stop()


async def _tick(world: World) -> None:
    """Time goes on, as in the simulated site: gates wait for reports that are new."""
    while True:
        await asyncio.sleep(TICK)
        world.tick()


@pytest.mark.asyncio
@pytest.mark.parametrize("name", PLUGINS)
async def test_the_contract_holds(name: str, tmp_path: Path) -> None:
    async with facing(PLUGINS[name], tmp_path) as (_, connection):
        rows = await check_live(PLUGINS[name], connection)
        assert (await connection.health()).health is Health.OK
    assert sum(len(members) for members in rows.values()) > 0 or name == "alertmanager"


@pytest.mark.asyncio
@pytest.mark.parametrize("name", PLUGINS)
async def test_the_contract_holds_while_things_are_broken(name: str, tmp_path: Path) -> None:
    async with facing(PLUGINS[name], tmp_path) as (world, connection):
        world.inject("host.down", world.fleet.of("storage")[0].name)
        world.inject("host.down", world.fleet.of("compute")[0].name)
        world.tick(60)
        await check_live(PLUGINS[name], connection)
