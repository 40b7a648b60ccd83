"""The shape of a theme: colours by meaning, never by place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MEANINGS: Final = ("ok", "warn", "critical", "maintenance", "unknown", "dim", "accent", "bar")
"""Names that text on the screens may wear; ``changed`` and ``cursor`` beside them are backgrounds."""

TIERS: Final = ("prod", "staging", "lab")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours as ``#rrggbb``. A state is never told by colour alone: symbol and word stand beside it."""

    name: str
    title: str
    dark: bool
    background: str
    surface: str
    """Behind dialogs and prompts."""
    foreground: str
    dim: str
    ok: str
    warn: str
    critical: str
    maintenance: str
    unknown: str
    accent: str
    """Keys, links and marks."""
    bar: str
    changed: str
    """Background of a cell that changed a moment ago."""
    cursor: str
    """Background of the line or link under the cursor."""
    frame: Mapping[str, str] = field(default_factory=dict)
    """Background of the first line by site tier: one look tells where one is."""
    text_styles: Mapping[str, str] = field(default_factory=dict)
    """Bold, italic, reverse, underline by meaning, for where colours are few or none."""

    def frame_of(self, tier: str) -> str:
        """Background of the first and last line on a site of that tier."""
        return self.frame.get(tier, self.surface)

    def text_style_of(self, meaning: str) -> str:
        """Attributes of text with that meaning: ``none`` when there are none."""
        return self.text_styles.get(meaning, "none")
