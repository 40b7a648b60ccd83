"""What is sent to the terminal, and how often: regions of cells, at most four repaints a second, marks that fade."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen

from hsops.screens.widgets.table import Cell, PanelTable, TableColumn
from tests.screens.table_host import COLUMNS, Host, painted, row, rows, until

pytestmark = pytest.mark.asyncio

SIZE = (60, 12)


class Watched(PanelTable[str]):
    """Remembers what it asked to be repainted."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.asked: list[tuple[Region, ...]] = []
        super().__init__(*args, **options)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Any:
        self.asked.append(regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


def host(count: int, **options: Any) -> tuple[Host, Watched]:
    table = Watched(COLUMNS, **options)
    return Host(table), table


async def settled(pilot: Pilot[Any], table: Watched, count: int) -> None:
    table.set_rows(rows(count))
    await painted(pilot, table)
    table.asked.clear()


def changed(i: int, state: str = "✗ down", vms: str | None = None) -> dict[str, tuple[Cell | str, ...]]:
    key, (name, _, count, age) = row(i)
    return {key: (name, Cell(state, "critical"), count if vms is None else vms, age)}


async def test_only_the_cells_that_changed_are_repainted() -> None:
    app, table = host(100)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 100)
        table.update({**changed(2), **changed(5, vms="77"), **changed(60)})
        await until(pilot, lambda: bool(table.asked), "a repaint")
        assert set(table.asked[0]) == {Region(11, 3, 6, 1), Region(11, 6, 6, 1), Region(19, 6, 4, 1)}
        assert "✗ down" in app.lines()[3]


async def test_what_is_not_on_the_screen_costs_nothing() -> None:
    app, table = host(100)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 100)
        table.update(changed(60))
        await painted(pilot, table)
        assert table.asked == []
        await pilot.press("G")
        table.move_to("k0060")
        await until(pilot, lambda: any("✗ down" in line for line in app.lines()), "the new state")


async def test_the_same_rows_again_repaint_nothing() -> None:
    app, table = host(100)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 100)
        table.set_rows([*rows(100), row(500)])
        await painted(pilot, table)
        assert table.asked == []
        assert table.row_count == 101


async def test_rows_inserted_above_repaint_nothing_below() -> None:
    app, table = host(100)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 100)
        table.move_to_index(50)
        await painted(pilot, table)
        before = app.lines()[1:]
        table.asked.clear()
        table.set_rows([row(900), *rows(100)])
        await painted(pilot, table)
        assert app.lines()[1:] == before
        assert table.cursor_index == 51
        assert len(table.asked) <= 1


async def test_many_updates_cause_few_repaints_and_none_is_lost() -> None:
    app, table = host(10)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 10)
        loop = asyncio.get_running_loop()
        start = loop.time()
        for turn in range(100):
            table.update(changed(turn % 10, vms=str(turn)))
            await asyncio.sleep(0.01)
        took = loop.time() - start
        assert len(table.asked) <= took / 0.25 + 1
        await until(pilot, lambda: all(f" 9{i} " in line for i, line in enumerate(app.lines()[1:11])), "the last")


async def test_now_does_not_wait_for_the_pace() -> None:
    app, table = host(10)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 10)
        for last in (9, 8, 7):
            table.set_rows([row(i) for i in range(last)], now=True)
            await pilot.pause()
            assert f"cmp-{last:04}" not in "".join(app.lines())


async def test_a_change_after_a_repaint_on_the_same_line_is_sent_too() -> None:
    app, table = host(10)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 10)
        table.update(changed(1))
        await until(pilot, lambda: bool(table.asked), "the first repaint")
        table.update(changed(1, vms="88"))
        sent = len(table.asked)
        await until(pilot, lambda: len(table.asked) > sent, "the second repaint")
        assert Region(19, 2, 4, 1) in table.asked[sent]


def recent_cells(table: PanelTable[str]) -> list[tuple[int, int]]:
    """(line, column) of cells that wear `changed` on the screen."""
    frame = table._frame or []
    return [(y, column) for y, line in enumerate(frame) if line is not None for column in sorted(line.recent)]


async def test_a_changed_cell_is_marked_for_a_while_and_fades() -> None:
    app, table = host(10, changed_seconds=0.6)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 10)
        plain = {segment.style.bgcolor for segment in table.render_line(3) if segment.style}
        table.update(changed(2))
        await until(pilot, lambda: recent_cells(table) == [(2, 1)], "the mark")
        marked = {segment.style.bgcolor for segment in table.render_line(3) if segment.style}
        assert len(marked - plain) == 1
        table.asked.clear()
        await until(pilot, lambda: recent_cells(table) == [], "the fading")
        assert table.asked == [(Region(11, 3, 6, 1),)]
        assert table._fade_timer is None


async def test_quiet_columns_are_repainted_and_never_marked() -> None:
    app, table = host(10)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 10)
        key, (name, state, vms, _) = row(3)
        table.update({key: (name, state, vms, "5m")})
        await until(pilot, lambda: "5m" in app.lines()[4], "the age")
        assert recent_cells(table) == []


async def test_sorting_marks_nothing_and_a_change_on_the_way_is_marked() -> None:
    app, table = host(5)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 5)
        new = dict(reversed(rows(5)))
        new.update(changed(4))
        table.set_rows(list(new.items()), now=True)
        await pilot.pause()
        assert recent_cells(table) == [(0, 1)]


async def test_moving_the_cursor_repaints_two_lines() -> None:
    app, table = host(10)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 10)
        await pilot.press("j")
        assert [set(regions) for regions in table.asked] == [{Region(0, 1, 60, 1), Region(0, 2, 60, 1)}]


async def test_behind_another_screen_nothing_is_painted_and_nothing_is_lost() -> None:
    app, table = host(10)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 10)
        await app.push_screen(Screen())
        drawn: list[str] = []

        def render(key: str) -> tuple[Cell | str, ...]:
            drawn.append(key)
            return (f"new-{key}", "", "", "")

        table.set_keys([f"n{i}" for i in range(5)], render)
        await pilot.pause()
        drawn.clear()
        table.invalidate(["n1", "n2"])
        await until(pilot, lambda: table._paint_timer is None, "the repaint that is none")
        assert drawn == []
        app.pop_screen()
        await until(pilot, lambda: "new-n1" in app.lines()[2], "the new rows")


async def test_rows_may_be_given_before_there_is_a_screen() -> None:
    table: PanelTable[str] = PanelTable((TableColumn("name", "NAME"),))
    table.set_rows([("a", ("first",))])
    table.update({"a": ("later",)})
    app = Host(table)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.lines()[1].rstrip() == " later"


async def test_keys_that_stand_twice_leave_the_table_as_it_was() -> None:
    app, table = host(3)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot, table, 3)
        with pytest.raises(ValueError, match="k0001"):
            table.set_keys(["k0001", "k0001"], lambda key: (key,))
        assert table.row_count == 3
