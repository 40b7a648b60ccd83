"""Workflows through every system of a site: order, refusals, what is left out, rack by rack, the stop rule, abort."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hsops.api import Sample
from hsops.errors import Unsupported
from hsops.runbooks.bastion import Machine, here, likeness
from hsops.runbooks.renewing import renewing
from hsops.runbooks.silence import Silence
from hsops.workflow.engine import Engine
from hsops.workflow.values import Plan, RunStatus
from tests.workflow.composed import World, opened

pytestmark = pytest.mark.asyncio
FAST = {"silence": "0", "soak": "0"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world")


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "runs.sqlite")


async def finished(engine: Engine, workflow: str, **values: Any) -> Any:
    """A run with nobody there, at its end."""
    force = values.pop("force", {})
    return await engine.join(await engine.submit(workflow, values, site="toys", force=force, attended=False))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - it is a file
            await asyncio.sleep(0.01)


def checks(plan: Plan) -> dict[str, bool]:
    return {check.name: check.ok for check in plan.checks}


# -- one host


async def test_a_host_leaves_in_the_order_of_layers_and_comes_back_in_reverse(world: World, store: str) -> None:
    async with opened(world, store) as engine:
        info = await finished(engine, "host.drain", host="a1")
        assert info.status is RunStatus.DONE, info.reason
        order = ["pods", "virt", "disks"]
        assert world.did() == [
            *(f"{name} check a1" for name in order),
            "mute silence a1",
            *(f"{name} off a1" for name in order),
            *(f"{name} verify a1" for name in order),
        ]
        assert (world.folder / "silence-a1").exists()
        (world.folder / "journal").unlink()
        info = await finished(engine, "host.return", host="a1")
        assert info.status is RunStatus.DONE, info.reason
        assert world.did() == [*(f"{name} on a1" for name in reversed(order)), "mute expire a1"]
        assert not (world.folder / "silence-a1").exists()


async def test_the_plan_shows_every_systems_part_and_changes_nothing(world: World, store: str) -> None:
    async with opened(world, store) as engine:
        plan = await engine.plan("host.drain", {"host": "a1"}, site="toys")
    assert world.effects() == []
    steps = [step.name for step in plan.steps if step.kind == "step"]
    assert steps == ["silence", "pods off", "virt off", "disks off", "keep silence"]
    assert {"bastion.elsewhere", "host.known", "system.pods", "pods.fit", "disks.fit"} <= set(checks(plan))
    assert not plan.obstacles


async def test_a_failed_check_of_the_last_system_comes_before_any_effect_of_the_first(world: World, store: str) -> None:
    world.flag("unfit-disks-a1", "not clean")
    async with opened(world, store) as engine:
        info = await finished(engine, "host.drain", host="a1")
        assert info.status is RunStatus.REFUSED
        assert info.exit_code == 3
        assert "not clean" in info.reason
        assert world.effects() == []


async def test_a_host_that_nobody_knows_is_refused(world: World, store: str) -> None:
    async with opened(world, store) as engine:
        info = await finished(engine, "host.drain", host="zz9")
    assert info.status is RunStatus.REFUSED
    assert "host.known" in info.reason


async def test_a_system_that_does_not_answer_refuses_by_name_and_is_left_out_loudly(world: World, store: str) -> None:
    world.flag("dead-virt")
    async with opened(world, store) as engine:
        plan = await engine.plan("host.drain", {"host": "a1"}, site="toys")
        assert checks(plan)["system.virt"] is False
        info = await finished(engine, "host.drain", host="a1")
        assert info.status is RunStatus.REFUSED
        assert "system.virt" in info.reason
        assert world.effects() == []
        run = await engine.submit(
            "host.drain", {"host": "a1"}, site="toys", force={"system.virt": "its API is being rebuilt"}, attended=False
        )
        info = await engine.join(run)
        assert info.status is RunStatus.DONE, info.reason
        notes = [event.text async for event in engine.events(run, follow=False) if event.kind == "note"]
    assert any("virt" in note and "nothing of it is checked" in note for note in notes)
    assert [line for line in world.effects() if "off" in line] == ["pods off a1", "disks off a1"]


async def test_backing_out_brings_back_what_had_left(world: World, store: str) -> None:
    world.flag("fail-disks-off-a1")
    async with opened(world, store) as engine:
        info = await finished(engine, "host.drain", host="a1")
        assert info.status is RunStatus.STOPPED
        await engine.abort(info.id, attended=False)
        info = await engine.join(info.id)
    assert info.status is RunStatus.ROLLED_BACK
    assert world.effects() == [
        "mute silence a1",
        *("pods off a1", "virt off a1"),
        *("disks undo-off a1", "virt undo-off a1", "pods undo-off a1"),  # what failed was begun: it may have happened
        "mute expire a1",
    ]


# -- the bastion


async def test_the_machine_that_hsops_runs_on_is_refused(world: World, store: str) -> None:
    world.flag("boot-id-a2", here().boot_id)
    async with opened(world, store) as engine:
        for workflow, values in (
            ("host.drain", {"host": "a2"}),
            ("rack.drain", {"rack": "r1"}),
            ("hosts.upgrade", {"hosts": "a1,a2", **FAST}),
        ):
            info = await finished(engine, workflow, **values)
            assert info.status is RunStatus.REFUSED, workflow
            assert "bastion.elsewhere" in info.reason
            assert "a2 (its boot id is this machine's)" in info.reason
    assert world.effects() == []


async def test_what_makes_a_host_the_bastion() -> None:
    me = Machine("boot-1", "machine-1", "bastion.example.org")
    assert await likeness(me, "cmp-1.invalid", {"boot_id": "boot-1"})
    assert await likeness(me, "cmp-1.invalid", {"machine_id": "machine-1"})
    assert await likeness(me, "BASTION", {})
    assert await likeness(me, "cmp-1.invalid", {"hostname": "bastion"})
    assert not await likeness(me, "cmp-1.invalid", {})
    assert not await likeness(me, "bastion", {"boot_id": "boot-2", "machine_id": "machine-1"}), "boot ids decide"
    assert not await likeness(me, "localhost", {}), "loopback says nothing"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no address but loopback")
        own = probe.getsockname()[0]
    assert "address" in await likeness(me, own, {})


# -- racks


async def test_racks_of_the_site_file_win_over_those_of_the_systems(world: World, store: str) -> None:
    async with opened(world, store, said={"left": ("a1",)}) as engine:
        info = await finished(engine, "rack.drain", rack="r1", silence="0")
        assert info.status is RunStatus.REFUSED
        assert "there are left" in info.reason
        assert (await finished(engine, "rack.drain", rack="left", silence="0")).status is RunStatus.DONE
    assert [line for line in world.effects() if line.startswith("pods")] == ["pods off a1"]


async def test_a_rack_leaves_after_the_checks_of_all_its_hosts_and_comes_back_in_reverse(
    world: World, store: str
) -> None:
    async with opened(world, store) as engine:
        plan = await engine.plan("rack.drain", {"rack": "r1"}, site="toys")
        assert plan.touches == {"hosts": 2, "things": 6}
        assert {"pods.fit@a1", "pods.fit@a2"} <= set(checks(plan))
        assert (await finished(engine, "rack.drain", rack="r1", silence="0")).status is RunStatus.DONE
        lines = world.did()
        first = next(index for index, line in enumerate(lines) if " off " in line)
        assert {line for line in lines[:first] if " check " in line} >= {"disks check a2", "pods check a1"}
        offs = [line for line in lines if " off " in line]
        (world.folder / "journal").unlink()
        assert (await finished(engine, "rack.return", rack="r1")).status is RunStatus.DONE
    ons = [line.replace(" on ", " off ") for line in world.effects() if " on " in line]
    assert ons == list(reversed(offs))


# -- upgrades


def turns(world: World) -> list[str]:
    """Hosts in the order of their reboots."""
    return [line.split()[-1] for line in world.did() if line.startswith("metal reboot")]


async def test_an_upgrade_goes_rack_by_rack_with_the_canary_first(world: World, store: str) -> None:
    async with opened(world, store) as engine:
        info = await finished(engine, "hosts.upgrade", racks="all", canary="b2", batch="2", **FAST)
        assert info.status is RunStatus.DONE, info.reason
        first, *batch_of_two, last = turns(world)
        assert (first, sorted(batch_of_two), last) == ("b2", ["a1", "a2"], "b1"), "one batch reboots side by side"
        steps = await engine.steps(info.id)
    gates = [step.name for step in steps if step.kind == "gate"]
    assert gates == ["between hosts"] * 2
    lines = world.effects()
    assert lines.index("pods on b2") < lines.index("pods off a1"), "the canary is back before the others leave"
    batch = lines.index("disks off a2")
    assert lines.index("pods off a1") < batch < lines.index("metal packages a1")
    assert max(lines.index(f"{name} on a1") for name in ("pods", "virt", "disks")) < lines.index("pods off b1")


async def test_hosts_without_anything_pending_can_be_left_out(world: World, store: str) -> None:
    world.flag("current", "a1 b1")
    async with opened(world, store) as engine:
        info = await finished(engine, "hosts.upgrade", racks="r1", which="pending", **FAST)
    assert info.status is RunStatus.DONE, info.reason
    assert turns(world) == ["a2"]


async def test_nothing_chosen_and_wrong_names_are_refused(world: World, store: str) -> None:
    async with opened(world, store) as engine:
        for values, why in (
            ({}, "nothing is chosen"), ({"racks": "r9"}, "there is no rack r9"),
            ({"hosts": "a1", "canary": "b1"}, "not among the hosts"), ({"racks": "r1", "hosts": "b1"}, "not in these"),
        ):  # fmt: skip
            info = await finished(engine, "hosts.upgrade", **values, **FAST)
            assert info.status is RunStatus.REFUSED
            assert why in info.reason
    assert world.effects() == []


async def test_without_a_system_for_hosts_it_says_what_is_missing(world: World, store: str) -> None:
    async with opened(world, store, without=["metal"]) as engine:
        with pytest.raises(Unsupported, match="plugin: linux"):
            await engine.plan("hosts.upgrade", {"racks": "all"}, site="toys")


async def test_a_failed_host_pauses_the_roll_and_the_rest_stays_untouched(world: World, store: str) -> None:
    world.flag("fail-reboot-a2")
    async with opened(world, store) as engine:
        info = await finished(engine, "hosts.upgrade", racks="all", **FAST)
        assert info.status is RunStatus.STOPPED
        assert "reboot of a2 fails" in info.reason
        assert turns(world) == ["a1"]
        assert not [line for line in world.effects() if line.endswith((" b1", " b2"))]
        world.unflag("fail-reboot-a2")
        await engine.decide(info.id, "reboot#2/a2", "retry")
        await engine.resume(info.id)
        info = await engine.join(info.id)
    assert info.status is RunStatus.DONE, info.reason
    assert turns(world) == ["a1", "a2", "b1", "b2"]


async def test_backing_out_of_a_roll_brings_back_only_what_is_out(world: World, store: str) -> None:
    world.flag("fail-packages-a2")
    async with opened(world, store) as engine:
        info = await finished(engine, "hosts.upgrade", racks="all", **FAST)
        assert info.status is RunStatus.STOPPED
        before = len(world.effects())
        await engine.abort(info.id, attended=False)
        info = await engine.join(info.id)
    assert info.status is RunStatus.ROLLED_BACK, info.reason
    assert world.effects()[before:] == ["disks undo-off a2", "virt undo-off a2", "pods undo-off a2"]


async def test_below_the_limit_failed_hosts_are_set_aside_and_stay_out(world: World, store: str) -> None:
    world.flag("fail-reboot-a2")
    async with opened(world, store) as engine:
        info = await finished(engine, "hosts.upgrade", racks="all", failures="2", **FAST)
        assert info.status is RunStatus.DONE, info.reason
        assert info.exit_code == 7, "done, but not for all"
        notes = [event.text async for event in engine.events(info.id, follow=False) if event.kind == "note"]
    assert turns(world) == ["a1", "b1", "b2"]
    assert "pods on a2" not in world.effects()
    assert any("a2 failed and stays out of service" in note for note in notes)


async def test_a_red_gate_holds_the_roll_between_hosts(world: World, store: str) -> None:
    world.flag("hang-reboot-a1")
    async with opened(world, store) as engine:
        run = await engine.submit("hosts.upgrade", {"racks": "r1", **FAST}, site="toys", attended=True)
        await until(lambda: "metal packages a1" in world.did())
        world.flag("red", "a new alert")
        world.unflag("hang-reboot-a1")
        async with asyncio.timeout(30):
            while not any("a new alert" in step.text for step in await engine.steps(run)):  # noqa: ASYNC110 - a store
                await asyncio.sleep(0.05)
        assert (await engine.info(run)).status is RunStatus.WAITING
        assert turns(world) == ["a1"]
        assert "pods on a1" in world.effects()
        world.unflag("red")
        info = await engine.join(run)
    assert info.status is RunStatus.DONE, info.reason
    assert turns(world) == ["a1", "a2"]


async def test_what_held_for_the_plan_has_to_hold_at_the_hosts_turn(world: World, store: str) -> None:
    world.flag("hang-reboot-a1")
    async with opened(world, store) as engine:
        run = await engine.submit("hosts.upgrade", {"racks": "r1", **FAST}, site="toys", attended=False)
        await until(lambda: "metal packages a1" in world.did())
        world.flag("unfit-virt-a2", "no room any more")
        world.unflag("hang-reboot-a1")
        info = await engine.join(run)
    assert info.status is RunStatus.STOPPED
    assert "no room any more" in info.reason
    assert not [line for line in world.effects() if line.endswith(" a2")]
    assert "pods on a1" in world.effects()


async def test_a_silence_is_held_while_long_work_goes_on() -> None:
    class Clerk:
        """Counts."""

        author, planning = "ops@bastion", False

        def __init__(self) -> None:
            self.held = 0

        def silencers(self) -> list[Any]:
            return [self]

        async def create(self, host: str, *, until: float, comment: str, author: str) -> str:
            self.held += 1
            return host

        async def affected(self, host: str) -> list[str]:
            return []

        async def read(self, name: str, look: Any) -> Any:
            return await look()

        async def step(self, name: str, *, do: Any, **fields: Any) -> Any:
            return None  # journalled by an earlier life

        async def wait(self, name: str, look: Any, **fields: Any) -> Any:
            return await look()

    clerk: Any = Clerk()
    silence = Silence(clerk, "a1", 3600.0)
    run = renewing(clerk, silence)

    async def look() -> Sample:
        return Sample(done=True, text="")

    await run.wait("w", look, timeout=1)
    assert clerk.held == 0, "nothing is held that was not begun"
    await silence.begin()
    await run.wait("w", look, timeout=1)
    await run.wait("w", look, timeout=1)
    assert clerk.held == 1, "once in a quarter of its time, also in the process that took the run over"


async def test_a_canary_that_has_nothing_to_do_gives_its_place_to_the_next(world: World, store: str) -> None:
    world.flag("current", "a1")
    async with opened(world, store) as engine:
        values = {"racks": "r1", "which": "pending", "canary": "a1", "silence": "0", "soak": "1s"}
        info = await finished(engine, "hosts.upgrade", **values)
        assert info.status is RunStatus.DONE, info.reason
        steps = await engine.steps(info.id)
    assert turns(world) == ["a2"]
    assert not [step.name for step in steps if step.kind in ("gate", "wait") and "well" not in step.name]
