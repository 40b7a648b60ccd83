"""Going back to a step, and only to the items that failed."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from hsops.errors import Conflict, UserError
from hsops.workflow.values import RunInfo, RunStatus, StepStatus
from tests.workflow import toy
from tests.workflow.conftest import Children, Open, opener
from tests.workflow.test_failures import BACK, step, submit, when


def _names(item: str, info: RunInfo) -> bool:
    return item in info.reason


@pytest.mark.asyncio
async def test_back_to_a_step_does_it_and_all_after_it_again(world: toy.World, any_store: str) -> None:
    async with opener(world, any_store)() as engine:
        run = await submit(engine, attended=False)
        assert (await engine.join(run)).status is RunStatus.DONE
        told = await engine.rewinding(run, "mark")
        assert [step.key for step in told.again] == ["mark", "move/vm-0", "move/vm-1", "move/vm-2", "finish"]
        await engine.rewind(run, "mark")
        info = await engine.join(run)
        steps = {step.key: step for step in await engine.steps(run)}
    tries = Counter(world.tries())
    assert (info.status, info.exit_code) == (RunStatus.DONE, 0)
    assert tries == {"disable/h": 1, "mark": 2, "move/vm-0": 2, "move/vm-1": 2, "move/vm-2": 2, "finish": 2}
    assert set(Counter(world.did()).values()) == {1}, "each looked first"
    assert {step.status for step in steps.values()} == {StepStatus.DONE}
    assert (steps["disable"].attempts, steps["mark"].attempts) == (1, 2)


@pytest.mark.asyncio
async def test_back_to_a_fan_out_does_all_its_items_again(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await submit(engine, attended=False)
        await engine.join(run)
        await engine.rewind(run, "move")
        assert (await engine.join(run)).status is RunStatus.DONE
    tries = Counter(world.tries())
    assert [tries[f"move/vm-{number}"] for number in range(3)] == [2, 2, 2]
    assert (tries["mark"], tries["finish"]) == (1, 2)


@pytest.mark.asyncio
async def test_a_stopped_run_goes_back_further_than_where_it_stopped(world: toy.World, any_store: str) -> None:
    world.flag("fail-finish", "broken")
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await submit(engine, attended=False)
        assert (await engine.join(run)).status is RunStatus.STOPPED
    world.unflag("fail-finish")
    world.flag("size", "5")
    async with opened(adopt=False) as engine:
        await engine.rewind(run, "servers")  # two servers have come meanwhile: they are seen now
        info = await engine.join(run)
    assert (info.status, info.touches) == (RunStatus.DONE, {"servers": 5})
    assert {"move/vm-3", "move/vm-4", "finish"} <= set(world.did())
    assert set(Counter(world.did()).values()) == {1}


@pytest.mark.asyncio
async def test_only_what_failed_is_done_again(world: toy.World, any_store: str) -> None:
    world.flag("size", "5")
    world.flag("fail-move-vm-1", "no room")
    world.flag("fail-move-vm-3", "no room")
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await submit(engine)
        for item in ("vm-1", "vm-3"):
            await when(engine, run, partial(_names, item))
            await engine.decide(run, item, "skip")
        assert (await engine.join(run)).exit_code == 7
        world.unflag("fail-move-vm-1")
        world.unflag("fail-move-vm-3")
        told = await engine.rewinding(run, only_failed=True)
        assert [step.item for step in told.forgotten if step.item] == ["vm-1", "vm-3"]
        await engine.rewind(run, only_failed=True)
        info = await engine.join(run)
        assert (await step(engine, run, "move/vm-0")).text == "moved"
        with pytest.raises(UserError, match="no failed or skipped item"):
            await engine.rewinding(run, only_failed=True)
    tries = Counter(world.tries())
    assert (info.status, info.exit_code, info.skipped) == (RunStatus.DONE, 0, 0)
    assert [tries[f"move/vm-{number}"] for number in range(5)] == [1, 2, 1, 2, 1]
    assert tries["finish"] == 2


@pytest.mark.asyncio
async def test_what_was_begun_before_is_taken_back_too(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await submit(engine)
        await engine.join(run)
        world.flag("fail-move-vm-1", "no")
        await engine.rewind(run, "move")
        await when(engine, run, lambda info: info.status is RunStatus.WAITING)
        await engine.abort(run)
        info = await engine.join(run)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.did()[-2:] == BACK


@pytest.mark.asyncio
async def test_an_abort_before_it_has_come_as_far_again_names_what_is_left(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await engine.submit("toy.chain", {}, site="lab")
        await engine.join(run)
        world.flag("hang-one")
        await engine.rewind(run, "one")
        await when(engine, run, lambda info: world.tries().count("one") == 2)
        await engine.abort(run)
        context, _ = engine._worker._active[run]  # type: ignore[union-attr] # it works
        await when(engine, run, lambda info: context.mailbox.wish == "abort")
        world.unflag("hang-one")
        info = await engine.join(run)
    assert info.status is RunStatus.STOPPED, "nothing pretends to be rolled back"
    assert info.reason == "not taken back, do it by hand: toy unthree"
    assert world.did() == ["one", "two", "three", "untwo", "unone"]


@pytest.mark.asyncio
async def test_when_it_can_not_go_back(world: toy.World, opened: Open) -> None:
    world.flag("hang-mark")
    async with opened() as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "mark" in world.tries())
        with pytest.raises(Conflict, match="works on it"):
            await engine.rewind(run, "disable")
        world.unflag("hang-mark")
        await engine.join(run)
        with pytest.raises(UserError, match="no step nothing to go back to → servers, allowed, second, disable"):
            await engine.rewind(run, "nothing")
        with pytest.raises(UserError, match="--only-failed tries items again"):
            await engine.rewind(run, "vm-1")
        world.flag("hang-mark")
        await engine.submit("toy.late", {}, site="lab")
        other = await submit(engine)
        with pytest.raises(Conflict, match=f"held by run {other}"):
            await engine.rewind(run, "mark")
        assert (await engine.info(run)).status is RunStatus.DONE
        world.unflag("hang-mark")
        await engine.join(other)
        world.flag("fail-mark", "no")
        third = await submit(engine)
        await when(engine, third, lambda info: info.status is RunStatus.WAITING)
        await engine.abort(third)
        await engine.join(third)
        with pytest.raises(Conflict, match="is rolled-back"):
            await engine.rewind(third, "disable")


def test_a_process_that_dies_while_it_goes_back(world: toy.World, store: str, children: Children) -> None:
    """Our tables are turned back before DBOS's journal: between the two, nothing is forgotten and nothing repeated."""
    child = children.start(store, "toy.drain", "host=h")
    assert child.wait(60) == 0
    dying = children.start(store, "rewind-and-die", "mark")
    assert dying.wait(60) == 9
    last = children.start(store)
    _, err = last.communicate(timeout=60)
    assert (last.returncode, err) == (0, "")
    assert set(Counter(world.tries()).values()) == {1}, "its answers were still recorded"
