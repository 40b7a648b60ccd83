"""Rows of runs: insert, list, claim, and what people want of them. Every function is one short transaction's worth."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from hsops.errors import Conflict, NotFound
from hsops.plugin import Workflow
from hsops.workflow import consent, waivers
from hsops.workflow.clock import is_gone, is_of_another_boot, moment, now
from hsops.workflow.mailbox import Decision, Letter
from hsops.workflow.redact import redact_json
from hsops.workflow.request import Request
from hsops.workflow.store import Store
from hsops.workflow.values import Event, RunInfo, RunStatus, StepInfo, Verdict


class Held(Conflict):
    """Another run works on the target. Nothing was changed."""

    exit_code = 3


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: read aloud without mistakes
OPEN = "status NOT IN ('done', 'refused', 'rolled-back', 'failed')"


def new_id() -> str:
    """A short id: 40 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def insert(
    connection: Connection,
    run: str,
    *,
    workflow: Workflow,
    request: Request,
    attended: bool,
    version: str,
    owner: str,
    tier: str = "",
) -> None:
    """Add a run. Raises IntegrityError when the id is used or another open run works on the same target."""
    values = {
        "id": run,
        "workflow": workflow.name,
        "title": workflow.title,
        "site": request.site,
        "target": workflow.target(request.values),
        "request": msgspec.json.encode(request).decode(),
        "version": version,
        "owner": owner,
        "tier": tier,
        "attended": int(attended),
        "status": RunStatus.RUNNING.value if owner else RunStatus.QUEUED.value,
        "attempts": 1 if owner else 0,
        "created": time.time(),
    }
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    sql = f"INSERT INTO hsops_run ({columns}) VALUES ({places})"  # noqa: S608 - own names
    connection.execute(text(sql), values)
    asked = redact_json(msgspec.to_builtins(request))
    event = Event(run=run, at=now(), kind="run", status="submitted", text=f"by {request.author}", data=asked)
    log = "INSERT INTO hsops_event (run, key, kind, body) VALUES (:run, '', 'run', :body)"
    connection.execute(text(log), {"run": run, "body": event.line().decode()})


def holder(connection: Connection, site: str, target: str) -> str:
    """The open run that works on the target, in one phrase; empty when there is none."""
    sql = f"SELECT id, workflow, status, request, created FROM hsops_run WHERE site = :site AND target = :target AND {OPEN}"  # noqa: S608, E501 - own text
    row = connection.execute(text(sql), {"site": site, "target": target}).first() if target else None
    if row is None:
        return ""
    author = json.loads(row.request).get("author", "")
    when = moment(row.created)
    since = f" since {when:%Y-%m-%d %H:%M} UTC" if when else ""
    return f"run {row.id} ({row.workflow}, {row.status}) of {author}{since}"


def request(connection: Connection, run: str) -> Request:
    """What a run was made from."""
    sql = text("SELECT request FROM hsops_run WHERE id = :run")
    return msgspec.json.decode(connection.execute(sql, {"run": run}).scalar_one(), type=Request)


def owner(connection: Connection, run: str) -> str:
    """The executor that owns a run; empty when nobody does."""
    found: str = connection.execute(text("SELECT owner FROM hsops_run WHERE id = :run"), {"run": run}).scalar_one()
    return found


def added(store: Store, add: Callable[[Connection], None], site: str, target: str) -> None:
    """Add a run. Raises Conflict with the holder when another open run works on the same target."""
    try:
        store.run(add)
    except IntegrityError as error:
        phrase = store.run(lambda connection: holder(connection, site, target))
        if not phrase:
            raise
        hint = "resume or abort that run first"
        raise Held(f"is held by {phrase}", thing=target, hint=hint) from error


def listed(store: Store, connection: Connection, run: str = "", *, limit: int = 200) -> Sequence[RunInfo]:
    """Runs, newest first."""
    where = "WHERE r.id = :run" if run else ""
    sql = f"""
        SELECT r.*, l.host, l.place, l.pid, l.birth, l.expires, l.taken_by,
               (SELECT count(*) FROM hsops_step s WHERE s.run = r.id AND s.status = 'skipped') AS skipped,
               a.asked, a.expires AS expires_at, a.digest, a.verdict, a.approver, a.answered,
               a.reason AS approval_reason, a.identity, a.signature
        FROM hsops_run r LEFT JOIN hsops_lease l ON l.executor = r.owner
        LEFT JOIN hsops_approval a ON a.run = r.id {where}
        ORDER BY r.created DESC LIMIT :limit"""  # noqa: S608 - own text
    time_of_leases = store.now(connection)
    return [_info(store, row, time_of_leases) for row in connection.execute(text(sql), {"run": run, "limit": limit})]


def one(store: Store, connection: Connection, run: str) -> RunInfo:
    """One run. Raises NotFound."""
    for info in listed(store, connection, run):
        return info
    raise NotFound("no such run", thing=run, hint="hsops runs lists them")


def _info(store: Store, row: Any, clock: float) -> RunInfo:
    request = msgspec.json.decode(row.request, type=Request)
    alive = bool(row.owner) and row.expires is not None and not dead(store, row, clock)
    return RunInfo(
        id=row.id,
        workflow=row.workflow,
        title=row.title,
        site=row.site,
        target=row.target,
        status=RunStatus(row.status),
        author=request.author,
        created=moment(row.created) or moment(0),  # type: ignore[arg-type] # a time of 0.0 is a time
        version=row.version,
        values=request.values,
        reason=row.reason,
        owner=f"{row.host}/{row.pid}" if row.owner and row.host else row.owner,
        owner_alive=alive,
        wish=row.wish,
        started=moment(row.started),
        ended=moment(row.ended),
        touches=json.loads(row.touches),
        skipped=row.skipped,
        attempts=row.attempts,
        code=row.code,
        tier=row.tier,
        window=row.in_window,
        approval=consent.info(row),
    )


