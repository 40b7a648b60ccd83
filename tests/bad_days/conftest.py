"""One small simulated site for the folder; every test gets it healed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hsops.simulator.site import SimulatedSite


@pytest.fixture(scope="package")
def running_site() -> Iterator[SimulatedSite]:
    """Every bundled plugin's face on loopback."""
    with SimulatedSite(machines=8, servers=12, seed=3) as site:
        yield site


@pytest.fixture
def site(running_site: SimulatedSite) -> Iterator[SimulatedSite]:
    """The site without faults, and again without them afterwards."""
    running_site.heal()
    yield running_site
    running_site.heal()
