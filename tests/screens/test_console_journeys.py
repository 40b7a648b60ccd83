"""Journeys through the console: where keys lead, and back to the very row."""

from __future__ import annotations

import pytest

from hsops.screens.place import View
from tests.screens.cloud import Server, World
from tests.screens.console import console

pytestmark = pytest.mark.asyncio


async def test_the_overview_says_what_is_wrong_first() -> None:
    async with console(size=(80, 24)) as c:
        await c.see("7 tenant services", "1 compute foundation", "nova ✗ 12 hypervisors: 10 ✓ 1 ‖ 1 ✗", "2 alerts")
        lines = c.lines()
        numbers = [line.strip()[0] for line in lines if line[1:2].isdigit() and "  " not in line[:4]]
        assert numbers[:7] == list("7654321"), "layers stand as in the stack, the tenant on top"
        assert "all sources live" in lines[0]
        assert lines[0].endswith("09:41:22Z")


async def test_enter_on_a_headline_opens_its_kind_and_esc_comes_back() -> None:
    async with console() as c:
        await c.see("12 hypervisors")
        await c.press("down")
        await c.press("enter")
        await c.until(lambda: c.place.view is View.PANEL, "the panel")
        assert c.place.kind == "nova.hypervisor"
        await c.press("escape")
        await c.until(lambda: c.place.view is View.OVERVIEW, "the overview")


async def test_worst_rows_come_first_with_their_alerts() -> None:
    async with console() as c:
        await c.open("hv")
        await c.see("cmp-003  ✗ down", "1 alert")
        assert c.names()[:3] == ["cmp-003", "cmp-002", "cmp-001"]
        assert "12: 10 ✓ 1 ‖ 1 ✗" in c.lines()[1]
        assert "live" in c.lines()[1]


async def test_drill_down_and_back_to_the_very_row() -> None:
    async with console() as c:
        await c.open("hv")
        await c.press("down", "down")
        await c.press("enter")
        await c.see("servers of cmp-001")
        assert sorted(c.names()) == ["db-1", "web-1", "web-2"]
        await c.press("down", "d")
        await c.until(lambda: c.place.view is View.DETAIL, "the detail")
        await c.see("depends on", "host cmp-001")
        await c.press("escape")
        await c.see("servers of cmp-001")
        await c.press("escape")
        await c.see("hypervisors  fra1 lab")
        assert c.panel.table.cursor_key is not None
        assert c.panel.table.cursor_key.id == "cmp-001"


async def test_history_and_the_last_view() -> None:
    async with console() as c:
        await c.open("hv")
        await c.press("down")
        await c.open("vm")
        await c.press("minus")
        await c.until(lambda: c.place.kind == "nova.hypervisor", "the last view")
        assert c.panel.table.cursor_key is not None
        assert c.panel.table.cursor_key.id == "cmp-002", "the row under the cursor is remembered"
        await c.press("minus")
        await c.until(lambda: c.place.kind == "nova.server", "and back again")
        await c.press("left_square_bracket", "left_square_bracket")
        await c.until(lambda: c.place.kind == "nova.server", "two places back")
        await c.press("right_square_bracket")
        await c.until(lambda: c.place.kind == "nova.hypervisor", "one place on")


async def test_the_filter_is_live_and_counts_what_it_hides() -> None:
    async with console() as c:
        await c.open("vm")
        await c.press("slash")
        await c.type("web")
        await c.see("/web", "(11 hidden)")
        assert sorted(c.names()) == ["web-1", "web-2", "web-7"]
        await c.press("enter")
        await c.press("slash")
        await c.press("ctrl+u")
        await c.type("!job")
        await c.see("/!job")
        await c.press("escape")
        await c.see("/web", "(11 hidden)")
        await c.press("escape")
        await c.see_no("hidden")
        assert c.place.kind == "nova.server", "Esc clears the filter before it leaves the view"
        assert len(c.names()) == 14


async def test_filters_by_label_and_an_unfinished_pattern_changes_nothing() -> None:
    async with console() as c:
        await c.command("hv rack=r00")
        await c.see("-l rack=r00")
        assert c.names() == ["cmp-004", "cmp-005"]
        await c.press("slash")
        await c.press("ctrl+u")
        await c.type("cmp-0(")
        assert c.names() == [f"cmp-{i:03}" for i in (3, 2, 1, *range(4, 13))], "what was understood last stays"


async def test_only_faults() -> None:
    async with console() as c:
        await c.open("hv")
        await c.press("exclamation_mark")
        await c.see("only faults", "(10 hidden)")
        assert c.names() == ["cmp-003", "cmp-002"]
        await c.press("exclamation_mark")
        await c.see_no("only faults")


async def test_sorting_by_letter_and_by_picked_column() -> None:
    async with console() as c:
        await c.open("hv")
        await c.press("V")
        await c.see("by vms")
        assert c.names()[-1] == "cmp-001"
        await c.press("V")
        await c.see("by vms down")
        assert c.names()[0] == "cmp-001"
        await c.press("0")
        await c.see_no("by vms")
        assert c.names()[0] == "cmp-003"
        await c.press("shift+right", "O")
        await c.see("by name")
        assert c.names() == sorted(c.names())


async def test_what_is_not_known_sorts_last_in_both_directions() -> None:
    async with console() as c:
        await c.open("hv")
        await c.press("M")
        await c.see("by memory")
        assert c.names()[-1] == "cmp-003"
        await c.press("M")
        await c.see("by memory down")
        assert c.names()[-1] == "cmp-003"


