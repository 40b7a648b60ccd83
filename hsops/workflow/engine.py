"""The engine: makes plans, runs workflows, and tells of runs wherever they are worked on.

::

    engine = Engine(session, store=path_or_url, workflows=registry.workflow)
    await engine.start()
    plan = await engine.plan("hypervisor.drain", {"host": "cmp-1"}, {}, site="fra1")
    run = await engine.submit("hypervisor.drain", {"host": "cmp-1"}, site="fra1")
    async for event in engine.events(run): ...
    await engine.close()

Importing it loads sqlalchemy: do so when runs are first looked at. DBOS is loaded by `start`.
"""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from hsops.errors import Conflict, Unsupported, UserError
from hsops.plugin import Workflow
from hsops.workflow import events, runs, transact
from hsops.workflow.inputs import convert
from hsops.workflow.journal import Journal
from hsops.workflow.lease import TTL
from hsops.workflow.planning import make_plan
from hsops.workflow.request import Request
from hsops.workflow.store import Store
from hsops.workflow.systems import Systems
from hsops.workflow.values import Event, Plan, RunInfo, RunStatus, StepInfo, Verdict
from hsops.workflow.worker import Worker

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

_POLL = 0.08
GRACE = 10.0
"""Seconds that effects in flight get to end when the engine closes."""


