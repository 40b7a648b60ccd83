"""The three ways in which OpenStack writes an instant."""

from __future__ import annotations

from datetime import UTC, datetime

from hsops.simulator.clock import rfc3339

__all__ = ["micro", "micro_z", "parse", "rfc3339", "spaced"]


def micro(when: float | None) -> str | None:
    """``2026-11-21T06:41:47.000000``: nova's rows, whole seconds."""
    return None if when is None else datetime.fromtimestamp(int(when), UTC).strftime("%Y-%m-%dT%H:%M:%S.000000")


def micro_z(when: float) -> str:
    """``2026-11-21T06:41:47.000000Z``: keystone's tokens."""
    return f"{micro(when)}Z"


def spaced(when: float) -> str:
    """``2026-11-21 06:48:21``: neutron's agents."""
    return datetime.fromtimestamp(int(when), UTC).strftime("%Y-%m-%d %H:%M:%S")


def parse(text: str) -> float:
    """Epoch seconds of an ISO 8601 date-time; without a zone it is UTC. Raises ValueError."""
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
