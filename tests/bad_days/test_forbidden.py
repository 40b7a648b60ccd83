"""403 on one kind: that kind is marked, with what to do; all others of the same system go on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from hsops.live.state import SourceStatus
from hsops.simulator.site import SimulatedSite
from tests.bad_days.place import all_live, asked_until, kinds_of, none_live, opened, rows_of, site_file

pytestmark = pytest.mark.asyncio

REFUSED: dict[str, tuple[str, str, Sequence[str]]] = {
    # the fault's target, the text that the refused requests contain, the kinds that suffer
    "openstack": ("openstack/compute", "/os-aggregates", ["openstack.aggregate"]),
    "ceph": ("ceph", "df", ["ceph.pool"]),
    "prometheus": ("prometheus", "/rules", ["prometheus.rule"]),
}


@pytest.mark.parametrize("system", REFUSED)
async def test_one_kind_is_forbidden_and_the_others_go_on(site: SimulatedSite, tmp_path: Path, system: str) -> None:
    target, path, suffering = REFUSED[system]
    async with opened(site_file(site.file, tmp_path)) as session:
        kinds = kinds_of(session)
        await asked_until(session, kinds, all_live)
        rows = rows_of(session, suffering)
        assert rows
        site.inject("api.forbidden", target, path=path)
        states = await asked_until(session, suffering, none_live)
        assert {state.status for state in states} == {SourceStatus.FORBIDDEN}
        assert all(state.error and state.hint and state.exit_code == 8 for state in states)
        assert rows_of(session, suffering).keys() == rows.keys(), "what was seen before stands, marked"
        assert all_live(await session.refresh([kind for kind in kinds if kind not in suffering]))
        assert all(status.status is SourceStatus.LIVE for status in await session.probe())
        site.heal()
        await asked_until(session, suffering, all_live)


async def test_a_plain_member_sees_what_its_role_shows(site: SimulatedSite, tmp_path: Path) -> None:
    """Without the administrator's role, the kinds of the operator are forbidden; the own servers are shown."""
    async with opened(site_file(site.file, tmp_path, openstack={"cloud": "simulated-member"})) as session:
        states = {state.kind: state for state in await session.refresh(kinds_of(session))}
        assert states["openstack.hypervisor"].status is SourceStatus.FORBIDDEN
        assert states["openstack.hypervisor"].hint
        assert states["openstack.server"].ok
        assert states["openstack.server"].missing, "it says that other projects are not shown"
        assert all(state.ok for kind, state in states.items() if not kind.startswith("openstack."))
