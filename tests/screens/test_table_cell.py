"""Names from tenants: harmless, bounded and of a known width whatever they are."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hsops.screens.widgets.cell import TEXT_CAP, clean, fit, width_of

NASTY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x00\x07\x1b\x9b\r\n\t\u200b\u200d\u202e\u2066\ufe0f\u0301\u0308🇩🇪👨👩👧🏽漢字한글[]bold/"),
    ),
    max_size=80,
)


@given(NASTY)
def test_clean_text_holds_nothing_that_drives_a_terminal(text: str) -> None:
    cleaned = clean(text)
    assert not {unicodedata.category(char) for char in cleaned} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    cleaned.encode()  # no lone surrogate is left
    assert clean(cleaned) == cleaned


@given(NASTY)
def test_width_is_the_one_the_screen_is_composed_with(text: str) -> None:
    assert width_of(clean(text)) == cell_len(clean(text))


@given(NASTY, st.integers(0, 40), st.sampled_from("…~"))
def test_fitted_text_fills_exactly_its_width(text: str, width: int, ellipsis: str) -> None:
    cleaned = clean(text)
    shown, pad = fit(cleaned, width, ellipsis)
    assert cell_len(shown) + pad == width
    if cell_len(cleaned) > width > 0:
        assert shown.endswith(ellipsis)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_plain_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;aGFja2Vk\x07name", "]52;c;aGFja2Vkname"),
        ("\x1b[2J\x1b[31mred", "[2J[31mred"),
        ("\x9b31mred", "31mred"),
        ("[bold red]x[/]", "[bold red]x[/]"),
        ("a\x00b\x00c", "abc"),
        ("two\nlines\tand\rmore", "two lines and more"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("\u2066a\u2069\u200f\u200eb\u061c", "ab"),
        ("👨\u200d👩\u200d👧", "👨👩👧"),
        ("❤\ufe0f👍🏽", "❤👍"),
        ("🇩🇪", "DE"),
        ("\ud800x", "\ufffdx"),
        ("\u0301first", "first"),
        ("e\u0301", "e\u0301"),
        ("z" + "\u0301" * 50 + "y", "z\u0301\u0301y"),
        ("", ""),
    ],
)
def test_hostile_names(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_megabyte_is_cut_and_says_so() -> None:
    assert len(clean("x" * 1_000_000)) == TEXT_CAP
    assert clean("x" * 1_000_000).endswith("…")
    assert clean("\x00" * 1_000_000) == "…"
    assert clean("漢" * 1_000_000).endswith("…")


def test_a_wide_character_is_never_halved() -> None:
    assert fit("漢字漢字", 4) == ("漢…", 1)
    assert fit("漢字漢字", 5) == ("漢字…", 0)
    assert fit("漢字", 4) == ("漢字", 0)
    assert fit("cafe\u0301s", 5) == ("cafe\u0301s", 0)
    assert fit("cafe\u0301s", 4) == ("caf…", 0)
