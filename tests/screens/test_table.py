"""The table under a person's hands: keys, marks, columns, mouse, and what it says when there is nothing."""

from __future__ import annotations

import pytest

from hsops.screens.widgets.table import Cell, PanelTable, TableColumn
from hsops.screens.widgets.table_messages import CursorMoved, RowSelected, SortRequested
from tests.screens.table_host import COLUMNS, Host, row, rows, until

pytestmark = pytest.mark.asyncio

SIZE = (60, 12)  # one line of titles, eleven rows


async def test_rows_stand_under_their_titles() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(3))
        await pilot.pause()
        assert [line.rstrip() for line in app.lines()[:4]] == [
            " NAME      STATE    VMS  AGE",
            " cmp-0000  ✓ up       0  4m",
            " cmp-0001  ✓ up       1  4m",
            " cmp-0002  ✓ up       2  4m",
        ]


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        (["j", "j", "k"], 1),
        (["down", "down", "up"], 1),
        (["k"], 0),
        (["pagedown"], 11),
        (["ctrl+f", "ctrl+f", "ctrl+b"], 11),
        (["pagedown", "pageup"], 0),
        (["G"], 99),
        (["end", "j"], 99),
        (["G", "g"], 0),
        (["end", "home"], 0),
    ],
)
async def test_keys_move_the_cursor_and_keep_it_on_the_screen(keys: list[str], cursor: int) -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(100))
        await pilot.press(*keys)
        assert app.table.cursor_index == cursor
        assert app.table.cursor_key == f"k{cursor:04}"
        assert any(f"cmp-{cursor:04}" in line for line in app.lines())


async def test_a_key_map_moves_the_keys() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.set_keymap({"table.cursor_down": "n"})
        app.table.set_rows(rows(10))
        await pilot.press("j", "n")
        assert app.table.cursor_index == 1


async def test_enter_opens_and_moving_is_told() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(10))
        await pilot.press("j", "enter")
        await pilot.pause()
        moved, opened = app.hear(CursorMoved), app.hear(RowSelected)
        assert isinstance(moved[-1], CursorMoved)
        assert moved[-1].key == "k0001"
        assert [event.key for event in opened if isinstance(event, RowSelected)] == ["k0001"]
        assert opened[0].control is app.table


async def test_the_cursor_of_a_row_that_goes_passes_to_the_next_and_says_so() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(10))
        assert app.table.move_to("k0004")
        assert not app.table.move_to("nobody")
        app.table.set_rows([row(i) for i in (9, 6, 5, 1)])
        await pilot.pause()
        assert app.table.cursor_key == "k0005"
        app.table.set_rows([])
        await pilot.pause()
        told = app.hear(CursorMoved)
        assert isinstance(told[-1], CursorMoved)
        assert told[-1].key is None
        assert app.table.cursor_key is None
        await pilot.press("j", "enter", "space", "G", "pagedown", "O")  # nothing to do, nothing breaks


async def test_marks_stick_to_keys() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(10))
        await pilot.press("j", "space", "j", "j", "ctrl+@")
        assert app.table.marked == ["k0001", "k0002", "k0003"]
        assert [line[0] for line in app.lines()[1:6]] == [" ", "●", "●", "●", " "]
        app.table.set_rows([row(i) for i in (3, 1, 0)], now=True)
        await pilot.pause()
        assert app.table.marked == ["k0003", "k0001"]
        assert app.table.hidden_marks == 1
        await pilot.press("ctrl+backslash")
        assert app.table.marked == []
        assert app.table.hidden_marks == 0
        assert app.lines()[1][0] == " "


async def test_the_owner_sorts_the_table_asks_and_shows() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(3))
        await pilot.press("O")
        assert app.hear(SortRequested) == []  # nothing is picked
        await pilot.press("shift+right", "shift+right", "O")
        await pilot.pause()
        assert app.table.picked == "state"
        app.table.set_sort("state")
        await pilot.press("O", "shift+left", "shift+left", "O")
        await pilot.pause()
        asked = [(e.column, e.reverse) for e in app.hear(SortRequested) if isinstance(e, SortRequested)]
        assert asked == [("state", False), ("state", True), ("age", False)]
        assert "STATE▲" in app.lines()[0]
        app.table.set_sort("age", reverse=True)
        await pilot.pause()
        assert "STATE " in app.lines()[0]
        assert "AGE▼" in app.lines()[0]


