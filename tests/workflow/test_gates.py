"""Gates between the parts of a run: red waits, green twice goes on, a person may waive; the window's end pauses."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from hsops.errors import Conflict, UserError
from hsops.workflow import gates, window
from hsops.workflow.engine import Engine
from hsops.workflow.values import RunInfo, RunStatus, StepInfo, StepStatus, Verdict
from tests.workflow import toy
from tests.workflow.conftest import Children, Open, opener

PATIENCE = 60.0
NIGHT = [["night", "22:00", "04:00"]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "EVERY", 0.1)
    monkeypatch.setattr(gates, "AGAIN", 0.05)
    monkeypatch.setattr("hsops.workflow.admission._LOOK", 0.05)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Clock:
    """The time that windows go by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = datetime(2026, 7, 1, 23, tzinfo=UTC)
        monkeypatch.setattr("hsops.workflow.admission.now", lambda: self._now)
        monkeypatch.setattr("hsops.workflow.planning.now", lambda: self._now)

    def set(self, text: str) -> None:
        self._now = datetime.fromisoformat(text)


async def when(engine: Engine, run: str, condition: Callable[[RunInfo], object]) -> RunInfo:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition(info := await engine.info(run)):
        assert asyncio.get_running_loop().time() < deadline, f"waited in vain: {info}"
        await asyncio.sleep(0.01)
    return info


async def gate_of(engine: Engine, run: str) -> StepInfo:
    return next(step for step in await engine.steps(run) if step.kind == "gate" and step.status is StepStatus.RUNNING)


async def red(engine: Engine, run: str) -> StepInfo:
    await when(engine, run, lambda info: info.status is RunStatus.WAITING)
    return await gate_of(engine, run)


def rolling(count: int = 2) -> tuple[str, dict[str, str]]:
    return "toy.rolling", {"count": str(count)}


@pytest.mark.asyncio
async def test_green_is_looked_at_twice_each_time(world: toy.World, any_store: str) -> None:
    world.flag("gates", "alerts.new")
    world.flag("level", "3")
    async with opener(world, any_store)() as engine:
        plan = await engine.plan(*rolling(3), site="lab")
        run = await engine.submit(*rolling(3), site="lab")
        info = await engine.join(run)
        steps = {step.key: step for step in await engine.steps(run)}
    assert [(step.kind, step.name) for step in plan.steps][1] == ("gate", "before 1")
    assert info.status is RunStatus.DONE
    # Twice at each of two gates, and once as the run ends, for its report.
    assert [what for _, verb, what in world.lines if verb == "look"] == ["alerts.new"] * 5
    assert (steps["before 1"].kind, steps["before 1"].status) == ("gate", StepStatus.DONE)
    assert steps["before 1"].text == "all green"


