"""Bad days: sources that do not answer, refuse, forbid; hostile names; plugins that fail. Nothing else stops."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import pytest

from hsops.api import AuthFailed, Column, Forbidden, Unreachable
from hsops.model import Health
from hsops.screens.empty import why_empty
from hsops.screens.place import View
from tests.screens.cloud import HYPERVISOR, NOVA, WATCH, Server, World
from tests.screens.console import console

HOSTILE = "\x1b[2J\x1b]52;c;aGk=\x07[bold red]x[/]\u202egnp.exe\r\n" + "A" * 4000


@pytest.mark.asyncio
async def test_five_empty_states_are_five_sentences() -> None:
    world = World()
    world.servers = []
    world.trouble = {
        "watch.alert": Forbidden("may not list alerts", hint="ask for the role viewer"),
        "nova.hypervisor": Unreachable("connection refused", hint="is nova-api up?"),
    }
    seen = []
    async with console(world, size=(120, 20)) as c:
        for kind in ("server", "alert", "hv"):
            await c.open(kind)
            seen.append(c.why_empty())
        world.servers = [Server("1", "one", "cmp-001")]
        await c.open("server")
        await c.press("ctrl+r")
        await c.until(lambda: c.names() == ["one"], "the server")
        await c.press("slash")
        await c.type("zzz")
        await c.see("nothing matches")
        seen.append(c.why_empty())
    assert seen == [
        "there are no servers; the list is live and empty",
        "not permitted: watch: may not list alerts → ask for the role viewer",
        "nova does not answer: connection refused → is nova-api up?",
        "nothing matches /zzz: 1 servers hidden → Esc clears the filter",
    ]


def test_a_kind_that_no_site_has_says_so() -> None:
    text = why_empty(HYPERVISOR, "nova", [], hidden=0, query="", faults_only=False, within="")
    assert text == "not configured: no open site has a system of the plugin nova → add one to the site file"


@pytest.mark.asyncio
async def test_stale_rows_stand_with_their_age_and_look_unknown() -> None:
    world = World()
    async with console(world) as c:
        await c.open("hv")
        world.trouble["nova.hypervisor"] = Unreachable("connection reset")
        await c.press("ctrl+r")
        await c.see("? stale", "connection reset")
        assert len(c.names()) == 12, "old rows stay"
        cells = c.panel.table._model.rows.cells(c.panel.table.keys[0])
        assert {cell.style for cell in cells} == {"unknown"}
        await c.press("escape")
        await c.see("nova", "stale")
        world.trouble.clear()
        await c.session.refresh(["nova.hypervisor"])
        await c.open("hv")
        await c.see("live")
        await c.see_no("stale")


@pytest.mark.asyncio
async def test_one_source_down_leaves_the_others_alone() -> None:
    world = World()
    world.trouble["watch.alert"] = AuthFailed("the token is wrong", hint="renew it")
    async with console(world, size=(140, 30)) as c:
        await c.see("watch ✗ credentials refused", "12 hypervisors", "refuses us")
        await c.press("f4")
        await c.see("the token is wrong → renew it", "✓ hypervisors")
        await c.open("hv")
        assert len(c.names()) == 12


@pytest.mark.asyncio
async def test_a_system_whose_probe_fails_says_why() -> None:
    world = World()
    world.trouble["health"] = Unreachable("no route to host", hint="check the VPN")
    async with console(world, size=(140, 30)) as c:
        await c.press("f4")
        await c.see("no route to host → check the VPN")


@pytest.mark.asyncio
async def test_hostile_names_neither_drive_the_terminal_nor_become_markup() -> None:
    world = World()
    world.servers = [Server("evil", HOSTILE, "cmp-001", state="[blink]ERROR[/]")]
    async with console(world, size=(100, 24)) as c:
        for keys in (("v", "m"), ("d",), ("y",)):
            if keys[0] == "v":
                await c.open("vm")
            else:
                await c.press(*keys)
                await c.until(lambda: c.place.view is not View.PANEL, "the view")
            await c.see("[bold red]x[/]") if keys[0] != "y" else await c.see("evil")
            for line in c.lines():
                assert "\x1b" not in line
                assert "\u202e" not in line
                assert len(line) <= 100
            if keys[0] != "v":
                await c.press("escape")
        await c.press("c")
        await c.until(lambda: "copied" in c.said(), "the copy")
        assert "\x1b" not in c.said()


@pytest.mark.asyncio
async def test_a_hostile_row_can_be_acted_on_and_its_command_is_quoted() -> None:
    world = World()
    world.servers = [Server("a b;rm -rf /", HOSTILE[:60], "cmp-001")]
    async with console(world, size=(100, 24)) as c:
        await c.open("vm")
        await c.press("b")
        await c.see("openstack server reboot --soft 'a b;rm -rf /'")


@pytest.mark.asyncio
async def test_a_column_that_raises_is_a_cell_and_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    def broken(row: Any) -> Any:
        raise ZeroDivisionError("odd row")

    columns = (*HYPERVISOR.columns[:2], Column("odd", "Odd", broken), *HYPERVISOR.columns[2:])
    kind = dataclasses.replace(HYPERVISOR, columns=columns)
    plugin = dataclasses.replace(NOVA, kinds=(kind, NOVA.kinds[1]), headlines=lambda lookup: broken(None))
    with caplog.at_level(logging.ERROR, logger="hsops.console"):
        async with console(plugins=(plugin, WATCH), size=(140, 30)) as c:
            await c.see("its plugin fails: odd row")
            await c.open("hv")
            await c.see("cannot be read")
            await c.press("d")
            await c.see("Odd", "cannot be read")
    assert sum("nova.hypervisor odd" in record.message for record in caplog.records) == 1, "told once in the log"


@pytest.mark.asyncio
async def test_ascii_terminals_get_ascii() -> None:
    async with console(ascii_only=True) as c:
        await c.see("12 hypervisors: 10 + 1 = 1 x")
        await c.open("hv")
        await c.see("x down")
        for line in c.lines():
            assert line.isascii(), line


def test_every_health_has_a_word_a_symbol_and_an_ascii_form() -> None:
    assert len({health.symbol for health in Health}) == len({health.ascii for health in Health}) == len(Health)


@pytest.mark.asyncio
async def test_a_bug_of_ours_ends_with_a_sentence_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def boom() -> None:
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        await _console_until(boom)
    said = capsys.readouterr().err
    assert "hsops: internal error: RuntimeError('planted')" in said
    assert "Traceback" not in said


async def _console_until(boom: Any) -> None:
    async with console() as c:
        c.app.call_later(boom)
        await c.until(lambda: not c.app.is_running, "the end")
