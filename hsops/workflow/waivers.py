"""Rows of gates: what held as a run began, and what people let pass. Each function is part of a transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from hsops.errors import plain
from hsops.workflow.redact import redact

ALL = "*"
"""Stands for every gate that is red when it is read."""
WINDOW = "window"
"""Stands for the end of the maintenance window."""


class Waiver(NamedTuple):
    """Somebody lets a run pass a gate once: at that step, for that reason."""

    key: str
    gate: str
    by: str
    reason: str


def waive(connection: Connection, run: str, waiver: Waiver) -> None:
    """Keep it; a later one for the same gate of the same step replaces it."""
    sql = """
        INSERT INTO hsops_waiver (run, key, gate, waived_by, reason, waived)
        VALUES (:run, :key, :gate, :by, :reason, :now)
        ON CONFLICT (run, key, gate) DO UPDATE SET waived_by = excluded.waived_by, reason = excluded.reason,
            waived = excluded.waived"""
    values = {**waiver._asdict(), "reason": redact(plain(waiver.reason)), "run": run, "now": time.time()}
    connection.execute(text(sql), values)


def consume(connection: Connection, run: str, key: str, gate: str = "") -> None:
    """What was let pass at that step (there all of it, without a gate) counts no more; the run's log has it."""
    sql = "DELETE FROM hsops_waiver WHERE run = :run AND key = :key AND :gate IN ('', gate)"
    connection.execute(text(sql), {"run": run, "key": key, "gate": gate})


def of_owner(connection: Connection, owner: str, where: str) -> Mapping[str, tuple[Waiver, ...]]:
    """What people let the runs of that owner pass, by run. `where`: which runs count, on ``r``."""
    sql = f"""SELECT w.run, w.key, w.gate, w.waived_by, w.reason FROM hsops_waiver w
              JOIN hsops_run r ON r.id = w.run WHERE r.owner = :owner AND {where} ORDER BY w.waived"""  # noqa: S608 - own text
    found: dict[str, tuple[Waiver, ...]] = {}
    for row in connection.execute(text(sql), {"owner": owner}):
        found[row.run] = (*found.get(row.run, ()), Waiver(row.key, row.gate, row.waived_by, row.reason))
    return found


def baselines(connection: Connection, run: str) -> Mapping[str, Any] | None:
    """What held as the run began, by gate: ``{"value": …}`` or ``{"error": why}``; None when it was not looked at."""
    found = connection.execute(text("SELECT baselines FROM hsops_run WHERE id = :run"), {"run": run}).scalar_one()
    known: Mapping[str, Any] | None = json.loads(found) if found else None
    return known


def keep_baselines(connection: Connection, run: str, found: Mapping[str, Any]) -> None:
    """Write it down."""
    sql = text("UPDATE hsops_run SET baselines = :found WHERE id = :run")
    connection.execute(sql, {"run": run, "found": json.dumps(found)})