async def test_the_picked_title_is_bold() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.pick("state")
        await pilot.pause()
        bold = [segment.text.strip() for segment in app.table.render_line(0) if segment.style and segment.style.bold]
        assert bold == ["STATE"]


async def test_ascii_only() -> None:
    app = Host(PanelTable((TableColumn("name", "NAME", max_width=8),), ascii_only=True))
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows([("a", ("abcdefghijkl",))])
        app.table.set_sort("name", reverse=True)
        await pilot.press("space")
        await pilot.pause()
        assert app.lines()[0].rstrip() == " NAMEv"
        assert app.lines()[1].rstrip() == "*abcdefg~"


async def test_a_narrow_table_drops_columns_and_says_so() -> None:
    columns = (*COLUMNS, TableColumn("note", "NOTE", priority=90), TableColumn("id", "ID", wide=True))
    app = Host(PanelTable(columns))
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.table
        table.set_rows([(key, (*cells, "a note of some length", "7c1f" * 9)) for key, cells in rows(3)])
        await pilot.pause()
        assert [column.name for column in table.dropped] == []
        assert "a no" in app.lines()[1]
        await pilot.resize_terminal(34, 12)
        await pilot.pause()
        assert [column.name for column in table.dropped] == ["note"]
        assert app.lines()[0].rstrip().endswith("+1")
        assert app.lines()[1].rstrip() == " cmp-0000  ✓ up       0  4m"
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert table.dropped == ()


async def test_wide_shows_all_and_scrolls_sideways() -> None:
    columns = (*COLUMNS, TableColumn("id", "ID", wide=True))
    app = Host(PanelTable(columns))
    async with app.run_test(size=(40, 12)) as pilot:
        app.table.set_rows([(key, (*cells, "7c1f" * 9 + "end")) for key, cells in rows(3)])
        await pilot.pause()
        assert "7c1f" not in app.lines()[1]
        await pilot.press("ctrl+w")
        await pilot.pause()
        assert app.table.wide
        assert "7c1f" in app.lines()[1]
        assert app.lines()[1].endswith("▸")
        await pilot.press("right")
        await pilot.pause()
        assert app.lines()[1].startswith(" ✓ up")
        await pilot.press("right", "right", "right", "right", "right")
        await pilot.pause()
        assert app.lines()[1].endswith("end")
        await pilot.press("left", "left", "left", "left", "left")
        await pilot.pause()
        assert app.lines()[1].startswith(" cmp-0000")
        await pilot.press("ctrl+w")
        await pilot.pause()
        assert "7c1f" not in app.lines()[1]


async def test_an_empty_table_says_why() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_empty("No hypervisor matches /cmp-9/. [bold]Esc[/bold] clears the filter.")
        await pilot.pause()
        said = " ".join(line.strip() for line in app.lines()[5:8])
        assert "No hypervisor matches /cmp-9/. [bold]Esc[/bold] clears the filter." in said
        app.table.set_rows(rows(1))
        await pilot.pause()
        assert not any("filter" in line for line in app.lines())
        app.table.set_rows([])
        await pilot.pause()
        assert any("filter." in line for line in app.lines())
        app.table.set_empty("Source down.")
        await pilot.pause()
        assert any(line.strip() == "Source down." and line.startswith(" " * 20) for line in app.lines())


async def test_a_click_moves_the_cursor_a_double_click_opens_a_title_sorts() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(100))
        await pilot.press("pagedown")
        await pilot.click(app.table, offset=(5, 4))
        assert app.table.cursor_index == 14
        await pilot.click(app.table, offset=(5, 6), times=2)
        await pilot.pause()
        assert [e.key for e in app.hear(RowSelected) if isinstance(e, RowSelected)] == ["k0016"]
        await pilot.click(app.table, offset=(12, 0))
        await pilot.pause()
        assert app.table.picked == "state"
        assert len(app.hear(SortRequested)) == 1


