"""The plugin's own workflows on real hosts, through the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from hsops.config import Site, System
from hsops.plugins.linux import PLUGIN
from hsops.plugins.linux.options import LinuxOptions
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunInfo, RunStatus
from tests.lab import linux
from tests.lab.env import Linux
from tests.lab.linux import faults
from tests.plugins.linux.test_lab import settings

pytestmark = [pytest.mark.lab, pytest.mark.asyncio, pytest.mark.timeout(300)]


@asynccontextmanager
async def engine_on(found: Linux, folder: Path) -> AsyncIterator[Engine]:
    """A site of nothing but these hosts."""
    options = msgspec.convert(settings(found), LinuxOptions)
    system = System(name="linux", plugin="linux", options=options, timeout=15.0)
    site = Site(name="lx", tier="lab", systems=(system,), file=folder / "site.yaml")
    registry = Registry([PLUGIN])
    async with (
        Session([site], registry) as session,
        Engine(session, folder / "runs.sqlite", registry.workflow) as engine,
    ):
        yield engine


async def finished(engine: Engine, workflow: str, **values: str) -> RunInfo:
    """A run to its end, with nobody there."""
    return await engine.join(await engine.submit(workflow, values, site="lx", attended=False))


async def test_a_reboot_with_proof(lab_linux_mended: Linux, tmp_path: Path) -> None:
    name = lab_linux_mended.names[0]
    boots = faults.boots(name)
    async with engine_on(lab_linux_mended, tmp_path) as engine:
        plan = await engine.plan("host.reboot", {"host": name}, site="lx")
        assert [check.ok for check in plan.checks] == [True, True, True]
        assert f"ssh {name} 'sudo -n -- systemctl reboot'" in plan.commands()
        info = await finished(engine, "host.reboot", host=name)
        assert info.status is RunStatus.DONE, info.reason
        assert faults.boots(name) == boots + 1
        info = await finished(engine, "host.reboot", host=name, kernel="9.9")
        assert info.status is RunStatus.STOPPED
        assert "not 9.9" in info.reason


async def test_packages_on_all_hosts_by_batch(lab_linux_mended: Linux, tmp_path: Path) -> None:
    async with engine_on(lab_linux_mended, tmp_path) as engine:
        info = await finished(engine, "packages.upgrade", hosts="all", batch="2")
        assert info.status is RunStatus.DONE, info.reason
        steps = await engine.steps(info.id)
    assert [step.name for step in steps if step.kind == "gate"] == ["between hosts"]
    for name in lab_linux_mended.names:
        assert faults.installations(name) == (1, 1)
        assert faults.kernel(name) == linux.KERNEL, "nothing was rebooted"


async def test_hosts_that_the_site_file_does_not_name_are_refused(lab_linux: Linux, tmp_path: Path) -> None:
    async with engine_on(lab_linux, tmp_path) as engine:
        info = await finished(engine, "packages.upgrade", hosts="lx1,nobody")
    assert info.status is RunStatus.REFUSED
    assert "not in the site file: nobody" in info.reason