class Engine:
    """One per process. Made and used on the session's event loop.

    `store` is the path of a SQLite file or a ``postgresql://`` URL; `workflows` gives the workflow of a name and
    raises UserError for an unknown one. `ttl`: seconds after which the runs of a silent process are taken over.
    """

    def __init__(
        self,
        session: Systems,
        store: str | Path,
        workflows: Callable[[str], Workflow],
        *,
        ttl: float = TTL,
        migrate: bool = True,
    ) -> None:
        self._systems = session
        self._workflows = workflows
        self._store = Store(store)
        self._ttl = ttl
        self._migrate = migrate
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="hsops-store")
        self._journal: Journal | None = None
        self._worker: Worker | None = None
        self._is_open = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    # -- life

    async def start(self, *, work: bool = True, adopt: bool = True) -> None:
        """Open the store. With `work`, runs can be worked on here; with `adopt`, those of dead processes go on here.

        Without `work` it only looks and leaves wishes: nothing runs here, DBOS is not even imported. Raises HsopsError.
        """
        await self._thread(lambda: self._store.open(migrate=self._migrate))
        self._is_open = True
        if work:
            self._journal = Journal(self._store)
            self._journal.start()
            self._worker = await self._new_worker(self._journal, adopt=adopt)

    async def _new_worker(self, journal: Journal, *, adopt: bool) -> Worker:
        worker = Worker(self._store, journal, self._systems, self._workflows, self._ttl)
        await self._thread(lambda: worker.start(adopt=adopt, migrate=self._migrate))
        return worker

    async def close(self, grace: float = GRACE) -> None:
        """Let go of everything. Runs that have not ended are left where they are; any engine can go on with them."""
        worker, journal, self._worker, self._journal = self._worker, self._journal, None, None
        try:
            if worker is not None:
                await self._thread(lambda: worker.close(grace))
        finally:
            if journal is not None:
                await self._thread(journal.close)
            if self._is_open:
                self._is_open = False
                await self._thread(self._store.close)
            self._pool.shutdown(wait=False)

    @property
    def trouble(self) -> str:
        """Why the store can not be written now; runs wait meanwhile. Empty when all is well."""
        if self._journal is None or self._worker is None:
            return ""
        return self._journal.trouble or self._worker.lease.trouble

    # -- before a run

    async def plan(
        self,
        workflow: str,
        values: Mapping[str, Any],
        choices: Mapping[str, str] | None = None,
        site: str = "",
        *,
        force: Mapping[str, str] | None = None,
    ) -> Plan:
        """What a run would do. Reads happen, effects do not. Raises HsopsError."""
        found = self._workflows(workflow)
        request = _request(found, values, choices, force, site)
        target = found.target(request.values)
        holder = await self._holder(site, target) if self._is_open else ""
        return await make_plan(found, request, self._systems, holder)

    async def submit(
        self,
        workflow: str,
        values: Mapping[str, Any],
        choices: Mapping[str, str] | None = None,
        site: str = "",
        *,
        force: Mapping[str, str] | None = None,
        attended: bool = True,
    ) -> str:
        """Begin a run in this process and give its id. `force` is check name to reason.

        Unless `attended`, a failure stops the run, resumable, instead of waiting for somebody to decide. Raises
        Conflict when another run holds the target, UserError for wrong inputs.
        """
        worker = await self._working()
        found = self._workflows(workflow)
        request = _request(found, values, choices, force, site)
        target, run = found.target(request.values), runs.new_id()

        def add(connection: Connection) -> None:
            runs.insert(
                connection,
                run,
                workflow=found,
                request=request,
                attended=attended,
                version=transact.VERSION,
                owner=worker.executor,
            )

        await self._thread(lambda: runs.added(self._store, add, site, target))
        await self._thread(lambda: transact.start(run))
        return run

    # -- during a run

    async def runs(self, limit: int = 200) -> Sequence[RunInfo]:
        """All runs of the store, newest first."""
        return await self._ask(lambda connection: runs.listed(self._store, connection, limit=limit))

    async def info(self, run: str) -> RunInfo:
        """One run. Raises NotFound."""
        return await self._ask(lambda connection: runs.one(self._store, connection, run))

    async def steps(self, run: str) -> Sequence[StepInfo]:
        """Its steps and items, as they are now, in order."""
        return await self._ask(lambda connection: runs.steps(connection, run))

    async def events(self, run: str, after: int = 0, *, follow: bool = True) -> AsyncIterator[Event]:
        """What has happened since event number `after`, and with `follow` what happens, until it is over or stops."""
        while True:
            # The state first: what is written after it was read is read in the next turn.
            resting = not follow or _rests(await self.info(run))
            batch = await self._ask(lambda connection, seen=after: events.since(connection, run, seen))  # type: ignore[misc] # mypy does not see a lambda's default
            for event in batch:
                after = event.seq
                yield event
            if resting and not batch:
                return
            await asyncio.sleep(0 if batch else _POLL)

    async def join(self, run: str) -> RunInfo:
        """Wait until it is over or stops, wherever it is worked on."""
        while not _rests(info := await self.info(run)):  # noqa: ASYNC110 - it may happen in another process
            await asyncio.sleep(_POLL)
        return info

    # -- wishes

    async def abort(self, run: str, *, attended: bool | None = None) -> RunInfo:
        """Undo what was begun, last first, from whatever state it is in. Raises Conflict when it is over.

        It is done by the process that works on the run; when there is none, here. `attended`: see `resume`.
        """
        await self._unended(run)
        await self._ask(lambda connection: runs.wish(connection, run, "abort", _me()))
        return await self._go_on(run, attended)

    async def pause(self, run: str) -> RunInfo:
        """Begin nothing new; what is in flight ends. `resume` goes on."""
        await self._unended(run)
        await self._ask(lambda connection: runs.wish(connection, run, "pause", _me()))
        return await self.info(run)

    async def resume(self, run: str, *, attended: bool | None = None) -> RunInfo:
        """Go on where it is: paused, stopped, or failed and not decided otherwise (which means: retry).

        When it goes on here, `attended` says whether somebody is there to decide from now on; None: as it was.
        """
        await self._unended(run)
        await self._ask(lambda connection: runs.wish(connection, run, "", _me()))
        await self._ask(lambda connection: runs.retry_all(connection, run, _me()))
        return await self._go_on(run, attended)

    async def decide(self, run: str, item: str, verdict: Verdict | str) -> None:
        """Say what becomes of something that failed: its step's key, or an item's. Kept when nobody works on it now."""
        wanted = _verdict(verdict)
        failed = [step for step in await self.steps(run) if step.verdicts]
        found = [step for step in failed if item in (step.key, step.item)]
        if not found:
            asked = ", ".join(step.item or step.key for step in failed) or "nothing"
            raise Conflict(f"{item} does not wait for a decision", thing=f"run {run}", hint=f"waiting: {asked}")
        for step in found:
            if wanted not in step.verdicts:
                allowed = ", ".join(verdict.value for verdict in step.verdicts)
                raise UserError(f"{item} can not be decided so: {wanted}", thing=f"run {run}", hint=f"one of {allowed}")
            await self._ask(lambda connection, key=step.key: runs.decide(connection, run, key, wanted, _me()))  # type: ignore[misc] # as above

    # -- parts

    async def _go_on(self, run: str, attended: bool | None) -> RunInfo:
        """Work on it here when nobody does."""
        info = await self.info(run)
        if self._worker is not None and not info.owner_alive and not info.status.over:
            if info.version != transact.VERSION:
                hint = "go on with it, or abort it, with the hsops that began it"
                raise Unsupported(f"its journal is of version {info.version}", thing=f"run {run}", hint=hint)
            worker = await self._working()
            was = await self._ask(lambda connection: runs.owner(connection, run))
            await self._thread(lambda: worker.take_over(run, was, attended))
        return await self.info(run)

    async def _unended(self, run: str) -> RunInfo:
        info = await self.info(run)
        if info.status.over:
            raise Conflict(f"is over: {info.status}", thing=f"run {run}", hint="start a new one")
        return info

    async def _holder(self, site: str, target: str) -> str:
        return await self._ask(lambda connection: runs.holder(connection, site, target))

    async def _working(self) -> Worker:
        """Who works on runs here: anew, when this process was silent for so long that others took its runs over."""
        if self._worker is None or self._journal is None:
            raise UserError("this engine only looks at runs", hint="start it with work=True")
        if self._worker.lease.lost:
            old = self._worker
            await self._thread(lambda: old.close(GRACE))
            self._worker = await self._new_worker(self._journal, adopt=old.adopts)
        return self._worker

    async def _ask(self, question: Callable[[Connection], T]) -> T:
        return await self._thread(lambda: self._store.run(question))

    async def _thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _rests(info: RunInfo) -> bool:
    return info.status.over or info.status is RunStatus.STOPPED


def _me() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _verdict(text: Verdict | str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError:
        raise UserError(f"{text!r} is no verdict", hint="retry, skip or back_out") from None


def _request(
    workflow: Workflow,
    values: Mapping[str, Any],
    choices: Mapping[str, str] | None,
    force: Mapping[str, str] | None,
    site: str,
) -> Request:
    for check, reason in (force or {}).items():
        if not reason.strip():
            raise UserError("forcing a check needs a reason", thing=check, hint=f"--force {check}=REASON")
    return Request(
        workflow=workflow.name,
        site=site,
        values=convert(workflow, values),
        author=_me(),
        choices=dict(choices or {}),
        force=dict(force or {}),
    )