async def test_commands_are_completed_and_kept() -> None:
    async with console() as c:
        await c.press("colon")
        await c.type("hyp")
        await c.see("hypervisors")
        await c.press("tab", "enter")
        await c.until(lambda: c.place.kind == "nova.hypervisor", "the panel")
        await c.press("colon", "up")
        await c.see(":hypervisors")
        await c.press("escape")
        await c.see_no(":hypervisors")


async def test_an_unknown_command_says_what_was_meant() -> None:
    async with console() as c:
        await c.command("hypervisorz")
        await c.until(lambda: "hypervisorz" in c.said(), "the sentence")
        assert "hypervisors" in c.said()
        await c.command("unl")
        await c.until(lambda: ":unlock" in c.said(), "the near command")


async def test_impact_tells_who_suffers_and_why() -> None:
    async with console() as c:
        await c.command("impact host/cmp-003")
        await c.see("what depends on host cmp-003", "2 servers · 1 hypervisor", "web-7")
        await c.command("impact hypervisor/cmp-003")
        await c.see("through host cmp-003")
        await c.command("impact host")
        await c.until(lambda: "write host/NAME" in c.said(), "the way to say it")


async def test_detail_of_an_anchor_joins_the_systems() -> None:
    async with console() as c:
        await c.open("alert")
        await c.press("d")
        await c.see("is about", "host cmp-003")
        await c.press("enter")
        await c.see("needed by", "told by", "hypervisor cmp-003", "web-7")


async def test_yaml_is_shown_as_it_is() -> None:
    async with console() as c:
        await c.open("vm")
        await c.press("y")
        await c.see("secret_looking: '[red]not markup[/]'")


async def test_help_is_made_from_the_keys_of_the_view() -> None:
    async with console(size=(120, 70)) as c:
        await c.open("vm")
        await c.press("question_mark")
        await c.see("keys of panel", "action.server.reboot", "panel.filter", "sort.host")
        await c.see("app.command", "table.toggle_mark")
        await c.press("escape")
        await c.see("servers  fra1 lab")


async def test_aliases_lists_every_kind_by_its_names() -> None:
    async with console() as c:
        await c.press("f2")
        await c.see("nova.hypervisor", "server, vm, sv")


async def test_a_row_that_goes_and_one_that_comes() -> None:
    world = World()
    async with console(world) as c:
        await c.open("vm")
        world.servers = [*world.servers[1:], Server("zz", "zebra", "cmp-001")]
        await c.press("ctrl+r")
        await c.until(lambda: "zebra" in c.names() and "web-1" not in c.names(), "the new list")
        await c.press("escape")
        await c.see("server web-1", "gone", "server zebra", "new")


async def test_a_changed_row_keeps_its_place_while_somebody_works_there() -> None:
    world = World()
    async with console(world) as c:
        await c.open("vm")
        before = c.names()
        await c.press("down")
        states = {"web-2": "ERROR"}
        world.servers = [Server(s.id, s.name, s.host, states.get(s.name, s.state)) for s in world.servers]
        await c.session.refresh(["nova.server"])
        await c.until(lambda: "12 ✓ 2 ✗" in c.lines()[1], "the counts")
        await c.until(lambda: "✗ ERROR" in c.row("web-2"), "the new state")
        assert c.names() == before


async def test_many_sites_in_one_table() -> None:
    async with console(sites=("fra1", "ams2")) as c:
        await c.open("hv")
        await c.see("2 sites", "SITE", "ams2")
        assert len(c.names()) == 24
        await c.command("hv @ams2")
        await c.until(lambda: len(c.names()) == 12, "one site")
        await c.command("hv @all")
        await c.until(lambda: len(c.names()) == 24, "all sites")


async def test_marks_are_counted_and_copied() -> None:
    async with console() as c:
        await c.open("vm")
        await c.press("space", "down", "space")
        await c.see("2 marked")
        await c.press("c")
        await c.until(lambda: "copied" in c.said(), "the copy")
        assert c.app.clipboard.splitlines() == ["web-7", "db-1"]
        await c.press("ctrl+backslash")
        await c.see_no("marked")


async def test_the_palette_has_everything() -> None:
    async with console() as c:
        await c.open("vm")
        offered = {entry.title for entry in c.app.get_system_commands(c.app.screen)}
        assert {"reboot", "Worst first", ":hypervisors", ":sources", "hypervisor.drain…", ":theme dark"} <= offered
        await c.press("ctrl+p")
        await c.type("hypervisors")
        await c.see("go to the hypervisors")
        await c.press("enter")
        await c.until(lambda: c.place.kind == "nova.hypervisor", "the panel")


async def test_another_theme_without_a_restart() -> None:
    async with console() as c:
        await c.command("theme light")
        await c.until(lambda: c.app.theme == "hsops-light", "the theme")
        await c.command("theme lihgt")
        await c.until(lambda: "did you mean light" in c.said(), "the near name")
        assert c.app.theme == "hsops-light"


async def test_typing_a_filter_over_very_many_rows_waits_for_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hsops.screens.panel.MANY_ROWS", 5)
    async with console() as c:
        await c.open("vm")
        await c.press("slash")
        await c.type("web-7")
        await c.see("(13 hidden)")
        await c.press("escape")
        await c.see_no("hidden")
        assert len(c.names()) == 14


async def test_leaving_needs_no_question_when_nothing_runs() -> None:
    async with console() as c:
        await c.command("q")
        await c.until(lambda: not c.app.is_running, "the end")
        assert c.app.return_code == 0
