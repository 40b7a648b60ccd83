"""What a site file says, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from hsops.plugin import Secret
from hsops.policy import ApprovalRule, GateRule, Window

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


class AuditConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where else the site's entries of the audit log go."""

    syslog: str = ""
    """Path of a syslog socket (``/dev/log``) that gets a copy; empty for none."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site: its name, its tier (prod, staging, lab) and its systems."""

    name: str
    tier: Tier
    systems: tuple[System, ...]
    file: Path
    engine: EngineConfig = EngineConfig()
    racks: Mapping[str, tuple[str, ...]] = {}
    """Hosts by rack, where the operator says it; else the systems are asked."""
    approval: ApprovalRule = ApprovalRule()
    windows: tuple[Window, ...] = ()
    """When work that disrupts may be done; empty: always."""
    gates: GateRule = GateRule()
    audit: AuditConfig = AuditConfig()
