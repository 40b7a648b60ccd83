"""Reading a run's log, from any process."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, text

from hsops.workflow.values import Event

_SINCE = text("SELECT seq, body FROM hsops_event WHERE run = :run AND seq > :after ORDER BY seq LIMIT 500")


_ADD = text("INSERT INTO hsops_event (run, key, kind, body) VALUES (:run, :key, :kind, :body)")


def add(connection: Connection, event: Event) -> None:
    """Add an event that does not come from who works on the run. Its texts are clean already."""
    body = event.line().decode()
    connection.execute(_ADD, {"run": event.run, "key": event.key, "kind": event.kind, "body": body})


def since(connection: Connection, run: str, after: int) -> Sequence[Event]:
    """The next events after a number, oldest first."""
    found = connection.execute(_SINCE, {"run": run, "after": after})
    return [msgspec.structs.replace(msgspec.json.decode(row.body, type=Event), seq=row.seq) for row in found]
