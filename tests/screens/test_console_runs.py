"""Workflows from the console, on the real engine: form, plan, run, decide, back out."""

from __future__ import annotations

from pathlib import Path

import pytest

from hsops.screens.dialog import Leave
from hsops.screens.place import View
from tests.screens.cloud import World
from tests.screens.console import console
from tests.screens.working import planned, with_engine

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


async def test_a_drain_from_the_row_to_the_report(tmp_path: Path) -> None:
    world = World()
    async with with_engine(world, tmp_path) as c:
        await planned(c, "cmp-001")
        await c.see("3 servers", "✓ 1", "openstack server migrate 7c1f", "it may start")
        assert world.done == []
        await c.press("c")
        await c.until(lambda: "copied" in c.said(), "the copy")
        assert "openstack server migrate 9e3d" in c.app.clipboard.splitlines()
        await c.press("s")
        await c.see("touches 3 servers")
        await c.press("enter")
        await c.until(lambda: c.place.view is View.RUN, "the run")
        await c.see("✓ done", "3 of 3", "1 of 1")
        assert {server.host for server in world.servers if server.id in ("7c1f", "8d2e", "9e3d")} == {"cmp-012"}
        await c.press("escape")
        await c.until(lambda: c.place.kind == "nova.hypervisor", "the panel from which it came")
        await c.press("f3")
        await c.see("0 under way, 1 known", "hypervisor.drain", "host/cmp-001", "ended 1")


async def test_choices_and_checks_stand_in_the_way_until_a_person_decides(tmp_path: Path) -> None:
    world = World()
    async with with_engine(world, tmp_path) as c:
        await planned(c, "cmp-003")
        await c.see("✗ 1", "cmp-003 is not up → repair it first", "choose: leave | cold", "it would be refused")
        await c.press("s")
        await c.until(lambda: "would be refused" in c.said(), "the refusal")
        await c.press("enter")
        await c.see("go on although host.up does not hold?")
        await c.type("known broken fan")
        await c.press("enter")
        await c.see("forced: known broken fan")
        await c.press("down", "enter")
        await c.see("pinned CPUs")
        await c.press("enter")
        await c.see("it may start")
        await c.press("s", "enter")
        await c.until(lambda: c.place.view is View.RUN, "the run")
        await c.see("✓ done", "1 of 1")
        assert {s.name: s.host for s in world.servers if s.name in ("lic-1", "web-7")} == {
            "lic-1": "cmp-003",
            "web-7": "cmp-012",
        }


async def test_a_failed_item_waits_for_a_decision_and_the_row_tells(tmp_path: Path) -> None:
    world = World()
    world.stuck = {"8d2e"}
    async with with_engine(world, tmp_path) as c:
        await planned(c, "cmp-001")
        await c.press("s", "enter")
        await c.until(lambda: c.place.view is View.RUN, "the run")
        await c.see("no valid host", "retry", "2 of 3")
        await c.press("ctrl+c")
        await c.until(lambda: isinstance(c.app.screen, Leave), "the question")
        await c.see("A run started here is under way")
        await c.press("escape")
        await c.open("hv")
        await c.see("drain waiting")
        await c.press("minus")
        await c.until(lambda: c.place.view is View.RUN, "the run")
        await c.see("t retry")
        world.stuck.clear()
        await c.press("t")
        await c.see("✓ done", "3 of 3")


async def test_backing_out_undoes_what_was_done(tmp_path: Path) -> None:
    world = World()
    world.stuck = {"8d2e"}
    async with with_engine(world, tmp_path) as c:
        await planned(c, "cmp-001")
        await c.press("s", "enter")
        await c.until(lambda: c.place.view is View.RUN, "the run")
        await c.see("no valid host")
        await c.press("b")
        await c.see("What was done is undone in reverse order", "type cmp-001 to confirm")
        await c.press("enter")
        await c.see("the name does not match")
        await c.type("cmp-001")
        await c.press("enter")
        await c.see("rolled-back")
        assert [what for what, _, _ in world.done] == ["disable", "enable"]


async def test_a_wrong_input_is_told_in_the_form(tmp_path: Path) -> None:
    async with with_engine(World(), tmp_path) as c:
        await c.command("wf hypervisor.drain")
        await c.see("at a time", "✓ cmp-001", "✗ cmp-003")
        await c.press("tab", "ctrl+u")
        await c.type("many")
        await c.press("enter")
        await c.see("✗ host is needed", "✗ at a time: 'many' is not a whole number")
        assert c.place.view is View.FORM


async def test_the_catalogue_says_what_there_is(tmp_path: Path) -> None:
    async with with_engine(World(), tmp_path) as c:
        await c.press("w")
        await c.see("draining and bringing back", "hypervisor.drain", "rack.drain", "upgrading and restarting")
        await c.press("slash")
        await c.type("hvdr")
        await c.see(
            "hypervisor.drain",
            "empty a hypervisor",
            "Moves every server",
            "host; may be told: at a time",
            "! disruptive",
        )


async def test_without_an_engine_the_list_says_so() -> None:
    async with console() as c:
        await c.press("f3")
        await c.see("this console has no workflow engine")
