"""Plans that are saved, and carried out only while they still hold."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import msgspec
import pytest

from hsops.errors import UserError
from hsops.workflow.planfile import PlanChanged, choices_of, differences, forced_in, load_plan, save_plan, values_of
from hsops.workflow.planning import digest
from hsops.workflow.values import Plan, PlanStep, RunStatus
from tests.workflow import toy
from tests.workflow.conftest import Open


async def made(opened: Open, **values: str) -> Plan:
    async with opened(work=False) as engine:
        return await engine.plan("toy.drain", {"host": "h", **values}, site="lab")


@pytest.mark.asyncio
async def test_what_is_saved_is_what_is_loaded(world: toy.World, opened: Open, tmp_path: Path) -> None:
    world.flag("forbidden", "not on a Friday")
    async with opened(work=False) as engine:
        force = {"allowed": "I said so", "second": "I said so"}
        plan = await engine.plan("toy.drain", {"host": "h", "pause": "1m30s"}, site="lab", force=force)
        file = tmp_path / "plan.json"
        old = os.umask(0)
        try:
            save_plan(plan, file)
            save_plan(plan, file)
        finally:
            os.umask(old)
        saved = load_plan(file)
        again = await engine.plan(
            saved.workflow, values_of(saved), choices_of(saved), saved.site, force=forced_in(saved)
        )
    assert saved == plan
    assert again.digest == plan.digest
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [name for name in os.listdir(tmp_path) if "plan" in name] == ["plan.json"]


@pytest.mark.asyncio
async def test_a_file_that_is_no_plan(world: toy.World, opened: Open, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save_plan(await made(opened), file)
    good = json.loads(file.read_text())
    edited = {**good, "plan": {**good["plan"], "values": {**good["plan"]["values"], "host": "other"}}}
    for text, why in (
        ("", "is no plan"),
        ("[]", "is no plan"),
        ('{"kind": "hsops-plan"}', "is no plan"),
        (json.dumps({**good, "kind": "letter"}), "another kind of file"),
        (json.dumps({**good, "format": 99}), "of format 99"),
        (json.dumps({**good, "plan": {}}), "is no plan"),
        (json.dumps(edited), "was edited since"),
    ):
        file.write_text(text)
        with pytest.raises(UserError, match=why):
            load_plan(file)
    with pytest.raises(UserError, match="can not be read"):
        load_plan(tmp_path / "nothing")
    with pytest.raises(UserError, match="can not be written"):
        save_plan(await made(opened), tmp_path / "no" / "folder")


@pytest.mark.asyncio
async def test_an_expected_plan_runs_while_it_holds(world: toy.World, opened: Open) -> None:
    plan = await made(opened)
    async with opened() as engine:
        run = await engine.submit("toy.drain", {"host": "h"}, site="lab", expected=plan.digest)
        assert (await engine.join(run)).status is RunStatus.DONE


@pytest.mark.asyncio
async def test_an_expected_plan_is_refused_when_the_world_has_changed(world: toy.World, opened: Open) -> None:
    plan = await made(opened)
    world.flag("size", "2")
    async with opened() as engine:
        with pytest.raises(PlanChanged, match="not the approved one any more") as caught:
            await engine.submit("toy.drain", {"host": "h"}, site="lab", expected=plan.digest)
        assert await engine.runs() == []
    assert caught.value.exit_code == 3
    assert world.lines == []


@pytest.mark.asyncio
async def test_it_says_what_differs(world: toy.World, opened: Open) -> None:
    before = await made(opened)
    world.flag("size", "5")
    world.flag("forbidden", "no")
    after = await made(opened, limit="7")
    assert list(differences(before, after)) == [
        "input limit was 2, is 7",
        "touches servers was 3, is 5",
        "check allowed was passed, is failed",
        "check second was passed, is failed",
        "item of move new: vm-3, vm-4",
    ]
    assert "item of move gone: vm-3, vm-4" in differences(after, before)
    assert differences(before, before) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "host/x"}, "target was host/h, is host/x"),
        ({"site": "fra1"}, "site was lab, is fra1"),
        ({"steps": ()}, "step gone: disable, mark, move, empty, proof and 1 more"),
        ({"checks": ()}, "check gone: allowed, second"),
    ],
)
@pytest.mark.asyncio
async def test_each_part_of_a_plan_is_compared(
    world: toy.World, opened: Open, change: dict[str, object], said: str
) -> None:
    plan = await made(opened)
    other = msgspec.structs.replace(plan, **change)
    assert said in differences(plan, other)
    assert digest(other) != digest(plan)


@pytest.mark.asyncio
async def test_another_command_differs(world: toy.World, opened: Open) -> None:
    plan = await made(opened)
    first = msgspec.structs.replace(plan.steps[0], command=("toy", "disable", "h", "--now"))
    assert differences(plan, msgspec.structs.replace(plan, steps=(first, *plan.steps[1:]))) == [
        "step disable has another command"
    ]
    twice = PlanStep(kind="step", name="mark", command=("toy", "mark"))
    assert differences(plan, msgspec.structs.replace(plan, steps=(*plan.steps, twice))) == ["step new: mark#2"]
    (move,) = [step for step in plan.steps if step.name == "move"]
    item = msgspec.structs.replace(move.items[1], command=("toy", "move", "vm-1", "--to", "x"))
    steps = [
        msgspec.structs.replace(move, items=(move.items[0], item, move.items[2])) if step is move else step
        for step in plan.steps
    ]
    assert differences(plan, msgspec.structs.replace(plan, steps=tuple(steps))) == ["changed in move: vm-1"]
