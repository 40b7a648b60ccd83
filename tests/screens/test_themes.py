"""Themes: readable, told apart by every eye, never by colour alone; and honest errors for a person's own files."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem

from hsops.errors import ConfigInvalid, UserError
from hsops.model import Health
from hsops.screens.theming import to_textual, variables
from hsops.themes import loader
from hsops.themes.bundled import BUNDLED, COLOUR_BLIND, COLOUR_BLIND_LIGHT, DARK, MONO
from hsops.themes.symbols import ascii_only, to_ascii
from hsops.themes.values import MEANINGS, TIERS, Theme

STATES = ("ok", "warn", "critical", "maintenance")

# Matrices of complete colour blindness in linear RGB, from Machado, Oliveira and Fernandes (2009).
BLIND = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour: str) -> tuple[float, float, float]:
    """Linear RGB of ``#rrggbb``."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return r, g, b


def luminance(rgb: tuple[float, float, float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio."""
    a, b = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (a + 0.05) / (b + 0.05)


def lab(rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    """CIELAB of linear RGB under D65."""
    r, g, b = (min(1.0, max(0.0, part)) for part in rgb)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, eye: str = "") -> float:
    """How different two colours look (CIE76), to a colour-blind eye when it is named."""
    seen = []
    for colour in (one, other):
        rgb = linear(colour)
        if eye:
            r, g, b = (sum(m * part for m, part in zip(row, rgb, strict=True)) for row in BLIND[eye])
            rgb = (r, g, b)
        seen.append(lab(rgb))
    return sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5


@pytest.mark.parametrize("theme", BUNDLED, ids=lambda theme: theme.name)
def test_every_meaning_can_be_read_on_its_background(theme: Theme) -> None:
    for meaning in (*MEANINGS, "foreground"):
        assert contrast(getattr(theme, meaning), theme.background) >= 4.5, meaning
    for tier in TIERS:
        assert contrast(theme.foreground, theme.frame_of(tier)) >= 4.5, tier
    for background in (theme.cursor, theme.changed, theme.surface):
        assert contrast(theme.foreground, background) >= 4.5, background


@pytest.mark.parametrize("theme", [COLOUR_BLIND, COLOUR_BLIND_LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("eye", BLIND)
def test_states_differ_for_colour_blind_eyes(theme: Theme, eye: str) -> None:
    for one, other in itertools.combinations(STATES, 2):
        assert distance(getattr(theme, one), getattr(theme, other), eye) > 25, (one, other)


@pytest.mark.parametrize("theme", [theme for theme in BUNDLED if theme is not MONO], ids=lambda theme: theme.name)
def test_one_look_at_the_frame_tells_the_tier(theme: Theme) -> None:
    for one, other in itertools.combinations(TIERS, 2):
        assert distance(theme.frame_of(one), theme.frame_of(other)) > 12, (one, other)


@pytest.mark.parametrize("theme", [theme for theme in BUNDLED if theme is not MONO], ids=lambda theme: theme.name)
def test_sixteen_colours_keep_the_states_apart(theme: Theme) -> None:
    def sixteen(name: str) -> int | None:
        return Color.parse(getattr(theme, name)).downgrade(ColorSystem.STANDARD).number

    assert len({sixteen(state) for state in (*STATES, "foreground")}) == len(STATES) + 1
    assert sixteen("cursor") != sixteen("background")


def test_without_colours_the_states_differ_by_their_attributes() -> None:
    looks = {(getattr(MONO, state), MONO.text_style_of(state)) for state in STATES}
    assert len(looks) == len(STATES)
    for name in (*MEANINGS, "background", "surface", "foreground", "cursor", "changed"):
        colour = getattr(MONO, name)
        assert colour[1:3] == colour[3:5] == colour[5:7], f"{name} is not grey"


@pytest.mark.parametrize("theme", BUNDLED, ids=lambda theme: theme.name)
def test_textual_gets_every_variable(theme: Theme) -> None:
    made = to_textual(theme)
    assert made.variables == variables(theme)
    assert {f"state-{meaning}" for meaning in MEANINGS} <= made.variables.keys()
    assert variables(theme).keys() == variables(DARK).keys()


def test_no_color_wins_over_everything() -> None:
    assert loader.choose("light", {"NO_COLOR": "1"}) is MONO
    assert loader.choose("light", {"NO_COLOR": ""}).name == "light"
    assert loader.choose("", {}) is DARK


def test_an_unknown_theme_names_the_near_ones() -> None:
    with pytest.raises(UserError, match="did you mean dark"):
        loader.load("drak")


def test_a_theme_of_ones_own_builds_on_a_bundled_one(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("base: light\nok: '#004400'\nframe: {prod: '#ffdddd'}\n")
    assert loader.names(tmp_path)[-1] == "mine"
    theme = loader.load("mine", tmp_path)
    assert (theme.name, theme.ok, theme.dark, theme.frame_of("prod")) == ("mine", "#004400", False, "#ffdddd")
    assert theme.frame_of("lab") == loader.load("light").frame_of("lab")


def test_all_faults_of_a_theme_are_told_at_once(tmp_path: Path) -> None:
    text = "base: nowhere\nok: green\nfrob: '#000000'\ntext_styles: {critical: blinking}\ndark: maybe\n"
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ConfigInvalid) as caught:
        loader.load("bad", tmp_path)
    assert len(caught.value.problems) == 5
    assert all(problem.file.endswith("bad.yaml") for problem in caught.value.problems)


def test_a_theme_that_is_no_yaml_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("ok: '#004400'\nwarn: [\n")
    with pytest.raises(ConfigInvalid) as caught:
        loader.load("broken", tmp_path)
    assert caught.value.problems[0].line == 3


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"LANG": "en_GB.UTF-8"}, False),
        ({"LC_ALL": "de_DE.utf8", "LANG": "C"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "en_US.UTF-8", "HSOPS_ASCII": "1"}, True),
        ({"LANG": "de_DE.ISO-8859-1", "HSOPS_ASCII": "0"}, False),
    ],
)
def test_ascii_is_chosen_by_wish_or_by_locale(env: dict[str, str], *, expected: bool) -> None:
    assert ascii_only(env) is expected


def test_every_symbol_of_ours_has_an_ascii_form_of_one_cell() -> None:
    for symbol in [*(health.symbol for health in Health), *"…·→▶▸─×░█▌▁▇▒–"]:
        assert len(to_ascii(symbol)) == 1
        assert to_ascii(symbol).isascii()
    assert to_ascii("naïve 東京") == "naïve 東京", "letters stay as they are"
