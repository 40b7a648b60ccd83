"""Rows of approvals: what was asked, with the very plan, and what was answered. Each function is part of a transaction.

A row says what somebody claims. Whether it holds is found out by who goes on with the run (`admission`).
"""

from __future__ import annotations

import base64
import time
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from hsops.errors import plain
from hsops.workflow.clock import moment
from hsops.workflow.redact import redact
from hsops.workflow.values import ApprovalInfo, Plan

APPROVED, REJECTED = "approved", "rejected"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request for approval and its answer. Times are epoch seconds; `plan` is JSON, empty for one half-way."""

    run: str
    asked: float
    expires: float
    digest: str
    plan: str
    verdict: str = ""
    approver: str = ""
    answered: float | None = None
    reason: str = ""
    identity: str = ""
    signature: str = ""

    @property
    def proof(self) -> bytes:
        """The signature's bytes; empty when they are none."""
        try:
            return base64.b64decode(self.signature, validate=True)
        except ValueError:
            return b""

    @property
    def has_expired(self) -> bool:
        """Whether nobody has answered in time."""
        return not self.verdict and time.time() >= self.expires

    def made_plan(self) -> Plan | None:
        """The plan that was stored; None for a run that had begun."""
        return msgspec.json.decode(self.plan, type=Plan) if self.plan else None


def read(connection: Connection, run: str) -> Asked | None:
    """What was asked for a run; None when nobody was asked."""
    row = connection.execute(text("SELECT * FROM hsops_approval WHERE run = :run"), {"run": run}).first()
    return None if row is None else msgspec.convert(dict(row._mapping), Asked)


def ask(connection: Connection, run: str, plan: Plan | None, timeout: float) -> None:
    """Ask, or ask anew: an answer that was there is gone."""
    asked = time.time()
    values: dict[str, Any] = {
        "run": run,
        "asked": asked,
        "expires": asked + timeout,
        "digest": plan.digest if plan else "",
        "plan": msgspec.json.encode(plan).decode() if plan else "",
    }
    sql = """
        INSERT INTO hsops_approval (run, asked, expires, digest, plan)
        VALUES (:run, :asked, :expires, :digest, :plan)
        ON CONFLICT (run) DO UPDATE SET asked = excluded.asked, expires = excluded.expires,
            digest = excluded.digest, plan = excluded.plan, verdict = '', approver = '', answered = NULL,
            reason = '', identity = '', signature = ''"""
    connection.execute(text(sql), values)


def answer(
    connection: Connection,
    asked: Asked,
    verdict: str,
    *,
    by: str,
    reason: str = "",
    identity: str = "",
    signature: bytes = b"",
) -> bool:
    """Answer exactly what was asked; False when it was asked anew, or answered by somebody faster."""
    sql = """
        UPDATE hsops_approval SET verdict = :verdict, approver = :by, answered = :now, reason = :reason,
            identity = :identity, signature = :signature
        WHERE run = :run AND digest = :digest AND asked = :asked AND verdict = ''"""
    values = {
        "run": asked.run,
        "digest": asked.digest,
        "asked": asked.asked,
        "verdict": verdict,
        "by": by,
        "now": time.time(),
        "reason": redact(plain(reason)),
        "identity": identity,
        "signature": base64.b64encode(signature).decode(),
    }
    return connection.execute(text(sql), values).rowcount == 1


def forget(connection: Connection, run: str) -> None:
    """What was approved is done; doing it again has to be approved again."""
    connection.execute(text("DELETE FROM hsops_approval WHERE run = :run"), {"run": run})


def end_unheld(connection: Connection, run: str, reason: str) -> bool:
    """Refuse an awaiting run that nobody holds, where it lies; False when somebody holds it and will see the answer."""
    sql = """UPDATE hsops_run SET status = 'refused', reason = :reason, code = 3, ended = :now
             WHERE id = :run AND status = 'awaiting-approval' AND owner = ''"""
    values = {"run": run, "reason": redact(plain(reason)), "now": time.time()}
    return connection.execute(text(sql), values).rowcount == 1


def info(row: Any) -> ApprovalInfo | None:
    """What a row of runs, joined with its approval, says of it."""
    if row.asked is None:
        return None
    return ApprovalInfo(
        by=row.approver,
        at=moment(row.answered),
        verdict=row.verdict,
        reason=row.approval_reason,
        expires=moment(row.expires_at),
        digest=row.digest,
        signed=bool(row.signature),
        identity=row.identity,
    )
