"""Reading a run's log, from any process."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, text

from hsops.workflow.values import Event

_SINCE = text("SELECT seq, body FROM hsops_event WHERE run = :run AND seq > :after ORDER BY seq LIMIT 500")


def since(connection: Connection, run: str, after: int) -> Sequence[Event]:
    """The next events after a number, oldest first."""
    found = connection.execute(_SINCE, {"run": run, "after": after})
    return [msgspec.structs.replace(msgspec.json.decode(row.body, type=Event), seq=row.seq) for row in found]
