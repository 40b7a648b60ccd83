"""What a site demands of the runs on it: a second person, a maintenance window, gates. Values of the site file, no I/O.

Approval: on tier prod every workflow that disrupts needs one, signed with an SSH key that the site's
``allowed_signers`` file names; elsewhere only when the site file asks for it, and the operating system's user will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Protocol

from hsops.plugin import Danger

PROD = "prod"
TIMEOUT = 4 * 3600.0
"""Seconds that a request for approval stands."""
PATIENCE = 30 * 60.0
"""Seconds that a run waits for a red gate when nobody is there to waive it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """Who has to agree before a run changes anything."""

    required: bool | None = None
    """None: by the tier. True: on any tier. False: never, which tier prod does not accept."""
    allowed_signers: Path | None = None
    """File in the format of ``ssh-keygen -Y``; its principals are the people who may approve."""
    timeout: float = TIMEOUT
    identities: Mapping[str, str] = field(default_factory=dict)
    """User of the operating system to principal, where the names do not tell."""

    def needed(self, tier: str, danger: Danger) -> bool:
        """Whether a run of that danger needs a second person."""
        return danger >= Danger.DISRUPTIVE and (tier == PROD or self.required is True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which work that disrupts may be done: on these days from `begin` to `end` by the zone's wall clock.

    `days` (0 is Monday) are those on which it begins. An `end` that is not after `begin` is on the next day.
    """

    name: str
    begin: time
    end: time
    zone: str
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRule:
    """Which gates are left out, and how long a run waits for a red one when nobody is there."""

    off: tuple[str, ...] = ()
    patience: float = PATIENCE


class SiteRules(Protocol):
    """A site, as far as runs are concerned. `hsops.config.Site` is one."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def tier(self) -> str:
        """prod, staging or lab."""
        ...

    @property
    def approval(self) -> ApprovalRule:
        """Who has to agree."""
        ...

    @property
    def windows(self) -> Sequence[Window]:
        """When work may be done; empty: always."""
        ...

    @property
    def gates(self) -> GateRule:
        """What is looked at between the parts of long work."""
        ...
