"""Who may change what now: a site of tier prod is read-only until it is unlocked for a time, with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hsops.errors import UserError

LONGEST: Final = 8 * 3600.0
"""Seconds that an unlocking may last at most: a shift."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Unlocked:
    """An unlocking: until when (epoch seconds) and why."""

    until: float
    reason: str


@dataclass(slots=True)
class Guard:
    """Tiers of the sites, and which of them are unlocked."""

    tiers: Mapping[str, str]
    clock: Callable[[], float]
    _unlocked: dict[str, Unlocked] = field(default_factory=dict)

    def read_only(self, site: str) -> bool:
        """Whether nothing may be changed on the site now."""
        return self.tiers.get(site, "prod") == "prod" and self.unlocked(site) is None

    def unlocked(self, site: str) -> Unlocked | None:
        """The unlocking in force."""
        entry = self._unlocked.get(site)
        return entry if entry is not None and entry.until > self.clock() else None

    def unlock(self, seconds: float, reason: str, site: str = "") -> Unlocked:
        """Allow changes on `site` (all without). Raises UserError without a reason or with a strange time."""
        sites = self.may_unlock(seconds, reason, site)
        entry = Unlocked(self.clock() + seconds, reason.strip())
        for name in sites:
            self._unlocked[name] = entry
        return entry

    def may_unlock(self, seconds: float, reason: str, site: str = "") -> Sequence[str]:
        """The sites that `unlock` would unlock; raises as it does."""
        if not reason.strip():
            raise UserError("a reason is needed", hint=":unlock 15m kernel upgrade")
        if not 0 < seconds <= LONGEST:
            raise UserError("the time is not between 1s and 8h", hint=":unlock 15m kernel upgrade")
        if site and site not in self.tiers:
            raise UserError("no such site", thing=site, hint="there are " + ", ".join(self.tiers))
        return [site] if site else list(self.tiers)

    def lock(self) -> None:
        """End every unlocking."""
        self._unlocked.clear()

    def typed_name_needed(self, site: str) -> bool:
        """Whether a destructive action wants the object's name typed."""
        return self.tiers.get(site, "prod") == "prod"


def seconds_of(text: str) -> float:
    """``15m`` in seconds. Raises UserError."""
    number, unit = text[:-1], text[-1:].lower()
    if unit in _UNITS and number.isdigit():
        return float(int(number) * _UNITS[unit])
    raise UserError("not a length of time", thing=text, hint="write 90s, 15m or 2h")
