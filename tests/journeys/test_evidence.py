"""What a night's work leaves behind: the audit log and the report of a drain and of actions by hand, simulated site."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hsops.audit import NotRecorded
from hsops.errors import HsopsError
from hsops.model import Key
from hsops.plugin import Action
from hsops.workflow.report import make_report
from hsops.workflow.values import RunStatus
from tests.plugins.openstack.drainbench import Bench, bench

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


@pytest_asyncio.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A small cloud, an Alertmanager and an engine; the log is in a folder of its own."""
    monkeypatch.setenv("HSOPS_STATE_DIR", str(tmp_path / "state"))
    async with bench(tmp_path, monkeypatch) as found:
        yield found


def action(site: Bench, name: str) -> Action:
    return next(one for plugin in site.session.registry.plugins.values() for one in plugin.actions if one.name == name)


async def service(site: Bench) -> Key:
    """The row of the host's compute service."""
    await site.session.refresh(["openstack.service"])
    rows = site.session.store.rows("openstack.service")
    wanted = (site.host, "nova-compute")
    return next(key for key, row in rows.items() if (getattr(row, "host", ""), getattr(row, "binary", "")) == wanted)


async def test_a_drain_leaves_its_evidence(site: Bench) -> None:
    names = {server.id: server.name for server in site.servers()}
    run = await site.finish(parallel=2, reason="kernel upgrade")
    assert run.status is RunStatus.DONE, await site.texts(run.id)
    audit = site.session.audit
    await site.until(lambda: any(entry.what == "run.end" for entry in audit.entries()))
    assert audit.verify().ok
    entries = [entry for entry in audit.entries() if entry.run == run.id]
    assert (entries[0].what, entries[0].reason, entries[-1].what) == ("run.submit", "kernel upgrade", "run.end")
    effects = [step for step in await site.engine.steps(run.id) if step.kind in ("step", "item") and step.attempts]
    assert len(effects) >= len(names) + 2  # silence, disable
    for step in effects:
        mine = [entry for entry in entries if entry.data.get("step") == step.key]
        assert [entry.what for entry in mine] == ["effect.before", "effect.after"] * step.attempts, step.key
        assert {entry.command for entry in mine} == {step.command}, step.key
        assert {(entry.site, entry.target) for entry in mine} == {("simulated", f"host/{site.host}")}
    shells = {entry.shell for entry in entries if entry.what == "effect.before"}
    assert any("compute service set --disable" in shell for shell in shells)
    report = await make_report(site.engine, run.id)
    assert {one.item: one.origin for one in report.moved} == dict.fromkeys(names, site.host)
    assert all(one.target and one.target != site.host for one in report.moved)
    assert report.trace is not None
    assert report.trace.entries == len(entries)
    assert {command.shell for command in report.commands} == shells - {""}
    assert report.silences, "the silence is part of the story"
    assert shlex.join(effects[-1].command) in report.markdown()


async def test_an_action_by_hand_is_recorded(site: Bench) -> None:
    key = await service(site)
    await site.session.act(action(site, "service.disable"), key, {"reason": "new fan"})
    before, after = site.session.audit.entries()
    assert (before.what, after.what) == ("action.before", "action.after")
    assert before.command == after.command
    assert before.shell.startswith("openstack compute service set --disable")
    assert (before.reason, before.system, before.site) == ("new fan", "openstack", "simulated")
    assert before.data["action"] == "service.disable"
    assert site.host in before.shell
    assert after.result.startswith("done: ")
    with pytest.raises(HsopsError):  # it is not offered: nothing was begun
        await site.session.act(action(site, "service.disable"), key, {"reason": "again"})
    assert len(list(site.session.audit.entries())) == 2


async def test_an_action_that_fails_is_recorded(site: Bench) -> None:
    key = await service(site)
    site.site.inject("api.forbidden", "openstack/compute", path="os-services")
    with pytest.raises(HsopsError):
        await site.session.act(action(site, "service.disable"), key, {"reason": "new fan"})
    *_, after = site.session.audit.entries()
    assert (after.what, after.result.partition(":")[0]) == ("action.after", "failed")


async def test_an_action_on_prod_needs_the_log(site: Bench, tmp_path: Path) -> None:
    key = await service(site)
    (tmp_path / "state").write_text("in the way")
    site.session.audit.tiers["simulated"] = "prod"
    with pytest.raises(NotRecorded):
        await site.session.act(action(site, "service.disable"), key, {"reason": "new fan"})
    assert site.service().enabled
    site.session.audit.tiers["simulated"] = "lab"
    told = await site.session.act(action(site, "service.disable"), key, {"reason": "new fan"})
    assert "NOT RECORDED: the audit log" in told
    assert not site.service().enabled
