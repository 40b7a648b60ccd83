"""What fails is put to a person; what was begun can be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hsops.errors import Conflict, UserError
from hsops.workflow.engine import Engine
from hsops.workflow.systems import Connections
from hsops.workflow.values import RunInfo, RunStatus, StepInfo, StepStatus, Verdict
from tests.workflow import toy
from tests.workflow.conftest import PATIENCE, Open, opener
from tests.workflow.test_run import impatient

BACK = ["unmark", "enable/h"]


async def when(engine: Engine, run: str, condition: Callable[[RunInfo], object]) -> RunInfo:
    """The run once the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition(info := await engine.info(run)):  # noqa: ASYNC110 - it happens in other threads
            await asyncio.sleep(0.01)
    return info


async def waiting(engine: Engine, run: str) -> RunInfo:
    return await when(engine, run, lambda info: info.status is RunStatus.WAITING)


async def step(engine: Engine, run: str, key: str) -> StepInfo:
    return next(step for step in await engine.steps(run) if step.key == key)


async def submit(engine: Engine, *, attended: bool = True) -> str:
    return await engine.submit("toy.drain", {"host": "h"}, site="lab", attended=attended)


@pytest.mark.asyncio
async def test_a_failed_item_waits_and_is_tried_again(world: toy.World, any_store: str) -> None:
    world.flag("fail-move-vm-1", "no room")
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await submit(engine)
        info = await waiting(engine, run)
        failed = await step(engine, run, "move/vm-1")
        assert (failed.status, failed.verdicts) == (StepStatus.FAILED, tuple(Verdict))
        assert failed.text == "OSError: no room"
        assert info.reason == "vm-1: OSError: no room"
        await when(engine, run, lambda info: "move/vm-2" in world.did())  # the others go on
        await engine.decide(run, "vm-1", "retry")
        await when(engine, run, lambda info: world.tries().count("move/vm-1") == 2)
        await waiting(engine, run)
        world.unflag("fail-move-vm-1")
        await engine.decide(run, "move/vm-1", Verdict.RETRY)
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    assert world.tries().count("move/vm-1") == 3
    assert [what for what in world.tries() if what != "move/vm-1"].count("move/vm-0") == 1


@pytest.mark.asyncio
async def test_a_skipped_item_makes_a_partial_run(world: toy.World, opened: Open) -> None:
    world.flag("fail-move-vm-1", "no room")
    async with opened() as engine:
        run = await submit(engine)
        await waiting(engine, run)
        await engine.decide(run, "vm-1", "skip")
        info = await engine.join(run)
        skipped = await step(engine, run, "move/vm-1")
    assert (info.status, info.skipped, info.exit_code) == (RunStatus.DONE, 1, 7)
    assert (skipped.status, skipped.text) == (StepStatus.SKIPPED, "OSError: no room")
    assert "move/vm-1" not in world.did()


@pytest.mark.asyncio
async def test_backing_out_undoes_in_reverse(world: toy.World, any_store: str) -> None:
    world.flag("fail-move-vm-1", "no room")
    async with opener(world, any_store)() as engine:
        run = await submit(engine)
        await waiting(engine, run)
        await engine.decide(run, "vm-1", "back_out")
        info = await engine.join(run)
        events = [event async for event in engine.events(run)]
    assert (info.status, info.exit_code) == (RunStatus.ROLLED_BACK, 5)
    assert info.reason == "vm-1: OSError: no room"
    assert world.did()[-2:] == BACK
    undone = [event.command for event in events if event.key == "undo disable"]
    assert undone == [("toy", "enable", "h")] * 2, "before and after, with the command"


