"""An old and a new hsops on one store: each goes on with its own runs, and a run is carried over when it still fits."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from hsops.errors import Conflict, Unsupported
from hsops.workflow.values import RunStatus
from hsops.workflow.version import VERSION
from tests.workflow import toy
from tests.workflow.conftest import Children, Open, opener, until

OLD = "hsops-0"


@pytest.mark.asyncio
async def test_old_and_new_side_by_side(world: toy.World, any_store: str, children: Children) -> None:
    """Each goes on with what its own kind has left, and with nothing else."""
    world.flag("hang-move-vm-1")
    old = children.start(any_store, "toy.drain", "host=old", version=OLD)
    until(lambda: "move/vm-1" in world.tries(), "the old one to work")
    async with opener(world, any_store)() as engine:
        (theirs,) = await engine.runs()
        assert (theirs.version, theirs.owner_alive, theirs.stranded) == ("hsops-0", True, False)
        with pytest.raises(Conflict, match="works on it"):
            await engine.carry(theirs.id)
        mine = await engine.submit("toy.chain", {"host": "new"}, site="lab")
        assert (await engine.join(mine)).status is RunStatus.DONE
        old.kill()
        old.wait()
        await asyncio.sleep(1.0)
        left = await engine.info(theirs.id)
        assert (left.owner_alive, left.attempts, left.stranded) == (False, 1, True), "not of my version"
        world.unflag("hang-move-vm-1")
        other = children.start(any_store, version=OLD)
        assert (await engine.join(theirs.id)).status is RunStatus.DONE
        _, err = other.communicate(timeout=60)
        assert (other.returncode, err) == (0, "")
    assert set(Counter(world.did()).values()) == {1}


def stopped(world: toy.World, store: str, children: Children, workflow: str, flag: str) -> None:
    """A run of the old version that is half-way."""
    world.flag(flag, "no")
    old = children.start(store, workflow, "host=h", version=OLD)
    out, err = old.communicate(timeout=60)
    assert (old.returncode, err) == (4, ""), out
    world.unflag(flag)


@pytest.mark.asyncio
async def test_a_run_is_carried_over(world: toy.World, any_store: str, children: Children) -> None:
    stopped(world, any_store, children, "toy.drain", "fail-move-vm-1")
    async with opener(world, any_store)() as engine:
        (info,) = await engine.runs()
        with pytest.raises(Unsupported, match=f"of version hsops-0 → hsops runs carry {info.id}"):
            await engine.resume(info.id)
        await engine.carry(info.id)
        info = await engine.join(info.id)
    assert (info.status, info.version, info.stranded) == (RunStatus.DONE, VERSION, False)
    assert Counter(world.tries()) == {what: 2 if what == "move/vm-1" else 1 for what in world.did()}


@pytest.mark.asyncio
async def test_a_run_whose_workflow_was_changed_is_not(
    world: toy.World, opened: Open, store: str, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(world, store, children, "toy.chain", "fail-three")
    async with opened() as engine:
        (info,) = await engine.runs()
        monkeypatch.setattr(toy, "STEPS", ("one", "zwei", "three"))
        with pytest.raises(Unsupported, match="step 2 was step two, is step zwei → go on with it"):
            await engine.carry(info.id)
        monkeypatch.setattr(toy, "STEPS", ("one",))
        with pytest.raises(Unsupported, match="it does not do step two any more"):
            await engine.carry(info.id)
        assert await engine.info(info.id) == info, "nothing was touched"
        monkeypatch.setattr(toy, "STEPS", ("one", "two", "four"))
        await engine.carry(info.id)  # the step that differs was not done yet
        assert (await engine.join(info.id)).status is RunStatus.DONE
    assert world.did() == ["one", "two", "four"]


@pytest.mark.asyncio
async def test_an_aborted_run_is_carried_over_and_taken_back(
    world: toy.World, opened: Open, store: str, children: Children
) -> None:
    stopped(world, store, children, "toy.chain", "fail-three")
    async with opened(work=False) as looker:
        (info,) = await looker.runs()
        await looker.abort(info.id)
    async with opened() as engine:
        await engine.carry(info.id)
        assert (await engine.join(info.id)).status is RunStatus.ROLLED_BACK
    assert world.did() == ["one", "two", "unthree", "untwo", "unone"]
