"""What a site file says, as typed values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from hsops.plugin import Secret

Tier: TypeAlias = Literal["prod", "staging", "lab"]
TIMEOUT = 10.0
"""Seconds one call may take when the site file does not say."""


class System(msgspec.Struct, frozen=True, kw_only=True):
    """One system of a site. `options` is the plugin's own `Options`, decoded."""

    name: str
    plugin: str
    options: Any
    timeout: float = TIMEOUT
    """Seconds one call may take."""


class EngineConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where runs are kept: empty for a SQLite file in the state folder, or a PostgreSQL URL without its password."""

    store: str = ""
    password: Secret | None = None


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site: its name, its tier (prod, staging, lab) and its systems."""

    name: str
    tier: Tier
    systems: tuple[System, ...]
    file: Path
    engine: EngineConfig = EngineConfig()
