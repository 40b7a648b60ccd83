"""What is known of a source: whether its data are live, how old they are and what is wrong."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from hsops.errors import AuthFailed, Forbidden, HsopsError, Unreachable


class SourceStatus(enum.Enum):
    """State of one source of one system."""

    CONNECTING = "connecting"
    """No answer yet, no error yet."""
    LIVE = "live"
    STALE = "stale"
    """It answered before and does not now: the old rows stand, with their age."""
    DOWN = "down"
    """It never answered."""
    AUTH = "auth"
    """Stopped: a person must give other credentials."""
    FORBIDDEN = "forbidden"
    """We may not see this kind."""
    FAILED = "failed"
    """It answers, and the answer makes no sense."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """One kind of one system. Times are epoch seconds; `at` is the moment of the last good data."""

    site: str
    system: str
    kind: str
    status: SourceStatus = SourceStatus.CONNECTING
    at: float | None = None
    since: float = 0.0
    error: str = ""
    hint: str = ""
    missing: tuple[str, ...] = ()
    exit_code: int = 0

    def age(self, now: float) -> float | None:
        """Seconds since the last good data; None when there never were any."""
        return None if self.at is None else max(0.0, now - self.at)

    @property
    def ok(self) -> bool:
        """Whether the rows are the present truth."""
        return self.status is SourceStatus.LIVE


def status_after(error: HsopsError, *, had_data: bool) -> SourceStatus:
    """The status that an error leads to."""
    if isinstance(error, AuthFailed):
        return SourceStatus.AUTH
    if isinstance(error, Forbidden):
        return SourceStatus.FORBIDDEN
    if isinstance(error, Unreachable):
        return SourceStatus.STALE if had_data else SourceStatus.DOWN
    return SourceStatus.FAILED