async def test_a_click_below_the_last_row_is_nothing() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(3))
        await pilot.click(app.table, offset=(5, 9))
        assert app.table.cursor_index == 0


async def test_the_wheel_moves_the_view_and_not_the_cursor() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(100))
        await pilot.pause()
        for _ in range(10):
            app.table._scroll_down_for_pointer(animate=False)
        await pilot.pause()
        assert app.table.cursor_index == 0
        assert "cmp-0000" not in app.lines()[1]
        await pilot.press("j")
        assert "cmp-0001" in app.lines()[1]


async def test_a_hundred_thousand_rows_draw_only_what_is_seen() -> None:
    drawn: list[int] = []

    def render(key: int) -> tuple[Cell | str, ...]:
        drawn.append(key)
        return (f"vm-{key}", Cell("✓ up", "ok"), str(key), "1d")

    table: PanelTable[int] = PanelTable(COLUMNS)
    app = Host()
    app.table = table  # type: ignore[assignment]  # keys of this test are numbers
    async with app.run_test(size=SIZE) as pilot:
        table.set_keys(range(100_000), render)
        await pilot.press("G")
        assert "vm-99999" in app.lines()[-1]
        assert len(drawn) < 200


async def test_a_wider_cell_widens_its_column_with_the_next_load_and_a_number_at_once() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(3))
        await pilot.pause()
        app.table.update({"k0001": ("a-much-longer-name", Cell("✓ up", "ok"), "1", "4m")})
        await until(pilot, lambda: any("a-much-…" in line for line in app.lines()), "the cut name")
        app.table.update({"k0001": ("a-much-longer-name", Cell("✓ up", "ok"), "1234567", "4m")})
        await until(pilot, lambda: any("1234567" in line for line in app.lines()), "the whole number")
        app.table.set_rows([*rows(1), ("x", ("a-much-longer-name", "", "1234567", ""))])
        await until(pilot, lambda: any("a-much-longer-name" in line for line in app.lines()), "the whole name")


async def test_other_columns() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(3))
        app.table.set_columns((TableColumn("pg", "PG"),))
        app.table.set_rows([("1.a", ("1.a",))])
        await pilot.pause()
        assert [line.rstrip() for line in app.lines()[:2]] == [" PG", " 1.a"]


async def test_another_theme_changes_the_colours() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(3))
        await pilot.pause()

        def colours() -> set[object]:
            return {segment.style.bgcolor for segment in app.table.render_line(2) if segment.style}

        before = colours()
        app.theme = "textual-light"
        await until(pilot, lambda: not colours() & before, "the colours of the other theme")


async def test_update_and_invalidate_each_have_their_kind_of_rows() -> None:
    app = Host()
    async with app.run_test(size=SIZE):
        app.table.set_rows(rows(1))
        with pytest.raises(TypeError, match="update"):
            app.table.invalidate(["k0000"])
        app.table.set_keys(["a"], lambda key: (key,))
        with pytest.raises(TypeError, match="invalidate"):
            app.table.update({"a": ("b",)})


HOSTILE = (
    "\x1b]52;c;aGFja2Vk\x07",
    "[bold red]",
    "x" * 1_000_000,
    "\u202egnp.exe\u2066",
    "👨\u200d👩\u200d👧 🇩🇪 ❤\ufe0f",
    "\x00\x00nul",
    "e\u0301" * 600,
    "漢字" * 300,
    "שלום",
    "\ud800",
    "\n\r\t",
)


async def test_hostile_cells_keep_every_line_at_its_width() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows([(f"h{i}", (text, Cell(text, text), text, text)) for i, text in enumerate(HOSTILE)])
        app.table.set_empty(HOSTILE[0])
        await pilot.press("j", "space", "ctrl+w", "right", "left")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            assert strip.cell_length == SIZE[0]
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in strip.text)
        assert any("[bold red]" in line for line in app.lines())
