"""The plugin in a session: every source fails, goes stale and recovers; actions act and read back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hsops.config import load_site
from hsops.errors import Conflict, UserError
from hsops.live.state import SourceStatus
from hsops.model import Key
from hsops.plugin import Action
from hsops.plugins.openstack import PLUGIN
from hsops.registry import Registry
from hsops.session import Session
from hsops.simulator.site import SimulatedSite

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
KINDS = [kind.name for kind in PLUGIN.kinds]
ACTIONS: dict[str, Action] = {action.name: action for action in PLUGIN.actions}


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[tuple[SimulatedSite, Session]]:
    """A small cloud and a session on it."""
    registry = Registry.load()
    async with (
        SimulatedSite(machines=14, servers=24, speed=10.0, only=["openstack"]) as site,
        Session([load_site(site.file, registry)], registry) as session,
    ):
        yield site, session


async def test_every_source_fails_goes_stale_and_recovers(opened: tuple[SimulatedSite, Session]) -> None:
    site, session = opened
    before = {state.kind: state for state in await session.refresh(KINDS)}
    assert {state.status for state in before.values()} == {SourceStatus.LIVE}, before
    rows = {kind: set(session.store.rows(kind)) for kind in KINDS}
    site.inject("api.error", "openstack/compute", status=503)
    site.inject("api.error", "openstack/identity", status=503)
    failed = {state.kind: state for state in await session.refresh(KINDS)}
    assert {state.status for state in failed.values()} == {SourceStatus.STALE}
    assert all("503" in state.error and state.hint for state in failed.values())
    assert {kind: set(session.store.rows(kind)) for kind in KINDS} == rows, "what was known stays"
    site.heal()
    after = await session.refresh(KINDS)
    assert {state.status for state in after} == {SourceStatus.LIVE}


async def test_one_forbidden_kind_is_marked_and_the_others_live(opened: tuple[SimulatedSite, Session]) -> None:
    site, session = opened
    site.inject("api.forbidden", "openstack/compute", path="os-services")
    states = {state.kind: state.status for state in await session.refresh(KINDS)}
    assert states["openstack.service"] is SourceStatus.FORBIDDEN
    assert {status for kind, status in states.items() if kind != "openstack.service"} == {SourceStatus.LIVE}


def key_of(session: Session, kind: str, **wanted: object) -> Key:
    """The first row with these fields."""
    for key, row in session.store.rows(kind).items():
        if all(getattr(row, name) == value for name, value in wanted.items()):
            return key
    raise AssertionError(f"no {kind} with {wanted}")


async def test_a_service_is_disabled_and_enabled(opened: tuple[SimulatedSite, Session]) -> None:
    _, session = opened
    await session.refresh(KINDS)
    key = key_of(session, "openstack.service", binary="nova-compute", status="enabled")
    assert "disabled: new fan" in await session.act(ACTIONS["service.disable"], key, {"reason": "new fan"})
    assert getattr(session.store.get(key), "disabled_reason", None) == "new fan"
    with pytest.raises(UserError, match="disabled already: new fan"):
        await session.act(ACTIONS["service.disable"], key, {"reason": "again"})
    assert "is enabled" in await session.act(ACTIONS["service.enable"], key, {})


async def test_a_server_is_stopped_started_and_moved(opened: tuple[SimulatedSite, Session]) -> None:
    _, session = opened
    await session.refresh(KINDS)
    key = key_of(session, "openstack.server", status="ACTIVE", task=None)
    assert "stops" in await session.act(ACTIONS["server.stop"], key, {})
    await _until(session, key, "SHUTOFF")
    assert "starts" in await session.act(ACTIONS["server.start"], key, {})
    await _until(session, key, "ACTIVE")
    assert "leaves" in await session.act(ACTIONS["server.live-migrate"], key, {})
    await session.refresh(["openstack.migration"])
    migration = key_of(session, "openstack.migration", instance_uuid=key.id)
    assert getattr(session.store.get(migration), "name", "") != ""
    await _until(session, key, "ACTIVE")
    await session.refresh(["openstack.migration"])
    with pytest.raises((UserError, Conflict)):
        await session.act(ACTIONS["migration.abort"], migration, {})


async def _until(session: Session, key: Key, status: str) -> None:
    for _ in range(200):
        await session.refresh([key.kind])
        row = session.store.get(key)
        if (getattr(row, "status", ""), getattr(row, "task", None)) == (status, None):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"it never became {status}")


async def _running(session: Session, server: str) -> Key:
    for _ in range(200):
        await session.refresh(["openstack.migration"])
        key = key_of(session, "openstack.migration", instance_uuid=server)
        if getattr(session.store.get(key), "status", "") == "running":
            return key
        await asyncio.sleep(0.1)
    raise AssertionError("it never ran")


async def test_a_live_migration_is_aborted(opened: tuple[SimulatedSite, Session]) -> None:
    site, session = opened
    await session.refresh(KINDS)
    key = key_of(session, "openstack.server", status="ACTIVE", task=None)
    host = getattr(session.store.get(key), "host", "")
    site.inject("migration.stall", key.id)
    await session.act(ACTIONS["server.live-migrate"], key, {})
    migration = await _running(session, key.id)
    await session.refresh(["openstack.hypervisor"])
    leaving = {row.host: row.leaving for row in session.store.rows("openstack.hypervisor").values()}  # type: ignore[attr-defined]
    assert leaving[host] == 1
    assert f"it stays on {host}" in await session.act(ACTIONS["migration.abort"], migration, {})
    await _until(session, key, "ACTIVE")
    assert getattr(session.store.get(key), "host", "") == host