@pytest.mark.asyncio
async def test_a_site_without_gates_goes_on(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_red_waits_shows_why_and_its_trend(world: toy.World, any_store: str) -> None:
    world.flag("gates", "alerts.new ceph.clean")
    world.flag("red-alerts.new", "2 new alerts")
    world.flag("red-ceph.clean", "3 PGs degraded")
    async with opener(world, any_store)() as engine:
        run = await engine.submit(*rolling(), site="lab")
        step = await red(engine, run)
        assert world.did() == ["host/0"]
        assert step.verdicts == (Verdict.SKIP, Verdict.BACK_OUT)
        info = await engine.info(run)
        assert info.reason == "before 1: alerts.new: 2 new alerts; ceph.clean: 3 PGs degraded"
        world.unflag("red-ceph.clean")
        await when(engine, run, lambda info: "ceph" not in info.reason)
        world.unflag("red-alerts.new")
        assert (await engine.join(run)).status is RunStatus.DONE
        (done,) = [step for step in await engine.steps(run) if step.kind == "gate"]
        events = [event async for event in engine.events(run, follow=False)]
    assert done.trend[0] == 2.0
    assert done.trend[-1] <= 1.0
    assert [event.status for event in events if event.kind == "gate"] == ["red", "red", "green"]
    assert world.did() == ["host/0", "host/1"]


@pytest.mark.asyncio
async def test_one_green_look_between_red_ones_proves_nothing(
    world: toy.World, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.flag("gates", "alerts.new")
    world.flag("red-alerts.new", "one")
    looks = {"number": 0}
    plain_look = toy.ToyGate.look

    async def look(self: toy.ToyGate, baseline: object) -> object:
        looks["number"] += 1
        if looks["number"] % 2 == 0:
            world.unflag("red-alerts.new")
        else:
            world.flag("red-alerts.new", "again")
        return await plain_look(self, baseline)

    monkeypatch.setattr(toy.ToyGate, "look", look)
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab")
        await when(engine, run, lambda info: looks["number"] > 6)
        assert "host/1" not in world.tries()
        monkeypatch.setattr(toy.ToyGate, "look", plain_look)
        world.unflag("red-alerts.new")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_a_system_that_does_not_answer_is_red(world: toy.World, opened: Open) -> None:
    world.flag("gates", "alerts.new")
    async with opened() as engine:
        world.flag("hang-host-0")
        run = await engine.submit(*rolling(), site="lab")
        await when(engine, run, lambda info: "host/0" in world.tries())
        world.flag("silent-alerts.new")
        world.unflag("hang-host-0")
        step = await red(engine, run)
        assert "does not answer: toy: nobody answers" in step.text
        world.unflag("silent-alerts.new")
        world.flag("no-connection")
        await when(engine, run, lambda info: "toy: does not answer: toy: refused" in info.reason)
        world.unflag("no-connection")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_what_was_not_seen_at_the_start_has_to_be_waived(world: toy.World, opened: Open) -> None:
    world.flag("gates", "alerts.new")
    world.flag("silent-alerts.new")
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab")
        await red(engine, run)
        world.unflag("silent-alerts.new")
        info = await engine.info(run)
        assert "nothing to compare with" in info.reason
        await engine.waive(run, "alerts.new", "looked at by hand")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_waived_once_with_a_reason(world: toy.World, any_store: str) -> None:
    world.flag("gates", "alerts.new ceph.clean")
    world.flag("red-alerts.new", "known")
    async with opener(world, any_store)() as engine:
        run = await engine.submit(*rolling(3), site="lab")
        await red(engine, run)
        with pytest.raises(UserError, match="needs a reason"):
            await engine.waive(run, "alerts.new", "")
        with pytest.raises(UserError, match=r"no gate alerts\.old"):
            await engine.waive(run, "alerts.old", "x")
        await engine.waive(run, "alerts.new", "the fan of node 3")
        await when(engine, run, lambda info: "host/1" in world.did())
        await when(engine, run, lambda info: info.status is RunStatus.WAITING and "before 2" in info.reason)
        assert "host/2" not in world.tries(), "it counts once"
        await engine.decide(run, "before 2", Verdict.SKIP)
        assert (await engine.join(run)).status is RunStatus.DONE
        steps = {step.key: step for step in await engine.steps(run)}
        events = [event async for event in engine.events(run, follow=False)]
        with pytest.raises(Conflict):
            await engine.waive(run, "alerts.new", "too late")
    assert steps["before 1"].text == "waived: alerts.new (the fan of node 3)"
    (kept,) = [event for event in events if event.kind == "waiver" and event.key == "before 1"]
    assert kept.data["reason"] == "the fan of node 3"


@pytest.mark.asyncio
async def test_backed_out_at_a_gate(world: toy.World, opened: Open) -> None:
    world.flag("gates", "alerts.new")
    world.flag("red-alerts.new", "bad")
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab")
        await red(engine, run)
        await engine.decide(run, "before 1", "back_out")
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK
    assert world.did() == ["host/0", "unhost/0"]


@pytest.mark.asyncio
async def test_when_nobody_is_there_patience_ends(world: toy.World, any_store: str) -> None:
    world.flag("gates", "alerts.new")
    world.flag("red-alerts.new", "bad")
    world.flag("rules", json.dumps({"patience": 0.5}))
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab", attended=False)
        info = await engine.join(run)
        assert (info.status, info.exit_code) == (RunStatus.STOPPED, 4)
        assert info.reason == "gate before 1 was red for 0.5 s: alerts.new: bad"
    async with opened(work=False) as looker:
        await looker.waive(run, "alerts.new", "it is known")  # kept, though nobody works on it
    async with opened() as engine:
        await engine.resume(run)
        assert (await engine.join(run)).status is RunStatus.DONE
    assert world.tries() == ["host/0", "host/1"]


@pytest.mark.asyncio
async def test_switched_off(world: toy.World, opened: Open) -> None:
    world.flag("gates", "alerts.new")
    world.flag("red-alerts.new", "bad")
    world.flag("rules", json.dumps({"off": ["alerts.new"]}))
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_the_baseline_is_that_of_the_beginning_whoever_goes_on(
    world: toy.World, any_store: str, children: Children
) -> None:
    world.flag("gates", "alerts.new")
    world.flag("level", "before")
    world.flag("red-alerts.new", "bad")
    child = children.start(any_store, "toy.rolling", "count=2", "attended=yes", ttl=2.0)
    assert child.stdout is not None
    run = child.stdout.readline().strip()
    async with opener(world, any_store)(work=False) as looker:
        await red(looker, run)
        child.send_signal(signal.SIGKILL)
        child.wait(60)
    world.flag("level", "after")
    world.unflag("red-alerts.new")
    seen: list[object] = []
    plain_look = toy.ToyGate.look

    async def look(self: toy.ToyGate, baseline: object) -> object:
        seen.append(baseline)
        return await plain_look(self, baseline)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toy.ToyGate, "look", look)
        async with opener(world, any_store)(ttl=2.0) as engine:
            assert (await when(engine, run, lambda info: info.status.over)).status is RunStatus.DONE
    assert seen
    assert all(baseline == {"level": "before"} for baseline in seen)
    assert world.tries() == ["host/0", "host/1"]


# -- windows


@pytest.mark.asyncio
async def test_approved_in_the_day_it_goes_on_in_the_night(world: toy.World, opened: Open, clock: Clock) -> None:
    world.flag("rules", json.dumps({"windows": NIGHT, "required": True}))
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab")
        await when(engine, run, lambda info: info.status is RunStatus.AWAITING)
        clock.set("2026-07-02T12:00:00Z")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("hsops.workflow.engine._me", lambda: "bob@bastion2")
            await engine.approve(run)
        info = await when(engine, run, lambda info: info.status is RunStatus.PAUSED)
        assert "goes on at 2026-07-02T22:00:00Z" in info.reason
        assert world.tries() == []
    async with opened() as engine:  # another process is as patient
        await when(engine, run, lambda info: info.owner_alive and info.status is RunStatus.PAUSED)
        clock.set("2026-07-02T22:30:00Z")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_outside_every_window_it_is_refused(world: toy.World, opened: Open, clock: Clock) -> None:
    world.flag("rules", json.dumps({"windows": NIGHT}))
    clock.set("2026-07-01T12:00:00Z")
    async with opened() as engine:
        plan = await engine.plan(*rolling(), site="lab")
        run = await engine.submit(*rolling(), site="lab")
        info = await engine.join(run)
        assert (info.status, info.exit_code) == (RunStatus.REFUSED, 3)
        assert "check window.open: none is open; night opens at 2026-07-01T22:00:00Z" in info.reason
        (check,) = plan.checks
        assert (check.name, check.ok, plan.window) == ("window.open", False, check.text)
        forced = await engine.submit(*rolling(), site="lab", force={"window.open": "agreed with everybody"})
        assert (await engine.join(forced)).status is RunStatus.DONE
        events = [event async for event in engine.events(forced, follow=False)]
    (told,) = [event for event in events if event.key == "window.open" and event.kind == "check"]
    assert (told.status, told.data["forced"]) == ("forced", "agreed with everybody")
    assert world.did() == ["host/0", "host/1"]


@pytest.mark.asyncio
async def test_the_current_host_is_finished_then_it_pauses_until_the_next_window(
    world: toy.World, any_store: str, clock: Clock
) -> None:
    world.flag("rules", json.dumps({"windows": NIGHT}))
    world.flag("hang-host-0")
    async with opener(world, any_store)() as engine:
        plan = await engine.plan(*rolling(), site="lab")
        assert plan.window == "night until 2026-07-02T04:00:00Z"
        run = await engine.submit(*rolling(), site="lab")
        await when(engine, run, lambda info: "host/0" in world.tries())
        clock.set("2026-07-02T05:00:00Z")
        world.unflag("hang-host-0")
        info = await when(engine, run, lambda info: info.status is RunStatus.PAUSED)
        assert info.window == "night until 2026-07-02T04:00:00Z"
        assert info.reason == "the window night ended at 2026-07-02T04:00:00Z; goes on at 2026-07-02T22:00:00Z"
        assert world.did() == ["host/0"], "finished, and no other begun"
        clock.set("2026-07-02T22:00:00Z")
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    assert info.window == "night until 2026-07-03T04:00:00Z"


@pytest.mark.asyncio
async def test_a_person_lets_it_go_on_outside_the_window(world: toy.World, opened: Open, clock: Clock) -> None:
    world.flag("rules", json.dumps({"windows": NIGHT}))
    world.flag("hang-host-0")
    async with opened() as engine:
        run = await engine.submit(*rolling(3), site="lab")
        await when(engine, run, lambda info: "host/0" in world.tries())
        clock.set("2026-07-02T05:00:00Z")
        world.unflag("hang-host-0")
        await when(engine, run, lambda info: info.status is RunStatus.PAUSED)
        with pytest.raises(UserError, match="--reason"):
            await engine.resume(run)
        await engine.resume(run, reason="one more is fine")
        await when(engine, run, lambda info: "host/1" in world.did())
        await when(engine, run, lambda info: info.status is RunStatus.PAUSED)
        assert "host/2" not in world.tries(), "it counts once"
        await engine.abort(run)
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK
        events = [event async for event in engine.events(run, follow=False)]
    assert any("one more is fine" in event.text for event in events if event.kind == "waiver")


@pytest.mark.asyncio
async def test_the_clock_jumps(world: toy.World, opened: Open, clock: Clock) -> None:
    """Set back into the window the run goes on at once; nothing was counted down."""
    world.flag("rules", json.dumps({"windows": NIGHT}))
    world.flag("hang-host-0")
    async with opened() as engine:
        run = await engine.submit(*rolling(), site="lab")
        await when(engine, run, lambda info: "host/0" in world.tries())
        clock.set("2027-01-01T12:00:00Z")
        world.unflag("hang-host-0")
        await when(engine, run, lambda info: info.status is RunStatus.PAUSED)
        clock.set("2026-07-01T23:30:00Z")
        assert (await engine.join(run)).status is RunStatus.DONE


def test_the_pause_is_said_in_utc() -> None:
    moment = datetime(2026, 7, 1, 23, tzinfo=UTC).astimezone() + timedelta(microseconds=5)
    assert window.stamp(moment) == "2026-07-01T23:00:00Z"
