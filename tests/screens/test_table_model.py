"""What stays where when rows come, go and change their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.screens.widgets.cell import Cell
from hsops.screens.widgets.table_marks import Marks
from hsops.screens.widgets.table_model import TableModel
from hsops.screens.widgets.table_rows import CACHE_ROWS, SAMPLE_ROWS, Cells, DrawnOnDemand, GivenCells, Rows

KEYS = st.lists(st.integers(0, 30), unique=True, max_size=25)


def model_of(keys: list[int], page: int = 10) -> TableModel[int]:
    model: TableModel[int] = TableModel()
    model.resize(page)
    model.load(Rows(keys))
    return model


@given(KEYS, KEYS, st.integers(0, 30), st.integers(1, 12))
def test_the_cursor_sticks_to_its_key_or_passes_to_the_next_that_is_left(
    old: list[int], new: list[int], at: int, page: int
) -> None:
    model = model_of(old, page)
    model.move(at)
    key = model.cursor_key
    model.load(Rows(new))
    if not new:
        assert model.cursor is None
    elif key in new:
        assert model.cursor_key == key
    elif key is not None:
        after = [k for k in old[old.index(key) :] if k in new]
        before = [k for k in old[: old.index(key)] if k in new]
        assert model.cursor_key == (after[0] if after else before[-1] if before else new[0])
    assert 0 <= model.top <= max(0, len(new) - page)


@given(KEYS, st.integers(0, 30), st.integers(1, 12), st.lists(st.integers(-15, 15), max_size=12))
def test_the_cursor_is_always_on_the_screen_after_a_move(keys: list[int], at: int, page: int, turns: list[int]) -> None:
    model = model_of(keys, page)
    model.move(at)
    for turn in turns:
        model.turn(turn)
        if model.cursor is not None:
            assert model.top <= model.cursor < model.top + page


def test_the_row_with_the_cursor_keeps_its_line() -> None:
    model = model_of(list(range(100)))
    model.move(50)
    line = 50 - model.top
    model.load(Rows(list(range(1000, 1020)) + list(range(100))))
    assert model.cursor_key == 50
    assert model.cursor is not None
    assert model.cursor - model.top == line


def test_at_the_top_new_rows_come_into_view_while_the_cursor_stays_visible() -> None:
    model = model_of(list(range(100)))
    model.move(2)
    model.load(Rows([900, 901, *range(100)]))
    assert (model.top, model.cursor, model.cursor_key) == (0, 4, 2)


def test_without_the_cursor_in_view_the_first_visible_row_keeps_its_line() -> None:
    model = model_of(list(range(100)))
    model.top = 60
    model.load(Rows([900, 901, *range(100)]))
    assert model.top == 62
    assert model.cursor_key == 0


def test_pages_turn_view_and_cursor() -> None:
    model = model_of(list(range(100)))
    model.move(3)
    model.turn(1)
    assert (model.cursor, model.top) == (13, 10)
    model.turn(20)
    assert (model.cursor, model.top) == (99, 90)
    model.turn(-1)
    assert (model.cursor, model.top) == (89, 80)


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'b'"):
        Rows(["a", "b", "c", "b"])


def test_rows_on_demand_are_drawn_once_until_forgotten() -> None:
    drawn: list[int] = []

    def render(key: int) -> Cells:
        drawn.append(key)
        return (str(key),)

    source = DrawnOnDemand(render)
    rows = Rows(range(5000), source, 1)
    assert [rows.cells(7), rows.cells(7)] == [(Cell("7"),)] * 2
    source.forget([7, 4999])
    rows.cells(7)
    assert drawn == [7, 7]
    for key in range(1000, 1000 + CACHE_ROWS):
        rows.cells(key)
    rows.cells(7)
    assert drawn.count(7) == 3  # least recently used goes first


def test_a_row_that_has_just_gone_shows_its_key_as_unknown() -> None:
    gone: dict[str, Cells] = {}
    rows = Rows(["vm/1"], DrawnOnDemand(lambda key: gone[key]), 3)
    assert rows.cells("vm/1") == (Cell("vm/1", "unknown"), Cell(""), Cell(""))


def test_rows_have_exactly_one_cell_a_column() -> None:
    rows = Rows([1, 2], GivenCells({1: ("a",), 2: ("a", "b", "c", "d")}), 3)
    assert [len(rows.cells(key)) for key in (1, 2)] == [3, 3]


def test_cells_of_rows_that_are_not_there_are_left_out() -> None:
    source = GivenCells({1: ("a",)})
    source.update({1: ("b",), 2: ("x",)})
    assert source.cells(1) == ("b",)
    with pytest.raises(KeyError):
        source.cells(2)


@given(st.integers(0, 5000))
def test_the_sample_is_bounded_and_reaches_to_the_end(count: int) -> None:
    sample = Rows(range(count)).sample()
    assert len(sample) == len(set(sample)) == min(count, SAMPLE_ROWS)
    assert not count or sample[-1] == count - 1


def test_a_range_of_marks_goes_from_the_last_toggled_row() -> None:
    marks: Marks[str] = Marks()
    keys = list("abcdef")
    index = {key: i for i, key in enumerate(keys)}
    marks.toggle("e")
    marks.extend(keys, index, 2)
    assert marks.shown(index) == ["c", "d", "e"]
    marks.toggle("d")
    assert marks.shown(index) == ["c", "e"]
    assert marks.shown({"e": 0}) == ["e"]
    marks.clear()
    marks.extend(keys, index, 1)
    assert marks.shown(index) == ["b"]
