"""Which columns find room, what is squeezed and what goes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hsops.screens.widgets.cell import Cell
from hsops.screens.widgets.table_layout import GAP, Layout, TableColumn, Widths, drop_note, lay_out

NAME = TableColumn("name", "NAME", min_width=8, max_width=30, priority=0)
STATE = TableColumn("state", "STATE", min_width=6, priority=10)
COUNT = TableColumn("count", "COUNT", align="right", priority=20)
NOTE = TableColumn("note", "NOTE", priority=90)
ID = TableColumn("id", "ID", wide=True)
ALL = (NAME, STATE, COUNT, NOTE, ID)
NATURAL = (20, 12, 9, 30, 36)


def shown(layout: Layout) -> dict[str, int]:
    return {placed.column.name: placed.width for placed in layout.placed}


def test_everything_at_its_natural_width_where_there_is_room() -> None:
    layout = lay_out(ALL, NATURAL, 200, wide=False)
    assert shown(layout) == {"name": 20, "state": 12, "count": 9, "note": 30}
    assert layout.dropped == ()
    assert [placed.x for placed in layout.placed] == [1, 23, 37, 48]


def test_text_is_squeezed_before_columns_are_dropped_and_numbers_never() -> None:
    layout = lay_out(ALL, NATURAL, 60, wide=False)
    assert layout.dropped == ()
    assert layout.width <= 60
    assert shown(layout)["count"] == 9
    assert shown(layout)["name"] == 20  # the most important gets the room that is left


def test_the_least_important_goes_first_and_the_first_never() -> None:
    assert lay_out(ALL, NATURAL, 35, wide=False).dropped == (NOTE,)
    assert lay_out(ALL, NATURAL, 20, wide=False).dropped == (COUNT, NOTE)
    assert shown(lay_out(ALL, NATURAL, 3, wide=False)) == {"name": 8}


def test_of_equals_the_rightmost_goes_first() -> None:
    twins = (TableColumn("a", "A"), TableColumn("b", "B"))
    assert lay_out(twins, (20, 20), 12, wide=False).dropped == (twins[1],)


def test_wide_shows_all_however_long_the_line() -> None:
    layout = lay_out(ALL, NATURAL, 40, wide=True)
    assert list(shown(layout).values()) == list(NATURAL)
    assert layout.width > 40


def test_max_width_bounds_a_column() -> None:
    assert shown(lay_out((NAME,), (500,), 200, wide=False)) == {"name": 30}


def test_the_note_is_short_where_room_is_short() -> None:
    assert drop_note(0, 80) == ""
    assert drop_note(1, 80) == "+1 column"
    assert drop_note(3, 80) == "+3 columns"
    assert drop_note(3, 4) == "+3"


def test_widths_are_adopted_only_when_told() -> None:
    widths = Widths((STATE, COUNT))
    assert widths.adopted == [6, 6]
    widths.see((Cell("漢字漢字"), Cell("12")))
    assert widths.adopted == [6, 6]
    widths.adopt()
    assert widths.adopted == [8, 6]
    widths.see((Cell("x"), Cell("12345678")))
    assert widths.numbers_cut()
    widths.adopt()
    assert widths.adopted == [8, 8]
    assert not widths.numbers_cut()


COLUMNS = st.lists(
    st.builds(
        TableColumn,
        st.uuids().map(str),
        st.text(alphabet="ABC漢", max_size=9),
        st.sampled_from(("left", "right")),
        st.integers(1, 20),
        st.integers(1, 60),
        st.integers(0, 99),
        st.booleans(),
    ),
    max_size=8,
)


@given(COLUMNS, st.data(), st.integers(1, 200), st.booleans())
def test_columns_never_overlap_and_dropping_makes_room(
    columns: list[TableColumn], data: st.DataObject, room: int, wide: bool
) -> None:
    natural = [data.draw(st.integers(1, 600)) for _ in columns]
    layout = lay_out(columns, natural, room, wide=wide)
    for left, right in zip(layout.placed, layout.placed[1:], strict=False):
        assert left.x + left.width + GAP == right.x
    assert {p.column for p in layout.placed} | set(layout.dropped) == {c for c in columns if wide or not c.wide}
    assert all(column.priority > 0 for column in layout.dropped)
    if not wide and layout.width > room:
        assert all(placed.column.priority == 0 for placed in layout.placed)