@pytest.mark.asyncio
async def test_what_can_not_be_decided(world: toy.World, opened: Open) -> None:
    world.flag("fail-mark", "no")
    async with opened() as engine:
        run = await submit(engine)
        await waiting(engine, run)
        with pytest.raises(UserError, match="one of retry, back_out"):
            await engine.decide(run, "mark", "skip")
        with pytest.raises(UserError, match="is no verdict"):
            await engine.decide(run, "mark", "perhaps")
        with pytest.raises(Conflict, match="disable does not wait for a decision → waiting: mark"):
            await engine.decide(run, "disable", "retry")
        world.unflag("fail-mark")
        await engine.resume(run)  # means: try again what failed
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_unattended_it_stops_and_resumes_at_what_failed(world: toy.World, any_store: str) -> None:
    world.flag("fail-move-vm-1", "no room")
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await submit(engine, attended=False)
        info = await engine.join(run)
        assert (info.status, info.exit_code, info.owner) == (RunStatus.STOPPED, 4, "")
        assert "vm-1: OSError: no room" in info.reason
    async with opened() as engine:
        await asyncio.sleep(0.5)
        assert (await engine.info(run)).status is RunStatus.STOPPED, "nobody asked for it to go on"
        before = len(world.lines)
        world.unflag("fail-move-vm-1")
        await engine.resume(run)
        info = await engine.join(run)
    assert info.status is RunStatus.DONE
    assert [what for _, verb, what in world.lines[before:] if verb == "try"] == ["move/vm-1", "finish"]


@pytest.mark.asyncio
async def test_a_decision_is_kept_while_nobody_works(world: toy.World, opened: Open) -> None:
    world.flag("fail-move-vm-1", "no room")
    async with opened() as engine:
        run = await submit(engine, attended=False)
        await engine.join(run)
    async with opened(work=False) as looker:
        await looker.decide(run, "vm-1", "skip")
    async with opened() as engine:
        await engine.resume(run)
        info = await engine.join(run)
    assert (info.status, info.exit_code) == (RunStatus.DONE, 7)


@pytest.mark.asyncio
async def test_a_stopped_run_holds_its_target_and_can_be_aborted(world: toy.World, any_store: str) -> None:
    world.flag("fail-move-vm-1", "no room")
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await submit(engine, attended=False)
        await engine.join(run)
        with pytest.raises(Conflict, match=f"held by run {run}"):
            await submit(engine)
    async with opened() as engine:
        await engine.abort(run)
        info = await when(engine, run, lambda info: info.status.over)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.did()[-2:] == BACK
    assert world.tries().count("move/vm-1") == 1


@pytest.mark.asyncio
async def test_abort_in_mid_fan_out(world: toy.World, any_store: str) -> None:
    world.flag("size", "8")
    world.flag("hang-move-vm-1")
    world.flag("hang-move-vm-2")
    async with opener(world, any_store)() as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "move/vm-2" in world.tries() and "move/vm-0" in world.did())
        await engine.abort(run)
        await asyncio.sleep(0.3)
        assert "unmark" not in world.did(), "what is in flight comes to its end first"
        world.unflag("hang-move-vm-1")
        await when(engine, run, lambda info: "move/vm-1" in world.did())
        world.unflag("hang-move-vm-2")
        info = await engine.join(run)
    assert (info.status, info.exit_code) == (RunStatus.ROLLED_BACK, 5)
    assert world.did() == ["disable/h", "mark", "move/vm-0", "move/vm-1", "move/vm-2", *BACK]


@pytest.mark.asyncio
async def test_items_with_undo_are_taken_back_too(world: toy.World, opened: Open) -> None:
    world.flag("fail-i-2", "no")
    async with opened() as engine:
        run = await engine.submit("toy.fan", {"count": 4, "limit": 1}, site="lab")
        await waiting(engine, run)
        await engine.abort(run)
        info = await engine.join(run)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.did() == ["i-0", "i-1", "i-3", "back/i-3", "back/i-2", "back/i-1", "back/i-0"]


