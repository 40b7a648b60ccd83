"""Who is alive. A process that works on runs renews a lease; one that does not renew in time is fenced and replaced.

DBOS fences the journal of a process that was taken over, not its effects: a process that was stopped (SIGSTOP, a
suspended machine) would start its next effect when it wakes. So every effect asks `guard` first. It looks only at a
clock that goes on while the process is stopped, and stops counting on the lease at 0.7 of its time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from hsops.errors import HsopsError
from hsops.workflow import runs
from hsops.workflow.clock import Identity, boottime
from hsops.workflow.signals import Stopped, TakenOver
from hsops.workflow.store import Store

TTL = 20.0
"""Seconds after which a silent process may be replaced."""
WORKER = "worker:"
"""Begins the name of a process that is there for nothing else."""
_SAFE = 0.7
_GUARD_POLL = 0.05


class Lease:
    """This process's own lease. A thread renews it."""

    def __init__(self, store: Store, identity: Identity, ttl: float = TTL) -> None:
        self.identity = identity
        self.ttl = ttl
        self.lost = False
        self.trouble = ""
        """Why it can not be renewed now; empty when all is well."""
        self._store = store
        self._good_until = 0.0
        self._stop = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="hsops-lease", daemon=True)

    def start(self) -> None:
        """Register and start renewing. Raises HsopsError when the store does not answer."""
        before = boottime()
        self._store.run(self._register)
        self._good_until = before + _SAFE * self.ttl
        self._thread.start()

    def retire(self) -> None:
        """No effect starts any more; what is in flight may end."""
        self._closing = True

    def close(self) -> None:
        """Stop renewing and give everything up, so that others need not wait for the lease to run out."""
        self.retire()
        self._stop.set()
        self._thread.join(self.ttl)
        self._good_until = 0.0
        sql = "UPDATE hsops_lease SET expires = 0 WHERE executor = :me"
        try:
            self._store.run(lambda connection: connection.execute(text(sql), {"me": self.identity.executor}))
        except HsopsError:
            return  # it runs out by itself

    async def guard(self) -> None:
        """Return when an effect may start. Waits while the store is away. Raises TakenOver or Stopped."""
        while True:
            self.check()
            if boottime() < self._good_until:
                return
            await asyncio.sleep(_GUARD_POLL)

    def check(self) -> None:
        """Whether to go on at all; cheap. Raises TakenOver or Stopped."""
        if self.lost:
            raise TakenOver("another process has taken the run over")
        if self._closing:
            raise Stopped("this process is closing", code=130)

    def _work(self) -> None:
        while not self._stop.wait(self.ttl / 4) and not self.lost:
            before = boottime()  # before the write: the row's time must never end before ours
            try:
                self._store.see_file()
                renewed = self._store.run(self._renew)
            except Exception as error:  # noqa: BLE001 - whatever it was, the lease is not renewed and effects wait
                self.trouble = str(error) if isinstance(error, HsopsError) else f"{type(error).__name__}: {error}"
                continue
            self.trouble = ""
            if renewed:
                self._good_until = before + _SAFE * self.ttl
            else:
                self.lost = True

    def _register(self, connection: Connection) -> None:
        me = self.identity
        sql = """INSERT INTO hsops_lease (executor, host, place, pid, birth, expires)
                 VALUES (:executor, :host, :place, :pid, :birth, :expires)"""
        values = {"executor": me.executor, "host": me.host, "place": me.place, "pid": me.pid, "birth": me.birth}
        connection.execute(text(sql), {**values, "expires": self._store.now(connection) + self.ttl})

    def _renew(self, connection: Connection) -> bool:
        sql = "UPDATE hsops_lease SET expires = :expires WHERE executor = :me AND taken_by = ''"
        values = {"me": self.identity.executor, "expires": self._store.now(connection) + self.ttl}
        return connection.execute(text(sql), values).rowcount == 1


def fence_dead(store: Store, connection: Connection, me: str) -> None:
    """Fence every process whose time is over: from here on it can not renew."""
    now = store.now(connection)
    live = "SELECT * FROM hsops_lease WHERE executor <> :me AND taken_by = ''"
    for lease in connection.execute(text(live), {"me": me}).all():
        if runs.dead(store, lease, now):
            _fence(connection, me, lease)


def _fence(connection: Connection, me: str, lease: Row[Any]) -> None:
    # Only what was seen is fenced: it may have renewed since. And who was fenced itself fences nobody: after a time in
    # which no lease could be renewed two processes would replace each other, and none would be left.
    sql = """UPDATE hsops_lease SET taken_by = :me WHERE executor = :gone AND expires = :seen AND taken_by = ''
             AND EXISTS (SELECT 1 FROM hsops_lease mine WHERE mine.executor = :me AND mine.taken_by = '')"""
    connection.execute(text(sql), {"me": me, "gone": lease.executor, "seen": lease.expires})


def orphans(connection: Connection, version: str) -> Sequence[Row[Any]]:
    """Open runs of dead processes that this version can replay: id, site, workflow, dead owner and attempts."""
    sql = f"""SELECT id, site, workflow, owner, attempts FROM hsops_run
              WHERE {runs.OPEN} AND owner <> '' AND version = :version
              AND (owner IN (SELECT executor FROM hsops_lease WHERE taken_by <> '')
                   OR owner NOT IN (SELECT executor FROM hsops_lease))"""  # noqa: S608 - own text
    return connection.execute(text(sql), {"version": version}).all()


def workers(store: Store, connection: Connection) -> Sequence[str]:
    """The processes that are there to work on what others leave, ``host/pid``, as far as they are alive."""
    now = store.now(connection)
    sql = "SELECT * FROM hsops_lease WHERE executor LIKE :role ORDER BY executor"
    found = connection.execute(text(sql), {"role": f"{WORKER}%"}).all()
    return [f"{lease.host}/{lease.pid}" for lease in found if not runs.dead(store, lease, now)]


def idle(connection: Connection) -> Sequence[str]:
    """Fenced processes that own no open run any more."""
    sql = f"""SELECT executor FROM hsops_lease WHERE taken_by <> ''
              AND executor NOT IN (SELECT owner FROM hsops_run WHERE {runs.OPEN})"""  # noqa: S608 - own text
    return list(connection.execute(text(sql)).scalars())


def forget(connection: Connection, executor: str) -> None:
    """Drop the lease of a fenced process."""
    connection.execute(text("DELETE FROM hsops_lease WHERE executor = :gone AND taken_by <> ''"), {"gone": executor})
