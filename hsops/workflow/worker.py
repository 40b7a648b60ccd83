"""The runs that this process works on: begins them, adopts those of dead processes, brings them their mail."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from hsops.errors import HsopsError, Unreachable
from hsops.plugin import Workflow
from hsops.workflow import consent, rewind, runs, transact
from hsops.workflow import lease as leases
from hsops.workflow.admission import Admission
from hsops.workflow.book import Book
from hsops.workflow.clock import Identity
from hsops.workflow.context import Context, explain
from hsops.workflow.evidence import accompanied, witness_of
from hsops.workflow.execute import execute
from hsops.workflow.journal import Journal
from hsops.workflow.lease import Lease
from hsops.workflow.mailbox import Letter, Mailbox
from hsops.workflow.request import Request
from hsops.workflow.rewind import Rewinding
from hsops.workflow.signals import Stopped, TakenOver
from hsops.workflow.store import Store
from hsops.workflow.systems import Connections, Systems, site_of
from hsops.workflow.values import RunInfo, RunStatus
from hsops.workflow.watching import watched

_log = logging.getLogger(__name__)

_POLL = 0.1
_ROUND = 2.0
_ROUNDS_IDLE = 3
_REMEMBERED = 1000
"""Runs that are remembered as recent."""
MOST_ATTEMPTS = 30
"""A run that has outlived so many processes may be what ends them: it is stopped until a person resumes it."""


class Worker:
    """Works on runs. Everything but `execute` blocks and belongs into a thread."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        systems: Systems,
        workflows: Callable[[str], Workflow],
        ttl: float,
        *,
        at_once: int = 0,
    ) -> None:
        self._store = store
        self._journal = journal
        self._systems = systems
        self._workflows = workflows
        self._home = asyncio.get_running_loop()
        self.lease = Lease(store, Identity.here(leases.WORKER if at_once else ""), ttl)
        self.at_once = at_once
        """How many runs that were left for a worker are begun here at a time; 0: this process is none."""
        self._active: dict[str, tuple[Context, asyncio.AbstractEventLoop]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="hsops-worker", daemon=True)
        self._entered: set[str] = set()
        self._recent: dict[str, None] = {}
        self._idle: dict[str, int] = {}
        self.adopts = False

    @property
    def executor(self) -> str:
        """This start of this process."""
        return self.lease.identity.executor

    @property
    def active(self) -> tuple[str, ...]:
        """Ids of the runs that are worked on here."""
        return tuple(self._active)

    @property
    def recent(self) -> tuple[str, ...]:
        """Ids of the runs that were begun or gone on with here, the last ones."""
        return tuple(self._recent)

    def start(self, *, adopt: bool, migrate: bool) -> None:
        """Start DBOS and the threads. With `adopt`, go on with the runs of dead processes, now and later."""
        self.adopts = adopt
        self.lease.start()
        try:
            transact.launch(self._store.dsn, self.executor, self.execute, migrate=migrate)
        except BaseException:
            self.lease.close()
            raise
        self._thread.start()

    def close(self, grace: float) -> None:
        """Start no effect any more, wait `grace` seconds for those in flight, then let go of every run."""
        self.lease.retire()
        deadline = time.monotonic() + grace
        while self._entered and time.monotonic() < deadline:
            self._wake()
            time.sleep(0.02)
        self._stop.set()
        self._thread.join(10.0)
        try:
            transact.close(self.executor)
        finally:
            self.lease.close()

    # -- runs

    def take(self, run: str, was: str, attended: bool | None = None) -> bool:
        """Go on with a run that nobody alive owns; False when somebody else was faster."""
        won = self._store.run(lambda connection: runs.claim(connection, run, was, self.executor, attended))
        if won:
            transact.resume(run, self.executor)
        return won

    def take_over(self, run: str, was: str, attended: bool | None) -> bool:
        """The same for a run that a person asks to go on with: it counts as no crash."""
        self._store.run(lambda connection: leases.fence_dead(self._store, connection, self.executor))
        sql = text("UPDATE hsops_run SET attempts = 0 WHERE id = :run")
        self._store.run(lambda connection: connection.execute(sql, {"run": run}))
        return self.take(run, was, attended)

    def go_back(self, info: RunInfo, was: str, rewinding: Rewinding, attended: bool | None) -> bool:
        """Forget a part of a run's journal and go on from there; False when somebody else was faster.

        Raises Conflict when another run holds the target.
        """
        self._store.run(lambda connection: leases.fence_dead(self._store, connection, self.executor))
        names = {number: record.name for number, record in transact.recorded(info.id).items()}
        won: list[bool] = []

        def claim(connection: Connection) -> None:
            version = transact.VERSION
            won.append(rewind.reopen(connection, info, was, self.executor, attended=attended, version=version))
            if won[-1]:
                rewind.turn_back(connection, rewinding)
                if info.status is RunStatus.DONE:
                    consent.forget(connection, info.id)

        runs.added(self._store, claim, info.site, info.target)
        if won[-1]:
            transact.rewind(info.id, rewind.number_of(rewinding, names), self.executor)
        return won[-1]

    async def execute(self, run: str) -> None:
        """What DBOS calls, on its own loop, to begin a run or go on with it. Raises only signals."""
        if run in self._entered:
            raise TakenOver("it is worked on here already")
        self._entered.add(run)
        self._recent[run] = None
        if len(self._recent) > _REMEMBERED:
            self._recent.pop(next(iter(self._recent)))
        book = Book(self._journal, run, self.executor)
        try:
            await self._work_on(book)
        except Exception as error:  # one that DBOS records would end the run for good
            _log.debug("run %s", run, exc_info=error)
            await book.set_status(RunStatus.STOPPED, explain(error), release=True)
            raise Stopped(explain(error)) from error
        finally:
            self._active.pop(run, None)
            self._entered.discard(run)

    async def _work_on(self, book: Book) -> None:
        request, attended, letter = await self._loaded(book)
        mailbox = Mailbox()
        mailbox.deliver(letter)
        workflow = self._workflows(request.workflow)
        connections = Connections(self._systems, request.site, workflow)
        context = Context(request, book, mailbox, self.lease, connections, self._home, attended)
        self._active[book.run] = (context, asyncio.get_running_loop())
        holds = self.adopts or attended
        context.admission = Admission(self._systems, site_of(self._systems, request.site), workflow, holds=holds)
        context.witness = witness_of(self._systems, context, workflow)
        async with accompanied(context.witness), watched(context):
            await execute(context, workflow)

    async def _loaded(self, book: Book) -> tuple[Request, bool, Letter]:
        """Read what is known of a run, as soon as the store answers."""
        while True:
            self.lease.check()
            try:
                return await asyncio.to_thread(self._store.run, lambda connection: self._load(connection, book))
            except Unreachable:
                await asyncio.sleep(_POLL)

    def _load(self, connection: Connection, book: Book) -> tuple[Request, bool, Letter]:
        """What is known of a run that is ours. Raises TakenOver when it is not."""
        letter = runs.letters(connection, self.executor).get(book.run)
        if letter is None:
            raise TakenOver("another process owns the run")
        book.load(connection)
        sql = text("SELECT request, attended FROM hsops_run WHERE id = :run")
        row = connection.execute(sql, {"run": book.run}).one()
        return msgspec.json.decode(row.request, type=Request), bool(row.attended), letter

    # -- the thread

    def _work(self) -> None:
        next_round = 0.0
        while not self._stop.wait(_POLL):
            try:
                self._deliver()
                if time.monotonic() >= next_round and not self.lease.lost:
                    next_round = time.monotonic() + min(self.lease.ttl / 4, _ROUND)
                    self._round()
            except HsopsError:
                continue  # the store is away: the lease and the journal say so
            except Exception:  # noqa: BLE001 - without this thread no wish would reach a run any more
                _log.error("a round failed", exc_info=True)

    def _deliver(self) -> None:
        """Bring the runs what people want of them."""
        if not self._active:
            return
        if self.lease.lost:
            self._wake()
        for run, letter in self._store.run(partial(runs.letters, owner=self.executor)).items():
            context, loop = self._active.get(run, (None, None))
            if context is not None and loop is not None:
                loop.call_soon_threadsafe(context.mailbox.deliver, letter)

    def _wake(self) -> None:
        for context, loop in list(self._active.values()):
            loop.call_soon_threadsafe(context.mailbox.wake)

    def _round(self) -> None:
        """Fence dead processes, adopt their runs, clear up behind them."""
        self._store.run(lambda connection: leases.fence_dead(self._store, connection, self.executor))
        if self.adopts:
            for row in self._store.run(lambda connection: leases.orphans(connection, transact.VERSION)):
                if self._can(row):
                    self._adopt(row)
            for row in self._store.run(partial(runs.awaiting, version=transact.VERSION)):
                if self._can(row):
                    self.take(row.id, row.owner)
        self._begin_queued()
        for executor in self._store.run(leases.idle):
            transact.forget_queue(executor)
            self._store.run(partial(leases.forget, executor=executor))
        self._tend()

    def _begin_queued(self) -> None:
        """Begin what was left for a worker, as far as there is room."""
        held = sum(context.book.status is RunStatus.AWAITING for context, _ in list(self._active.values()))
        room = self.at_once - len(self._entered) + held
        if room <= 0:
            return
        waiting = self._store.run(partial(runs.queued, version=transact.VERSION))
        for row in [row for row in waiting if self._can(row)][:room]:
            self.take(row.id, row.owner)

    def _can(self, row: Any) -> bool:
        """Whether its site is open here and its workflow known."""
        try:
            self._workflows(row.workflow)
        except HsopsError:
            return False
        return row.site in {site.name for site in self._systems.sites}

    def _adopt(self, row: Any) -> None:
        if row.attempts < MOST_ATTEMPTS:
            self.take(row.id, row.owner)
        else:
            reason = f"{row.attempts} processes have ended while they worked on it: look why, then resume it"
            self._store.run(partial(runs.park, run=row.id, owner=row.owner, reason=reason))

    def _tend(self) -> None:
        """Runs that are ours and that nothing works on: DBOS has given them up, or never heard that they are ours."""
        for run in self._store.run(partial(runs.letters, owner=self.executor)):
            if run in self._entered:
                self._idle.pop(run, None)
                continue
            self._idle[run] = self._idle.get(run, 0) + 1
            reason = transact.failure(run)
            if reason:
                self._store.run(partial(runs.give_up, run=run, reason=reason))
            elif self._idle[run] > _ROUNDS_IDLE:
                self._idle.pop(run)
                transact.resume(run, self.executor)
