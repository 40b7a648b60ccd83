"""What the simulator's tests share."""

from __future__ import annotations

import pytest

from hsops.simulator.clock import Clock
from hsops.simulator.machines import Size
from hsops.simulator.world import World

START = 1795242000.0


@pytest.fixture
def world() -> World:
    """A small world whose time stands still."""
    return World(Size(machines=30, servers=200), seed=7, clock=Clock(0, START))
