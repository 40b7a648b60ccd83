"""What alerts while a run goes on is kept in its log, and stands in its report days later."""

from __future__ import annotations

import asyncio

import pytest

from hsops.workflow import watching
from hsops.workflow.report import make_report
from hsops.workflow.values import RunStatus
from tests.workflow import toy
from tests.workflow.conftest import PATIENCE, Open
from tests.workflow.test_failures import submit, when


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY", 0.05)


@pytest.mark.asyncio
async def test_what_alerts_meanwhile(world: toy.World, opened: Open) -> None:
    world.flag("gates", "alerts.new other.gate")
    world.flag("hang-mark")
    async with opened() as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "mark" in world.tries())
        world.flag("red-alerts.new", "HostDown (cmp-2)")
        world.flag("red-other.gate", "of no interest here")

        async def told(status: str) -> None:
            async with asyncio.timeout(PATIENCE):
                while not [event async for event in engine.events(run, follow=False)  # noqa: ASYNC110 - other threads
                           if (event.kind, event.status) == ("alert", status)]:  # fmt: skip
                    await asyncio.sleep(0.02)

        await told("firing")
        world.unflag("red-alerts.new")
        await told("quiet")
        world.unflag("hang-mark")
        world.unflag("red-other.gate")
        assert (await engine.join(run)).status is RunStatus.DONE
        report = await make_report(engine, run)
    assert [(one.what, one.thing) for one in report.alerts] == [("firing", "alerts.new"), ("quiet", "alerts.new")]
    assert "HostDown (cmp-2)" in report.alerts[0].text
    assert "What alerted during the run" in report.markdown()


@pytest.mark.asyncio
async def test_the_last_look_is_before_the_end(world: toy.World, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY", 3600.0)
    world.flag("gates", "alerts.new")
    async with opened() as engine:
        run = await submit(engine)
        assert (await engine.join(run)).status is RunStatus.DONE
        report = await make_report(engine, run)
    assert report.alerts == ()
    assert report.alerts_watched
    assert "No new alert was seen during the run" in report.text()


@pytest.mark.asyncio
async def test_who_knows_the_alerts_does_not_answer(world: toy.World, opened: Open) -> None:
    world.flag("gates", "alerts.new")
    world.flag("hang-mark")
    async with opened() as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "mark" in world.tries())
        world.flag("silent-alerts.new")
        async with asyncio.timeout(PATIENCE):
            while not (found := (await make_report(engine, run)).alerts):  # noqa: ASYNC110 - other threads
                await asyncio.sleep(0.02)
        world.unflag("hang-mark")
        assert (await engine.join(run)).status is RunStatus.DONE, "nobody's silence holds up a run that has no gate"
    assert found[0].what == "unknown"
