"""Every effect of ``silence.maintenance`` twice in a row: what a process leaves that dies between effect and record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hsops.plugins.alertmanager import PLUGIN
from hsops.plugins.alertmanager.client import AlertmanagerConnection
from hsops.plugins.alertmanager.simulator import AlertmanagerFace
from hsops.plugins.alertmanager.workflows import MAINTENANCE, maintenance
from hsops.rehearsal import RunStatus, Stage, rehearsing
from hsops.simulator.machines import Size
from hsops.simulator.world import World
from hsops.testing import connected
from tests.plugins.replay import ToyContext

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Stage, World]]:
    """The workflow on the engine, with the real connection to the simulated face."""
    monkeypatch.setattr(maintenance, "EVERY", 0.05)
    world = World(Size(machines=14, servers=0), seed=7, folder=tmp_path)
    face = AlertmanagerFace()
    settings = await face.start(world)
    capabilities = {"alertmanager": {"silencer": PLUGIN.silencer}}
    try:
        async with connected(PLUGIN, settings, ToyContext(system="alertmanager", timeout=30)) as connection:
            assert isinstance(connection, AlertmanagerConnection)
            systems = {"alertmanager": connection}
            async with rehearsing(MAINTENANCE, systems, tmp_path / "runs", capabilities=capabilities) as found:
                yield found, world
    finally:
        await face.stop()


def states(world: World) -> list[str]:
    """Of every silence there ever was."""
    return [silence.state(world.clock.now()) for silence in world.silences.all.values()]


async def test_it_is_made_once_and_ends(stage: tuple[Stage, World]) -> None:
    play, world = stage
    info = await play.run(twice=True, host="h1", duration="4s", most="8s", reason="test")
    assert info.status is RunStatus.DONE, info.reason
    assert states(world) == ["expired"]
    assert any(step.name == "extend" for step in await play.steps(info.id))


async def test_backing_out(stage: tuple[Stage, World]) -> None:
    play, world = stage
    run = await play.start(twice=True, host="h1", duration="1h", reason="test")
    await play.reached(run, "maintenance")
    assert states(world) == ["active"]
    assert (await play.abort(run)).status is RunStatus.ROLLED_BACK
    assert states(world) == ["expired"]
