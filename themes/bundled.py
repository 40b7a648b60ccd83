"""The themes that come with hsops.

Contrast of every meaning on its background is at least 4.5 to 1 (tests/screens/test_themes.py measures it). The
colour-blind ones keep the states apart for protan, deutan and tritan eyes, by lightness as much as by hue. All but
mono keep them apart in the sixteen colours of a plain terminal too.
"""

from __future__ import annotations

from typing import Final

from hsops.themes.values import Theme

_STRONG: Final = {"critical": "bold", "unknown": "italic"}

DARK: Final = Theme(
    name="dark",
    title="dark",
    dark=True,
    background="#101418",
    surface="#1b2229",
    foreground="#d7dde3",
    dim="#8d98a3",
    ok="#68bf74",
    warn="#e8b84a",
    critical="#ff7068",
    maintenance="#6bb3f6",
    unknown="#b6a6d8",
    accent="#56c8d8",
    bar="#7f9fc0",
    changed="#3a3f1c",
    cursor="#2c4055",
    frame={"prod": "#5c1f24", "staging": "#4d3d12", "lab": "#173f3a"},
    text_styles=_STRONG,
)

LIGHT: Final = Theme(
    name="light",
    title="light",
    dark=False,
    background="#fbfbf8",
    surface="#eeeee8",
    foreground="#1d242b",
    dim="#5e6872",
    ok="#0e7731",
    warn="#8a5a00",
    critical="#c01d26",
    maintenance="#1b5fae",
    unknown="#6a4a9c",
    accent="#00707f",
    bar="#456a90",
    changed="#f4efb8",
    cursor="#b9cbe0",
    frame={"prod": "#f3c9c9", "staging": "#f3e2b3", "lab": "#c6e6df"},
    text_styles=_STRONG,
)

COLOUR_BLIND: Final = Theme(
    name="colour-blind",
    title="colour-blind safe, dark",
    dark=True,
    background="#0e1116",
    surface="#1a2028",
    foreground="#e0e4e8",
    dim="#939ca6",
    ok="#17c6d4",
    warn="#fff752",
    critical="#f94954",
    maintenance="#b960fc",
    unknown="#b5b5b5",
    accent="#f5f5f5",
    bar="#7fa6c9",
    changed="#40401f",
    cursor="#2b3f57",
    frame={"prod": "#5e2a0c", "staging": "#47430f", "lab": "#0f3450"},
    text_styles={"critical": "bold", "unknown": "italic", "accent": "bold", "maintenance": "italic"},
)

COLOUR_BLIND_LIGHT: Final = Theme(
    name="colour-blind-light",
    title="colour-blind safe, light",
    dark=False,
    background="#fcfcfa",
    surface="#efefea",
    foreground="#1b1f24",
    dim="#5d656e",
    ok="#0b2fd0",
    warn="#726d00",
    critical="#5f0534",
    maintenance="#cb2da2",
    unknown="#5f5f5f",
    accent="#111111",
    bar="#4a6d8f",
    changed="#f5efb0",
    cursor="#b4c6dc",
    frame={"prod": "#f5d0bb", "staging": "#f2e8a8", "lab": "#c5def0"},
    text_styles={"critical": "bold", "unknown": "italic", "accent": "bold", "maintenance": "italic"},
)

MONO: Final = Theme(
    name="mono",
    title="no colours",
    dark=True,
    background="#000000",
    surface="#1c1c1c",
    foreground="#d0d0d0",
    dim="#8a8a8a",
    ok="#d0d0d0",
    warn="#ffffff",
    critical="#ffffff",
    maintenance="#b0b0b0",
    unknown="#b0b0b0",
    accent="#ffffff",
    bar="#b0b0b0",
    changed="#303030",
    cursor="#444444",
    frame={"prod": "#3a3a3a", "staging": "#303030", "lab": "#262626"},
    text_styles={
        "warn": "bold",
        "critical": "bold reverse",
        "maintenance": "italic",
        "unknown": "italic",
        "accent": "underline",
    },
)

BUNDLED: Final = (DARK, LIGHT, COLOUR_BLIND, COLOUR_BLIND_LIGHT, MONO)
