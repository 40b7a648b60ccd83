"""The screen of a run: parts, gates, decisions for all, what happens on bad days."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hsops.api import Unreachable
from hsops.screens.place import View
from hsops.workflow.engine import Engine
from hsops.workflow.planfile import load_plan
from hsops.workflow.values import RunStatus
from tests.screens.cloud import Server, World, make_session
from tests.screens.console import console
from tests.screens.working import planned, started, with_engine

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


async def test_the_parts_of_a_run(tmp_path: Path) -> None:
    async with with_engine(World(), tmp_path, size=(80, 24)) as c:
        run = await started(c, "cmp-001")
        await c.see("✓ done", "▸✓ checks", "▸✓ live-migrate", "3 of 3", "commands 4", "o report")
        await c.press("enter")
        await c.see("▼✓ checks", "cmp-001 is up")
        await c.press("tab")
        await c.see("c copy line", "C copy all")
        await c.press("k", "c")
        await c.until(lambda: "copied: openstack server migrate" in c.said(), "the copy of one line")
        assert len(c.app.clipboard.splitlines()) == 1
        await c.press("C")
        await c.until(lambda: "copied 4 lines" in c.said(), "the copy of all")
        assert len(c.app.clipboard.splitlines()) == 4
        await c.press("l", "slash")
        await c.type("live-migrate")
        await c.see("/live-migrate")
        await c.press("enter")
        await c.until(lambda: "hidden)" in c.text, "how many are hidden")
        await c.pilot.resize_terminal(200, 50)
        await c.see("✓ done", "/live-migrate")
        await c.pilot.resize_terminal(80, 24)
        await c.see("✓ done", "▼✓ checks")
        assert max(map(len, c.lines())) <= 80
        await c.press("tab", "o")
        await c.see("host/cmp-001", "done after", "Approval")
        await c.press("ctrl+s", "ctrl+u")
        await c.type("json")
        await c.press("enter")
        await c.until(lambda: "saved:" in c.said(), "the file")
        saved = next((tmp_path / "screens").glob(f"report-{run}*.json"))
        assert json.loads(saved.read_text())["run"]["id"] == run
        assert saved.stat().st_mode & 0o777 == 0o600


async def test_a_closed_gate_is_waived_with_a_reason(tmp_path: Path) -> None:
    world = World()
    world.red = "a storm is near"
    async with with_engine(world, tmp_path) as c:
        await c.command("wf hypervisor.roll")
        await c.see("2 look at the plan")
        await c.type("cmp-001")
        await c.press("enter")
        await c.see("it may start")
        await c.press("s", "enter")
        await c.until(lambda: c.place.view is View.RUN, "the run")
        await c.see("a gate is closed", "weather: a storm is near", "s waive gate…")
        await c.press("s")
        await c.see("go on although between is closed")
        await c.press("enter")
        assert "go on although between is closed" in c.text, "without a reason nothing happens"
        await c.type("it turns away")
        await c.press("enter")
        await c.see("✓ done", "it turns away")
        assert [what for what, _, _ in world.done] == ["first", "second"]


async def test_everything_that_failed_is_answered_at_once(tmp_path: Path) -> None:
    world = World()
    world.stuck = {"7c1f", "8d2e"}
    async with with_engine(world, tmp_path) as c:
        await started(c, "cmp-001")
        await c.see("2 things failed", "S answer for all", "T retry all")
        await c.press("t")
        await c.until(lambda: "put the cursor on one" in c.said(), "the question which one")
        await c.press("S")
        await c.see("leave out all 2 that failed")
        await c.press("enter")
        await c.see("✓ done", "2 left out")


async def test_a_pause_and_a_resume(tmp_path: Path) -> None:
    world = World()
    world.red = "a storm is near"
    async with with_engine(world, tmp_path) as c:
        await c.command("wf hypervisor.roll")
        await c.see("2 look at the plan")
        await c.type("cmp-001")
        await c.press("enter")
        await c.see("it may start")
        await c.press("s", "enter")
        await c.see("a gate is closed")
        await c.press("escape")
        await c.press("f3")
        await c.see("waiting for you 1", "weather")
        await c.press("enter")
        await c.see("a gate is closed")
        world.red = ""
        await c.see("✓ done")


async def test_a_run_of_a_dead_process_is_taken_up(tmp_path: Path) -> None:
    world = World()
    world.stuck = {"8d2e"}
    async with make_session(world) as session:
        engine = Engine(session, tmp_path / "runs.sqlite", session.registry.workflow)
        await engine.start(adopt=False)
        run = await engine.submit("hypervisor.drain", {"host": "cmp-001"}, site="fra1")
        async for _ in engine.events(run):
            if (await engine.info(run)).status is RunStatus.WAITING:
                break
        await engine.close(grace=0)  # it lets go of everything, as a process that ends
    async with with_engine(world, tmp_path) as c:
        await c.command(f"runs {run}")
        await c.see("nobody works on it", "r takes it up here", "r resume")
        world.stuck.clear()
        await c.press("r")
        await c.see("✓ done", "3 of 3")


async def test_a_store_that_cannot_be_opened_is_told_and_asked_again() -> None:
    async def open_engine(work: bool) -> None:
        raise Unreachable("the store does not answer", hint="is PostgreSQL up?")

    async with console(open_engine=open_engine, size=(80, 24)) as c:  # type: ignore[arg-type]  # it never gives one
        await c.press("f3")
        await c.see("the store does not answer", "is PostgreSQL up?", "it is asked again")
        await c.press("escape")
        await c.command("runs 3f2a9k1m")
        await c.see("✗ the store does not answer")
        await c.press("p")
        await c.until(lambda: "the store does not answer" in c.said(), "the sentence")


async def test_huge_names_leave_the_screen_whole(tmp_path: Path) -> None:
    world = World()
    world.servers.append(Server("f00d", "x" * 1_000_000, "cmp-001"))
    async with with_engine(world, tmp_path, size=(80, 24)) as c:
        await started(c, "cmp-001")
        await c.see("✓ done", "4 of 4")
        assert max(map(len, c.lines())) <= 80


async def test_a_plan_is_saved_and_says_who_holds_the_target(tmp_path: Path) -> None:
    world = World()
    world.stuck = {"8d2e"}
    async with with_engine(world, tmp_path, size=(80, 24)) as c:
        await planned(c, "cmp-001")
        await c.see("impact", "3 servers", "✓ it may start: s")
        await c.press("ctrl+s", "ctrl+u")
        await c.type(str(tmp_path / "plan.json"))
        await c.press("enter")
        await c.until(lambda: "hsops run --from-plan" in c.said(), "the file")
        assert load_plan(tmp_path / "plan.json").target == "host/cmp-001"
        await c.press("s", "enter")
        await c.see("no valid host")
        run = c.place.name
        await c.press("escape")
        await c.command("wf hypervisor.drain")
        await c.see("2 look at the plan")
        await c.type("cmp-001")
        await c.press("enter")
        await c.see("it would be refused", f"is held: run {run}")
        await c.press("enter")
        await c.until(lambda: c.place.view is View.RUN and c.place.name == run, "the run that holds it")


async def test_one_answer_for_all_that_cannot_move(tmp_path: Path) -> None:
    world = World()
    world.servers += [Server(f"d{n}", f"lic-{n}", "cmp-001") for n in range(2, 8)]
    async with with_engine(world, tmp_path) as c:
        await planned(c, "cmp-001")
        await c.see("and 2 more, below", "enter on a choice answers it")
        await c.press("enter")
        await c.see("leave, for all 6 that ask this")
        await c.press("down", "down", "enter")
        await c.see("it may start")
        assert c.text.count("→ leave") == 6


async def test_a_form_offers_the_hosts_that_the_rows_speak_of(tmp_path: Path) -> None:
    async with with_engine(World(), tmp_path, size=(80, 24)) as c:
        await c.command("wf host.drain")
        await c.see("12 to choose from", "cmp-001", "cmp-012")
        await c.type("cmp-00")
        await c.see("9 to choose from, 3 do not fit what is typed")
        await c.press("ctrl+n", "ctrl+n")
        await c.until(lambda: "cmp-002" in c.row("host *"), "the second candidate")
        await c.press("ctrl+u", "tab")
        await c.see("✗ host is needed")
        await c.press("tab")
        await c.see("2h is 2 hours: begun now")