@pytest.mark.asyncio
async def test_a_failed_undo_is_asked_about(world: toy.World, opened: Open) -> None:
    world.flag("fail-finish", "no")
    world.flag("fail-unmark", "stuck")
    async with opened() as engine:
        run = await submit(engine)
        await waiting(engine, run)
        await engine.abort(run)
        await when(engine, run, lambda info: info.status is RunStatus.WAITING and "stuck" in info.reason)
        assert (await step(engine, run, "undo mark")).verdicts == (Verdict.RETRY, Verdict.SKIP)
        await engine.decide(run, "undo mark", "skip")
        info = await engine.join(run)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.did()[-1] == "enable/h"
    assert "unmark" not in world.did()


@pytest.mark.asyncio
async def test_pause_and_resume(world: toy.World, opened: Open) -> None:
    world.flag("hang-disable-h")
    async with opened() as engine:
        run = await submit(engine)
        await when(engine, run, lambda info: "disable/h" in world.tries())
        await engine.pause(run)
        await asyncio.sleep(0.3)
        world.unflag("hang-disable-h")
        await when(engine, run, lambda info: info.status is RunStatus.PAUSED)
        assert world.did() == ["disable/h"]
        await engine.resume(run)
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_abort_before_anything_was_changed(
    world: toy.World, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    world.flag("unreachable")
    async with opened() as engine:
        run = await submit(engine)
        info = await waiting(engine, run)
        assert "nobody answers" in info.reason
        await engine.abort(run)
        info = await engine.join(run)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.lines == []


@pytest.mark.asyncio
async def test_reading_is_retried_while_nobody_answers(
    world: toy.World, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connections.patiently, "__defaults__", ((0.05,) * 200,))
    world.flag("unreachable")
    async with opened() as engine:
        run = await submit(engine)
        await asyncio.sleep(0.3)
        world.unflag("unreachable")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_nobody_answers_an_unattended_run(
    world: toy.World, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    world.flag("unreachable")
    async with opened() as engine:
        info = await engine.join(await submit(engine, attended=False))
    assert (info.status, info.exit_code) == (RunStatus.REFUSED, 9)
    assert world.lines == []


@pytest.mark.asyncio
async def test_effects_are_never_retried_by_themselves(world: toy.World, opened: Open) -> None:
    world.flag("fail-mark", "unreachable")
    async with opened() as engine:
        run = await submit(engine)
        info = await waiting(engine, run)
        assert world.tries() == ["disable/h", "mark"]
        assert info.reason == "mark: toy: unreachable"
        await engine.abort(run)
        await engine.join(run)
    assert world.did() == ["disable/h", *BACK], "its outcome is not known, so it is taken back as well"


@pytest.mark.asyncio
async def test_an_unproven_run_is_not_done(world: toy.World, opened: Open) -> None:
    world.flag("unproven", "one is left")
    async with opened() as engine:
        run = await submit(engine)
        assert (await waiting(engine, run)).reason == "proof: one is left"
        assert (await step(engine, run, "proof")).verdicts == (Verdict.RETRY, Verdict.BACK_OUT)
        world.unflag("unproven")
        await engine.decide(run, "proof", "retry")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_a_fault_of_the_author_stops_the_run_and_can_be_undone(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await engine.submit("toy.broken", {}, site="lab")
        info = await engine.join(run)
        assert (info.status, info.exit_code) == (RunStatus.STOPPED, 4)
        assert "toy.broken itself failed: KeyError: 'a fault of the author'" in info.reason
        await engine.abort(run)
        info = await when(engine, run, lambda info: info.status.over)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.did() == ["begin", "unbegin"]


@pytest.mark.asyncio
async def test_a_wait_ends_at_its_time_out(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await engine.submit("toy.waiting", {"timeout": "0.2"}, site="lab")
        info = await waiting(engine, run)
        assert "not done after 0.2 s: not yet" in info.reason
        world.flag("arrived")
        await engine.decide(run, "arrival", "retry")
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_a_wait_ends_when_nothing_moves(world: toy.World, opened: Open) -> None:
    world.flag("left", "512")
    async with opened() as engine:
        run = await engine.submit("toy.waiting", {"stuck": "0.2"}, site="lab")
        info = await waiting(engine, run)
        assert "stuck at 512 for 0.2 s" in info.reason
        assert set((await step(engine, run, "arrival")).trend) == {512.0}
        await engine.decide(run, "arrival", "back_out")
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK
    assert world.did() == ["begin", "unbegin"]


@pytest.mark.asyncio
async def test_abort_inside_a_wait(world: toy.World, opened: Open) -> None:
    async with opened() as engine:
        run = await engine.submit("toy.waiting", {}, site="lab")
        await when(engine, run, lambda info: "begin" in world.did())
        await engine.abort(run)
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK
    assert world.did() == ["begin", "unbegin"]


@pytest.mark.asyncio
async def test_who_takes_a_run_over_says_whether_somebody_is_there(world: toy.World, any_store: str) -> None:
    world.flag("fail-move-vm-1", "no room")
    opened = opener(world, any_store)
    async with opened() as engine:
        run = await submit(engine)
        await waiting(engine, run)
    async with opened(adopt=False) as engine:
        await engine.resume(run, attended=False)
        info = await engine.join(run)
        assert (info.status, info.exit_code) == (RunStatus.STOPPED, 4)
        await engine.resume(run, attended=True)
        await waiting(engine, run)
        await engine.abort(run)
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK


@pytest.mark.asyncio
async def test_a_check_after_an_effect_asks_instead_of_refusing(world: toy.World, opened: Open) -> None:
    world.flag("forbidden", "not any more")
    async with opened() as engine:
        run = await engine.submit("toy.late", {}, site="lab")
        assert "not any more" in (await waiting(engine, run)).reason
        world.unflag("forbidden")
        await engine.decide(run, "still", "retry")
        assert (await engine.join(run)).status is RunStatus.DONE
    assert world.did() == ["begin", "end"]


@pytest.mark.asyncio
async def test_a_changed_function_stops_and_says_what_it_could_not_undo(world: toy.World, opened: Open) -> None:
    world.flag("forbidden", "not any more")
    async with opened() as engine:
        run = await engine.submit("toy.changed", {}, site="lab", attended=False)
        await engine.join(run)
        world.flag("changed")
        await engine.resume(run)
        info = await engine.join(run)
        assert info.status is RunStatus.STOPPED
        assert "its steps are not the ones" in info.reason
        await engine.abort(run)
        info = await engine.join(run)
        assert info.status is RunStatus.STOPPED, "nothing pretends to be rolled back"
        assert info.reason == "not taken back, do it by hand: toy unbegin"
        world.unflag("changed")
        await engine.abort(run)
        assert (await engine.join(run)).status is RunStatus.ROLLED_BACK
    assert world.did() == ["begin", "unbegin"]


@pytest.mark.asyncio
async def test_the_log_says_who_asked_and_who_decided(world: toy.World, opened: Open) -> None:
    world.flag("fail-move-vm-1", "no room")
    async with opened() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", force={"allowed": "because"})
        await waiting(engine, run)
        await engine.decide(run, "vm-1", "back_out")
        await engine.join(run)
        events = [event async for event in engine.events(run)]
        author = (await engine.info(run)).author
    assert (events[0].status, events[0].text) == ("submitted", f"by {author}")
    assert events[0].data["force"] == {"allowed": "because"}
    assert [(event.status, event.text) for event in events if event.kind == "decision"] == [
        ("back_out", f"by {author}")
    ]
    ends = [event.status for event in events if event.kind == "run"]
    assert ends == ["submitted", "running", "waiting", "running", "rolling-back", "rolled-back"]


@pytest.mark.asyncio
async def test_a_retry_has_a_new_connection(world: toy.World, store: str) -> None:
    world.flag("drop")
    session = toy.Session(world)
    async with Engine(session, store, toy.workflow) as engine:
        run = await submit(engine)
        assert (await waiting(engine, run)).reason == "disable: toy: connection lost"
        await engine.decide(run, "disable", "retry")
        assert (await engine.join(run)).status is RunStatus.DONE
    assert session.opened == 2
