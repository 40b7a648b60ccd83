"""Systems that refuse, hang, drip, lie or fail: the others stay live, rows stand with age and reason, it recovers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from hsops.live.state import SourceStatus
from hsops.session import Session
from hsops.simulator.site import SimulatedSite
from tests.bad_days.place import (
    SITE,
    all_live,
    asked_until,
    harmless,
    kinds_of,
    none_live,
    opened,
    others,
    rows_of,
    site_file,
    states_of,
    until,
)

pytestmark = pytest.mark.asyncio

SYSTEMS = ("alertmanager", "ceph", "openstack", "prometheus")
FAULTS: dict[str, tuple[dict[str, Any], set[SourceStatus], str]] = {
    # what is asked of the simulator, the states that it may lead to, what the message says
    "api.refused": ({}, {SourceStatus.STALE}, "refuse|reset|closed|lost|cut"),
    "api.silent": ({}, {SourceStatus.STALE}, "time|did not end|no answer"),
    "api.drip": ({"rate": 2}, {SourceStatus.STALE}, "time|did not end|no answer"),
    "api.garbage": ({}, {SourceStatus.FAILED}, "not the protocol"),
    "api.error": ({"status": 500}, {SourceStatus.FAILED, SourceStatus.STALE}, "simulated fault"),
}
IMPATIENT = {"timeout": 0.8}
"""For the broken system: what hangs is given up soon. The others keep the usual time."""


@pytest.fixture
def file(site: SimulatedSite, tmp_path: Path, system: str) -> Path:
    """The site file, with an alert and little patience for the one system."""
    site.inject("osd.down", "0")
    site.tick(300)
    return site_file(site.file, tmp_path, **{system: IMPATIENT})


async def ready(session: Session) -> None:
    """Everything answers; also the first login, which may take long on a cold disk."""
    await asked_until(session, kinds_of(session), all_live)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("system", SYSTEMS)
async def test_a_broken_system_keeps_its_rows_and_the_others_stay_live(
    site: SimulatedSite, file: Path, system: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    params, statuses, words = FAULTS[fault]
    async with opened(file) as session:
        await ready(session)
        own, rest = kinds_of(session, system), others(session, system)
        rows = rows_of(session, own)
        assert rows, "an empty system proves nothing"
        begun = time.time()
        site.inject(fault, system, **params)
        states = await asked_until(session, own, none_live)
        for state in states:
            assert state.status in statuses, state
            assert (state.age(time.time()) or 0) >= time.time() - begun - 1, "the age is that of the last good data"
            assert state.error, "a reason for a person"
            assert harmless(state.error + state.hint)
        assert any(word in states[0].error.lower() for word in words.split("|")), states[0].error
        assert rows_of(session, own).keys() == rows.keys()
        assert all_live(await session.refresh(rest)), "nothing else stops"
        assert all(harmless(record.getMessage()) for record in caplog.records if record.name.startswith("hsops"))
        site.heal()
        await asked_until(session, own, all_live)
        assert all(state.error == "" for state in states_of(session, own))


@pytest.mark.parametrize("system", SYSTEMS)
async def test_a_system_that_never_answered_is_down_and_comes_by_itself(
    site: SimulatedSite, file: Path, system: str
) -> None:
    fault = site.inject("api.refused", system)
    async with opened(file) as session:
        session.start()
        own, rest = kinds_of(session, system), others(session, system)
        await until(
            lambda: (
                all(session.store.state(SITE, system, kind).status is SourceStatus.DOWN for kind in own)
                and all_live(states_of(session, rest))
            ),
            lambda: states_of(session, kinds_of(session)),
        )
        assert all(state.age(time.time()) is None for state in states_of(session, own)), "there never were data"
        site.heal(fault.id)
        await until(lambda: all_live(states_of(session, own)), lambda: states_of(session, own))
        assert rows_of(session, own)


async def test_all_systems_are_gone_at_once_and_all_come_back(site: SimulatedSite, tmp_path: Path) -> None:
    async with opened(site_file(site.file, tmp_path)) as session:
        await ready(session)
        await session.probe()
        kinds = kinds_of(session)
        rows = rows_of(session, kinds)
        site.inject("api.refused")
        await asked_until(session, kinds, none_live)
        assert rows_of(session, kinds).keys() == rows.keys()
        assert {status.status for status in await session.probe()} == {SourceStatus.STALE}
        site.heal()
        await asked_until(session, kinds, all_live)
