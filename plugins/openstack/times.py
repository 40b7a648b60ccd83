"""The services' times: UTC, with or without a Z, with or without microseconds, with a T or a space."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: str | None) -> datetime | None:
    """``2026-11-21T06:37:52Z`` or ``2026-11-21 06:37:56.000000``; None for what is no time."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def stamp(epoch: float) -> str:
    """Epoch seconds as the services take them: ``2026-11-21T06:37:52Z``."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
