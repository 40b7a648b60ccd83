"""A run from plan to end, on both stores."""

from __future__ import annotations

import msgspec
import pytest

from hsops.errors import Conflict, NotFound, Unreachable, UserError
from hsops.workflow import planning, systems
from hsops.workflow.engine import Engine
from hsops.workflow.values import Event, RunStatus, StepStatus
from tests.workflow import toy
from tests.workflow.conftest import Open, opener

ALL = ["disable/h", "mark", "move/vm-0", "move/vm-1", "move/vm-2", "finish"]


@pytest.mark.asyncio
async def test_runs_every_step_once(world: toy.World, any_store: str) -> None:
    async with opener(world, any_store)() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        events = [event async for event in engine.events(run)]
        info = await engine.join(run)
        steps = {step.key: step for step in await engine.steps(run)}
    assert sorted(world.did()) == sorted(ALL)
    assert world.tries() == world.did()
    assert (info.status, info.exit_code, info.touches) == (RunStatus.DONE, 0, {"servers": 3})
    assert [event.seq for event in events] == sorted(event.seq for event in events)
    assert {step.status for step in steps.values()} == {StepStatus.DONE}
    assert list(steps)[:4] == ["servers", "allowed", "second", "disable"]
    assert steps["move/vm-1"].text == "moved"


@pytest.mark.asyncio
async def test_every_effect_is_logged_before_and_after_with_its_command(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        events = [event async for event in engine.events(run)]
    about = [event for event in events if event.key == "disable"]
    assert [event.status for event in about] == ["running", "done"]
    assert about[0].command == ("toy", "disable", "h", "--reason", f"hsops:{run} it's maintenance")
    assert about[0].shell == f"toy disable h --reason 'hsops:{run} it'\"'\"'s maintenance'"
    line = events[0].line()
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Event) == events[0]


@pytest.mark.asyncio
async def test_a_plan_changes_nothing_and_shows_all(world: toy.World, opened: Open) -> None:
    async with opened(work=False) as engine:
        plan = await engine.plan("toy.drain", {"host": "h"}, site="lab")
        again = await engine.plan("toy.drain", {"host": "h"}, site="lab")
        runs = await engine.runs()
    assert world.lines == []
    assert runs == []
    assert plan.commands()[1:] == ["toy mark", "toy move vm-0", "toy move vm-1", "toy move vm-2", "toy finish"]
    assert (plan.touches, plan.target, plan.obstacles) == ({"servers": 3}, "host/h", [])
    assert [step.kind for step in plan.steps] == ["step", "step", "each", "wait", "verify", "step"]
    assert plan.steps[0].undo_command == ("toy", "enable", "h")
    assert plan.digest == again.digest
    world.flag("size", "4")
    async with opened(work=False) as engine:
        changed = await engine.plan("toy.drain", {"host": "h"}, site="lab")
    assert changed.digest != plan.digest


@pytest.mark.asyncio
async def test_a_plan_needs_no_store(world: toy.World) -> None:
    world.flag("forbidden", "not on a Friday")
    engine = Engine(toy.Session(world), "/nonexistent/runs.sqlite", toy.workflow)
    plan = await engine.plan("toy.drain", {"host": "h"}, site="lab", force={"second": "asked the boss"})
    await engine.close()
    assert list(plan.obstacles) == ["check allowed: not on a Friday"]
    assert [(check.name, check.ok, check.forced) for check in plan.checks] == [
        ("allowed", False, ""),
        ("second", False, "asked the boss"),
    ]


@pytest.mark.asyncio
async def test_a_failed_check_refuses_before_any_effect(world: toy.World, opened: Open) -> None:
    world.flag("forbidden", "not on a Friday")
    async with opened() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        info = await engine.join(run)
        checks = [step for step in await engine.steps(run) if step.kind == "check"]
    assert world.lines == []
    assert (info.status, info.exit_code) == (RunStatus.REFUSED, 3)
    assert "allowed: not on a Friday" in info.reason
    assert "ask somebody" in info.reason
    assert [check.status for check in checks] == [StepStatus.FAILED, StepStatus.FAILED], "all checks are made"


