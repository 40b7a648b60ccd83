"""Names that tenants choose to harm a console: kept as they are inside, harmless wherever they come out."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.errors import NotFound
from hsops.model import Key
from hsops.render import render
from hsops.session import Session
from hsops.simulator.names import HOSTILE_NAMES, hostile_name
from hsops.simulator.site import SimulatedSite
from tests.bad_days.place import SITE, all_live, asked_until, harmless, opened, site_file

pytestmark = pytest.mark.asyncio

SERVER = "openstack.server"
NAMES = (*HOSTILE_NAMES, "huge")


async def renamed(session: Session, site: SimulatedSite, which: str) -> Key:
    """A server that gets the hostile name while we look; gives its key."""
    await asked_until(session, [SERVER], all_live)
    fault = site.inject("server.name", "", name=which)
    key = Key(SITE, "openstack", SERVER, str(fault.undo["server"]))

    def has_it() -> bool:
        row = session.store.get(key)
        return row is not None and row.title() == hostile_name(which)

    await asked_until(session, [SERVER], lambda states: all_live(states) and has_it())
    return key


@pytest.mark.parametrize("which", NAMES)
async def test_a_hostile_name_comes_through_and_comes_out_harmless(
    site: SimulatedSite, tmp_path: Path, which: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(site_file(site.file, tmp_path)) as session:
        key = await renamed(session, site, which)
        row = session.store.get(key)
        assert row is not None
        kind = session.registry.kind(SERVER)
        cells = [render(column.value(row), column.format) for column in kind.columns]
        assert all(harmless(cell) and len(cell) <= 512 for cell in cells), cells
        assert len(session.store.rows(SERVER)) == 12, "every other server is there too"
        assert all(headline.text.isprintable() for headline in session.headlines(SITE, "openstack"))
        assert all(harmless(record.getMessage()) for record in caplog.records)


@pytest.mark.parametrize("which", NAMES)
async def test_the_change_log_keeps_a_short_and_harmless_text(site: SimulatedSite, tmp_path: Path, which: str) -> None:
    async with opened(site_file(site.file, tmp_path)) as session:
        key = await renamed(session, site, which)
        changes = session.store.log.of(key)
        assert any(change.field == "name" for change in changes)
        for change in changes:
            texts = (change.title, change.old, change.new)
            assert all(harmless(text) and len(text) < 3000 for text in texts), texts


@pytest.mark.parametrize("which", NAMES)
async def test_errors_that_quote_a_name_are_one_short_line(which: str) -> None:
    error = NotFound(f"no server {hostile_name(which)}", system="openstack", thing=hostile_name(which))
    assert harmless(str(error))
    assert len(str(error)) < 5000


async def test_the_related_rows_of_a_hostile_server_are_found(site: SimulatedSite, tmp_path: Path) -> None:
    async with opened(site_file(site.file, tmp_path)) as session:
        key = await renamed(session, site, "shell")
        await session.refresh(["openstack.hypervisor"])
        assert any(edge.exists and edge.key.kind == "openstack.hypervisor" for edge in session.graph.related(key))
        assert (await session.raw(key))["name"] == hostile_name("shell")
