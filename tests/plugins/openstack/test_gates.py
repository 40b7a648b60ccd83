"""The gates of the cloud: what long work looks at between its steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import yaml

from hsops.api import CheckResult
from hsops.plugins.openstack import PLUGIN, gates
from hsops.plugins.openstack.client import OpenStack, connect
from hsops.plugins.openstack.options import OpenStackOptions
from hsops.simulator.site import SimulatedSite
from hsops.workflow.systems import resolve
from tests.plugins.openstack.recorded import context

pytestmark = pytest.mark.asyncio


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedSite]:
    """A small cloud."""
    with SimulatedSite(machines=14, servers=24, speed=20, only=["openstack"]) as found:
        yield found


@asynccontextmanager
async def cloud_of(site: SimulatedSite) -> AsyncIterator[OpenStack]:
    """A connection to it."""
    system = yaml.safe_load(site.file.read_text())["systems"][0]
    cloud = await connect(OpenStackOptions(cloud=system["cloud"], config_file=system["config_file"]), context())
    try:
        yield cloud
    finally:
        await cloud.aclose()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between the rounds."""
    monkeypatch.setattr(gates, "BETWEEN", 0.0)


async def test_the_manifest_names_them(site: SimulatedSite) -> None:
    async with cloud_of(site) as cloud:
        found = resolve(PLUGIN.gates)(cloud)  # type: ignore[arg-type]
        assert [gate.name for gate in found] == ["servers.error", "api", "services.down"]  # type: ignore[attr-defined]


async def test_all_is_well(site: SimulatedSite) -> None:
    async with cloud_of(site) as cloud:
        for gate in gates.gates(cloud):
            result = await gate.look(await gate.baseline())
            assert result.ok, result.text


async def test_only_servers_that_went_into_error_since_count(site: SimulatedSite) -> None:
    async with cloud_of(site) as cloud:
        gate = gates.NoNewErrors(cloud)
        first, second = site.call(lambda world: list(world.compute.servers)[:2])
        old = site.inject("server.error", first)
        baseline = await gate.baseline()
        assert list(baseline) == [first]
        assert (await gate.look(baseline)).ok
        new = site.inject("server.error", second)
        result = await gate.look(baseline)
        assert not result.ok
        assert second in result.text
        assert first not in result.text
        assert result.hint
        site.heal(new.id)
        assert (await gate.look(baseline)).ok
        site.heal(old.id)


@pytest.mark.parametrize(("failures", "ok"), [(1, True), (2, False)])
async def test_the_rate_of_answers_decides(site: SimulatedSite, failures: int, ok: bool) -> None:
    async with cloud_of(site) as cloud:
        fault = site.inject("api.error", "openstack/network", status=500, count=failures)
        result: CheckResult = await gates.Answers(cloud).look(None)
        assert result.ok is ok, result.text
        assert f"{12 - failures} of 12 calls answered" in result.text
        assert "neutron: 500" in result.text
        assert not any(active.id == fault.id for active in site.call(lambda world: list(world.faults)))


async def test_a_service_that_goes_down_counts_unless_it_is_in_maintenance(site: SimulatedSite) -> None:
    async with cloud_of(site) as cloud:
        gate = gates.NoNewDown(cloud)
        baseline = await gate.baseline()
        service = site.call(lambda world: next(iter(world.compute.hypervisors.values())).service)
        site.call(lambda world: setattr(service, "forced_down", True))
        result = await gate.look(baseline)
        assert not result.ok
        assert f"nova-compute on {service.host}" in result.text
        site.call(lambda world: setattr(service, "enabled", False))
        assert (await gate.look(baseline)).ok, "disabled: somebody is at it"
        site.call(lambda world: setattr(service, "forced_down", False))
        site.call(lambda world: setattr(service, "enabled", True))