@pytest.mark.asyncio
async def test_a_forced_check_goes_on_and_is_recorded(world: toy.World, opened: Open) -> None:
    world.flag("forbidden", "not on a Friday")
    force = {"allowed": "the boss said so", "second": "him too"}
    async with opened() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", force=force)
        events = [event async for event in engine.events(run)]
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    forced = [event.data["forced"] for event in events if event.kind == "check"]
    assert forced == ["the boss said so", "him too"]


@pytest.mark.asyncio
async def test_forcing_needs_a_reason(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        with pytest.raises(UserError, match="needs a reason"):
            await engine.submit("toy.drain", {"host": "h"}, site="lab", force={"allowed": " "})


@pytest.mark.asyncio
async def test_a_question_without_a_safe_default_wants_an_answer(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        plan = await engine.plan("toy.asking", {}, site="lab")
        refused = await engine.join(await engine.submit("toy.asking", {}, site="lab"))
        wrong = await engine.join(await engine.submit("toy.asking", {}, {"vm-1": "burn"}, site="lab"))
        assert world.lines == []
        done = await engine.join(await engine.submit("toy.asking", {}, {"vm-1": "cold"}, site="lab"))
    assert list(plan.obstacles) == ["no answer for vm-1 (server vm-1)"]
    assert plan.choices[0].options == ("cold", "leave")
    assert (refused.status, wrong.status, done.status) == (RunStatus.REFUSED, RunStatus.REFUSED, RunStatus.DONE)
    assert "it has a local disk" in refused.reason
    assert "'burn' is no option" in wrong.reason
    assert world.did() == ["cold"]


@pytest.mark.asyncio
async def test_one_run_per_target_and_the_holder_is_shown(world: toy.World, any_store: str) -> None:
    world.flag("hang-mark")
    async with opener(world, any_store)() as engine:
        first = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        with pytest.raises(Conflict, match=rf"host/h: is held by run {first} \(toy.drain, running\) of .*@"):
            await engine.submit("toy.drain", {"host": "h"}, site="lab")
        plan = await engine.plan("toy.drain", {"host": "h"}, site="lab")
        other = await engine.submit("toy.drain", {"host": "other"}, site="lab")
        world.unflag("hang-mark")
        assert (await engine.join(first)).status is RunStatus.DONE
        assert (await engine.join(other)).status is RunStatus.DONE
        again = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        assert (await engine.join(again)).status is RunStatus.DONE
    assert any("is held" in obstacle for obstacle in plan.obstacles)


@pytest.mark.asyncio
async def test_wrong_requests(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        with pytest.raises(UserError, match="host: is required"):
            await engine.submit("toy.drain", {}, site="lab")
        with pytest.raises(UserError, match="did you mean host"):
            await engine.plan("toy.drain", {"hots": "h"}, site="lab")
        with pytest.raises(NotFound, match="no such run"):
            await engine.info("nothere")
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab")
        await engine.join(run)
        for late in (engine.abort, engine.resume, engine.pause):
            with pytest.raises(Conflict, match="is over: done"):
                await late(run)
    async with opened(work=False) as engine:
        with pytest.raises(UserError, match="only looks"):
            await engine.submit("toy.drain", {"host": "h"}, site="lab")


@pytest.mark.asyncio
async def test_an_unreachable_system_ends_a_plan_and_refuses_a_run(
    world: toy.World, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    world.flag("no-connection")
    async with opened() as engine:
        with pytest.raises(Unreachable, match="toy: refused"):
            await engine.plan("toy.drain", {"host": "h"}, site="lab")
        info = await engine.join(await engine.submit("toy.drain", {"host": "h"}, site="lab"))
    assert (info.status, info.exit_code) == (RunStatus.REFUSED, 9)
    assert world.lines == []


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for systems that do not answer."""
    monkeypatch.setattr(systems.Connections.patiently, "__defaults__", ((0.0, 0.0),))
    monkeypatch.setattr(planning, "_PATIENCE", (0.0,))
