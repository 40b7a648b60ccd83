"""Our themes as Textual's: the one place that knows how its variables are called."""

from __future__ import annotations

from typing import Final

import textual.theme

from hsops.themes.values import MEANINGS, TIERS, Theme

PREFIX: Final = "hsops-"


def to_textual(theme: Theme) -> textual.theme.Theme:
    """A theme that can be registered with an app, with the variables that `console.tcss` uses."""
    return textual.theme.Theme(
        name=PREFIX + theme.name,
        primary=theme.bar,
        secondary=theme.maintenance,
        warning=theme.warn,
        error=theme.critical,
        success=theme.ok,
        accent=theme.accent,
        foreground=theme.foreground,
        background=theme.background,
        surface=theme.surface,
        panel=theme.surface,
        dark=theme.dark,
        variables=variables(theme),
    )


def variables(theme: Theme) -> dict[str, str]:
    """Style sheet variables by meaning: ``$state-ok``, ``$state-ok-text``, ``$tier-prod`` …"""
    found: dict[str, str] = {}
    for meaning in MEANINGS:
        found[f"state-{meaning}"] = getattr(theme, meaning)
        found[f"state-{meaning}-text"] = theme.text_style_of(meaning)
    found["state-changed"] = theme.changed
    found["cursor"] = theme.cursor
    found |= {f"tier-{tier}": theme.frame_of(tier) for tier in TIERS}
    found |= {
        "block-cursor-background": theme.cursor,
        "block-cursor-foreground": theme.foreground,
        "block-cursor-text-style": "bold",
        "input-cursor-background": theme.foreground,
        "input-cursor-foreground": theme.background,
        "input-selection-background": theme.cursor,
        "border": theme.dim,
        "border-blurred": theme.dim,
        "footer-background": theme.surface,
        "scrollbar": theme.dim,
        "scrollbar-background": theme.surface,
    }
    return found
