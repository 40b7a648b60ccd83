"""Lines of spans: they never get wider than the screen and never lose what does not need to go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hsops.screens.text import (
    Line,
    Span,
    age,
    both_ends,
    clock,
    cut,
    flow,
    line,
    moment,
    pad,
    rule,
    span,
    width,
    with_states,
    wrap,
)
from hsops.screens.widgets.canvas import difference

WORDS = st.text(alphabet=st.sampled_from("ab ✓!中e\u0301"), max_size=12)
SPANS = st.builds(span, WORDS, st.sampled_from(["", "ok", "dim"]), st.sampled_from([None, "a", "b"]))
LINES = st.lists(SPANS, max_size=6).map(tuple)
ROOM = st.integers(min_value=0, max_value=40)


def text(spans: Line) -> str:
    return "".join(one.text for one in spans)


@given(LINES, ROOM)
def test_a_cut_line_fits_and_begins_as_before(spans: Line, room: int) -> None:
    shown = cut(spans, room)
    assert width(shown) <= room
    assert text(spans).startswith(text(shown).rstrip("…"))
    if width(spans) <= room:
        assert text(shown) == text(spans)


@given(LINES, ROOM)
def test_a_padded_line_has_exactly_the_width(spans: Line, room: int) -> None:
    shown = pad(spans, room)
    assert width(shown) == room or (room - width(shown) == 1 and "中" in text(spans))


@given(LINES, LINES, ROOM)
def test_the_right_end_stays_and_the_left_gives_way(left: Line, right: Line, room: int) -> None:
    shown = both_ends(left, right, room)
    assert width(shown) <= room
    if width(right) < room:
        assert text(shown).endswith(text(right))


@given(st.lists(LINES.filter(lambda spans: width(spans) > 0), max_size=8), st.integers(min_value=1, max_value=40))
def test_phrases_flow_in_order_and_fit(phrases: list[Line], room: int) -> None:
    lines = flow(phrases, room)
    assert all(width(one) <= room for one in lines)
    if all(width(one) <= room for one in phrases):
        assert "".join(map(text, lines)).replace(" ", "") == "".join(map(text, phrases)).replace(" ", "")


@given(LINES, LINES)
def test_cells_outside_the_difference_look_the_same(old: Line, new: Line) -> None:
    start, end = difference(old, new)
    room = max(width(old), width(new)) + 2

    def cells(spans: Line) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for one in spans:
            for char in one.text:
                size = width([Span(char)])
                if size == 0 and found:
                    found[-1] = (found[-1][0] + char, found[-1][1])
                found += [(char if i == 0 else "", one.style) for i in range(size)]
        return found + [(" ", "")] * (room - len(found))

    def blank(cell: tuple[str, str]) -> bool:
        return cell[0] == " " and cell[1] in ("", "ok", "dim")  # none of these draws on a blank

    for x, (before, after) in enumerate(zip(cells(old), cells(new), strict=True)):
        if not start <= x < end:
            assert before == after or (blank(before) and blank(after))


@given(st.text(alphabet=st.sampled_from("ab 中"), max_size=60), st.integers(min_value=2, max_value=30))
def test_wrapped_text_fits_and_keeps_its_words(words: str, room: int) -> None:
    parts = wrap(words, room)
    assert all(width([Span(part)]) <= room for part in parts)
    if all(width([Span(word)]) <= room for word in words.split(" ")):
        assert "".join(parts).replace(" ", "") == words.replace(" ", "")


def test_symbols_of_states_wear_their_colours_and_exclamations_do_not() -> None:
    spans = with_states("48: 45 ✓ 2 ‖ 1 ✗ 3 ! hey!")
    assert [(one.text, one.style) for one in spans if one.style] == [
        ("✓", "ok"),
        ("‖", "maintenance"),
        ("✗", "critical"),
        ("!", "warn"),
    ]
    assert text(spans) == "48: 45 ✓ 2 ‖ 1 ✗ 3 ! hey!"


def test_text_from_outside_is_cleaned() -> None:
    assert span("\x1b[2Jx\ry\u202e").text == "[2Jx y"
    assert line("a\x07b")[0].text == "ab"


def test_times_are_short_and_utc() -> None:
    assert [age(seconds) for seconds in (0, 59.9, 61, 3_600, 90_000, 86_400 * 41)] == [
        "0s",
        "59s",
        "1m",
        "1h",
        "25h",
        "41d",
    ]
    assert clock(0) == "00:00:00"
    assert moment(0) == "1970-01-01T00:00:00Z"


def test_a_rule_fills_the_line() -> None:
    assert width(rule("runs", 40)) == 40
    assert text(rule("runs", 40)).startswith("── runs ──")
