"""Changing something: never without a dialog that says what, how and how to undo it; never on a read-only site."""

from __future__ import annotations

import pytest

from hsops.screens.dialog import ActionDialog, Choose
from tests.screens.cloud import World
from tests.screens.console import console

pytestmark = pytest.mark.asyncio


async def test_an_action_shows_its_exact_command_and_follows_what_is_typed() -> None:
    world = World()
    async with console(world) as c:
        await c.open("vm")
        await c.press("b")
        await c.see("reboot", "disruptive", "touches  web-7", "openstack server reboot --soft af4c")
        assert world.done == []
        await c.press("ctrl+u")
        await c.type("hard")
        await c.see("openstack server reboot --hard af4c")
        await c.press("enter")
        await c.until(lambda: bool(world.done), "the reboot")
        assert world.done == [("reboot", "af4c", {"how": "hard"})]
        await c.until(lambda: "web-7 reboots" in c.said(), "the sentence")


async def test_a_wrong_choice_is_refused_before_anything_happens() -> None:
    world = World()
    async with console(world) as c:
        await c.open("vm")
        await c.press("b")
        await c.press("ctrl+u")
        await c.type("maybe")
        await c.press("enter")
        await c.see("how is one of soft, hard")
        await c.press("escape")
        assert world.done == []


async def test_escape_does_nothing() -> None:
    world = World()
    async with console(world) as c:
        await c.open("vm")
        await c.press("ctrl+d")
        await c.until(lambda: isinstance(c.app.screen, ActionDialog), "the dialog")
        await c.press("escape")
        await c.until(lambda: not isinstance(c.app.screen, ActionDialog), "no dialog")
        assert world.done == []


async def test_a_read_only_site_refuses_until_it_is_unlocked_with_a_reason() -> None:
    world = World()
    async with console(world, tier="prod") as c:
        assert "read-only" in c.lines()[0]
        await c.open("vm")
        await c.press("b")
        await c.until(lambda: "read-only → :unlock 15m reason" in c.said(), "the refusal")
        await c.command("unlock 15m")
        await c.until(lambda: "a reason is needed" in c.said(), "the refusal")
        await c.command("unlock 15m kernel upgrade")
        await c.until(lambda: "unlocked for 15m: kernel upgrade" in c.said(), "the unlocking")
        assert "unlocked 15m" in c.lines()[0]
        await c.press("b")
        await c.see("openstack server reboot")
        await c.press("escape")
        await c.command("lock")
        await c.until(lambda: "read-only" in c.lines()[0], "the lock")


async def test_on_prod_a_destructive_action_wants_the_name() -> None:
    world = World()
    async with console(world, tier="prod") as c:
        await c.command("unlock 15m cleanup")
        await c.open("vm")
        await c.press("ctrl+d")
        await c.see("type web-7 to confirm")
        await c.press("enter")
        await c.see("the name does not match")
        await c.type("web-7")
        await c.press("enter")
        await c.until(lambda: "web-7 is gone" in c.said(), "the deletion")
        assert "web-7" not in c.names()


async def test_marked_rows_are_done_one_by_one_and_each_failure_is_told() -> None:
    world = World()
    async with console(world) as c:
        await c.open("vm")
        await c.press("space", "down", "space", "down", "space")
        await c.press("b")
        await c.see("web-7, db-1, job-10")
        world.servers = [server for server in world.servers if server.name != "db-1"]
        await c.session.refresh(["nova.server"])
        await c.press("enter")
        await c.until(lambda: "2 done, 1 failed" in c.said(), "the report")
        assert [id_ for _, id_, _ in world.done] == ["af4c", "c010"]


async def test_an_action_that_cannot_be_taken_says_why_in_the_list() -> None:
    async with console() as c:
        await c.open("vm")
        await c.press("down", "a")
        await c.until(lambda: isinstance(c.app.screen, Choose), "the list")
        assert "never" in c.row("wipe")
        assert "ctrl-k" not in c.text, "nothing destructive lies on ctrl-k"
        await c.press("G", "enter")
        await c.until(lambda: "wipe: never" in c.said(), "the reason")


async def test_the_way_back_is_shown_as_a_command() -> None:
    async with console() as c:
        await c.open("vm")
        await c.press("a")
        await c.until(lambda: isinstance(c.app.screen, Choose), "the list")
        await c.press("down", "down", "enter")
        await c.see("openstack server stop af4c", "start: openstack server start af4c")


async def test_the_detail_offers_the_same_actions() -> None:
    world = World()
    async with console(world) as c:
        await c.open("vm")
        await c.press("d")
        await c.see("depends on")
        await c.press("b")
        await c.see("openstack server reboot --soft af4c")