def dead(store: Store, lease: Any, clock: float) -> bool:
    """Whether the holder of a lease is gone: taken, not renewed in time, or its process has ended."""
    if lease.taken_by or lease.expires is None or lease.expires < clock:
        return True
    if not store.is_postgres and is_of_another_boot(lease.place):
        return True  # its time is of another clock
    return is_gone(lease.place, lease.pid, lease.birth)


def steps(connection: Connection, run: str) -> Sequence[StepInfo]:
    """All steps and items of a run, in order."""
    sql = "SELECT body FROM hsops_step WHERE run = :run ORDER BY position, key"
    found = connection.execute(text(sql), {"run": run}).scalars()
    return [msgspec.json.decode(body, type=StepInfo) for body in found]


def wish(connection: Connection, run: str, what: str, by: str) -> None:
    """Leave a wish (``pause``, ``abort`` or nothing) for who works on the run. An abort is never taken back."""
    sql = f"UPDATE hsops_run SET wish = :wish, wish_by = :by WHERE id = :run AND wish <> 'abort' AND {OPEN}"  # noqa: S608 - own text
    connection.execute(text(sql), {"run": run, "wish": what, "by": by})


def decide(connection: Connection, run: str, key: str, verdict: Verdict, by: str) -> bool:
    """Leave a verdict on a failed step; False when it is not failed (any more).

    It carries the number of the attempt that failed, so that it never counts for the failure of a later one.
    """
    sql = f"UPDATE hsops_step SET {_VERDICT} WHERE run = :run AND key = :key AND status = 'failed'"  # noqa: S608 - own text
    values = {"run": run, "key": key, "verdict": verdict.value, "by": by}
    return connection.execute(text(sql), values).rowcount == 1


_VERDICT = "verdict = :verdict || ' ' || CAST(attempts AS TEXT) || ' ' || :by"
"""``retry 2 ann@bastion``"""


def retry_all(connection: Connection, run: str, by: str) -> None:
    """Everything that failed and was not decided otherwise is tried again."""
    sql = f"""UPDATE hsops_step SET {_VERDICT} WHERE run = :run AND status = 'failed'
              AND verdict NOT LIKE '% ' || CAST(attempts AS TEXT) || ' %'"""  # noqa: S608 - own text
    connection.execute(text(sql), {"run": run, "verdict": Verdict.RETRY.value, "by": by})


def letters(connection: Connection, owner: str) -> Mapping[str, Letter]:
    """What people want of every open run of that owner."""
    ours = OPEN.replace("status", "r.status")
    sql = f"""SELECT r.id, r.wish, r.wish_by, s.key, s.verdict, coalesce(a.verdict, '') AS approval FROM hsops_run r
              LEFT JOIN hsops_step s ON s.run = r.id AND s.status = 'failed' AND s.verdict <> ''
              LEFT JOIN hsops_approval a ON a.run = r.id
              WHERE r.owner = :owner AND {ours}"""  # noqa: S608 - own text
    found: dict[str, Letter] = {}
    passes = waivers.of_owner(connection, owner, ours)
    for row in connection.execute(text(sql), {"owner": owner}):
        fresh = Letter(row.wish, row.wish_by, {}, row.approval, passes.get(row.id, ()))
        letter = found.setdefault(row.id, fresh)
        if row.key is not None:
            verdict, attempt, by = row.verdict.split(" ", 2)
            letter.verdicts[row.key] = Decision(Verdict(verdict), int(attempt), by)
    return found


def claim(connection: Connection, run: str, was: str, owner: str, attended: bool | None = None) -> bool:
    """Become the owner of a run that `was` owned by a dead process or by nobody; exactly one claimant wins.

    `attended` says anew whether somebody is there to decide.
    """
    sql = f"""
        UPDATE hsops_run SET owner = :owner, attempts = attempts + 1, attended = coalesce(:attended, attended),
            status = CASE WHEN status IN ('stopped', 'queued') THEN 'running' ELSE status END
        WHERE id = :run AND owner = :was AND {OPEN} RETURNING id"""  # noqa: S608 - own text
    there = None if attended is None else int(attended)
    values = {"run": run, "was": was, "owner": owner, "attended": there}
    return connection.execute(text(sql), values).first() is not None


def awaiting(connection: Connection, version: str) -> Sequence[Any]:
    """Runs that wait for approval and that nobody holds: id, site, workflow, owner and attempts."""
    sql = """SELECT id, site, workflow, owner, attempts FROM hsops_run
             WHERE status = 'awaiting-approval' AND owner = '' AND version = :version"""
    return connection.execute(text(sql), {"version": version}).all()


def queued(connection: Connection, version: str) -> Sequence[Any]:
    """Runs that were left for a worker, oldest first: id, site, workflow, owner and attempts."""
    sql = """SELECT id, site, workflow, owner, attempts FROM hsops_run
             WHERE status = 'queued' AND owner = '' AND version = :version ORDER BY created"""
    return connection.execute(text(sql), {"version": version}).all()


def park(connection: Connection, run: str, owner: str, reason: str) -> None:
    """Stop a run of a dead owner until a person resumes it."""
    sql = "UPDATE hsops_run SET status = 'stopped', reason = :reason, owner = '' WHERE id = :run AND owner = :owner"
    connection.execute(text(sql), {"run": run, "owner": owner, "reason": reason})


def give_up(connection: Connection, run: str, reason: str) -> None:
    """End a run that can not go on at all."""
    sql = "UPDATE hsops_run SET status = 'failed', reason = :reason, ended = :now, owner = '' WHERE id = :run"
    connection.execute(text(sql), {"run": run, "reason": reason, "now": time.time()})
