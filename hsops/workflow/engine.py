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
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from hsops.errors import Conflict, HsopsError, Unsupported, UserError
from hsops.identity import me
from hsops.plugin import Workflow
from hsops.workflow import answers, carry, consent, events, evidence, planfile, rewind, runs, transact
from hsops.workflow import lease as leases
from hsops.workflow.answers import Answer
from hsops.workflow.approval import approver_of, waits_for
from hsops.workflow.inputs import convert
from hsops.workflow.journal import Journal
from hsops.workflow.lease import TTL
from hsops.workflow.planning import make_plan
from hsops.workflow.request import Request
from hsops.workflow.rewind import Rewinding
from hsops.workflow.store import Store
from hsops.workflow.systems import Systems, site_of
from hsops.workflow.tape import Tape
from hsops.workflow.values import Event, Plan, RunInfo, RunStatus, StepInfo, StepStatus, Verdict
from hsops.workflow.waivers import WINDOW
from hsops.workflow.worker import Worker

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

_POLL = 0.08
_LOST = 2.0
"""Seconds between two looks whether this process may still work."""
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
        self._keeper: asyncio.Task[None] | None = None
        self._renewing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    # -- life

    async def start(self, *, work: bool = True, adopt: bool = True, queue: int = 0) -> None:
        """Open the store. With `work`, runs can be worked on here; with `adopt`, those of dead processes go on here.

        `queue`: how many runs that were left for a worker are begun here at a time.

        Without `work` it only looks and leaves wishes: nothing runs here, DBOS is not even imported. Raises HsopsError.
        """
        await self._thread(lambda: self._store.open(migrate=self._migrate))
        self._is_open = True
        if work:
            self._journal = Journal(self._store)
            self._journal.start()
            self._worker = await self._new_worker(self._journal, adopt=adopt, queue=queue)
            self._keeper = asyncio.create_task(self._keep_working()) if adopt else None

    async def _keep_working(self) -> None:
        """Who was silent for too long loses its runs to others: begin to work again, or nobody may be left who does."""
        while True:
            await asyncio.sleep(min(self._ttl / 2, _LOST))
            with contextlib.suppress(HsopsError):  # the store is away: the next time
                await self._working()

    async def _new_worker(self, journal: Journal, *, adopt: bool, queue: int) -> Worker:
        worker = Worker(self._store, journal, self._systems, self._workflows, self._ttl, at_once=queue)
        await self._thread(lambda: worker.start(adopt=adopt, migrate=self._migrate))
        return worker

    async def close(self, grace: float = GRACE) -> None:
        """Let go of everything. Runs that have not ended are left where they are; any engine can go on with them."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
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
        expected: str = "",
        leave: bool = False,
    ) -> str:
        """Begin a run in this process and give its id. `force` is check name to reason.

        Unless `attended`, a failure stops the run, resumable, instead of waiting for somebody to decide. With
        `expected`, the digest of an approved plan, the plan is made anew and has to be that one. With `leave` it is
        left for a worker. Raises Conflict when another run holds the target or the plan is another one, UserError for
        wrong inputs.
        """
        executor = "" if leave else (await self._working()).executor
        found = self._workflows(workflow)
        if expected:
            planfile.demand(await self.plan(workflow, values, choices, site, force=force), expected)
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
                owner=executor,
                tier=site_of(self._systems, site).tier,
            )

        async with evidence.submission(self._systems, request, run, target):
            await self._thread(lambda: runs.added(self._store, add, site, target))
        if executor:
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

    async def trace(self, run: str) -> tuple[int, int, str] | None:
        """The run in this bastion's audit log: entries, number and hash of the last. None where no log is kept."""
        recorder = evidence.recorder_of(self._systems)
        return None if recorder is None else await self._thread(lambda: recorder.of_run(run))

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
        await evidence.tell(self._systems, "run.abort", await self._unended(run))
        await self._ask(lambda connection: runs.wish(connection, run, "abort", _me()))
        return await self._go_on(run, attended)

    async def pause(self, run: str) -> RunInfo:
        """Begin nothing new; what is in flight ends. `resume` goes on."""
        await evidence.tell(self._systems, "run.pause", await self._unended(run))
        await self._ask(lambda connection: runs.wish(connection, run, "pause", _me()))
        return await self.info(run)

    async def resume(self, run: str, *, attended: bool | None = None, reason: str = "") -> RunInfo:
        """Go on where it is: paused, stopped, or failed and not decided otherwise (which means: retry).

        When it goes on here, `attended` says whether somebody is there to decide from now on; None: as it was. A run
        that pauses at the end of a maintenance window goes on before the next one only for a `reason`.
        """
        info = await self._unended(run)
        await evidence.tell(self._systems, "run.resume", info, reason=reason)
        if answers.paused_by_window(info):
            if not reason:
                raise UserError(info.reason, thing=f"run {run}", hint="it goes on by itself; sooner with --reason TEXT")
            return await self.waive(run, WINDOW, reason)
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
            if step.kind == "gate" and step.status is StepStatus.RUNNING and wanted in step.verdicts:
                await self._decide_gate(run, step, wanted)
                continue
            if wanted not in step.verdicts:
                allowed = ", ".join(verdict.value for verdict in step.verdicts)
                raise UserError(f"{item} can not be decided so: {wanted}", thing=f"run {run}", hint=f"one of {allowed}")
            what = {"step": step.key, "verdict": wanted.value, "failed": step.text}
            await evidence.tell(self._systems, "run.decide", await self.info(run), data=what)
            await self._ask(lambda connection, key=step.key: runs.decide(connection, run, key, wanted, _me()))  # type: ignore[misc] # as above

    async def _decide_gate(self, run: str, step: StepInfo, verdict: Verdict) -> None:
        if verdict is Verdict.SKIP:
            await self.waive(run, step.key, "decided: skip")
        else:
            await self.abort(run)

    async def waive(self, run: str, gate: str, reason: str) -> RunInfo:
        """Let a run pass a red gate once: `gate` is its name, or the key of the step for all that are red there.

        ``window`` lets it go on outside the maintenance window. Kept when nobody works on the run now.
        """
        info = await self._unended(run)
        await evidence.tell(self._systems, "run.waive", info, reason=reason, must=True, data={"gate": gate})
        await self._ask(lambda connection: answers.waive(connection, info, gate, _me(), reason))
        return await self.info(run)

    # -- a second person

    async def asked_plan(self, run: str) -> Plan | None:
        """The very plan that approval is asked for; None when none is, or the run had begun."""
        asked = await self._ask(lambda connection: consent.read(connection, run))
        return asked.made_plan() if asked is not None else None

    def waits_for_me(self, info: RunInfo) -> bool:
        """Whether a run waits for something that this user may do: approve it, or decide what failed."""
        return waits_for(info, _me())

    async def approval_payload(self, run: str) -> bytes:
        """The exact bytes that an approver signs. Raises Conflict when the run asks for no approval."""
        info = await self._unended(run)
        workflow = self._workflows(info.workflow)
        return await self._ask(lambda connection: answers.payload(connection, info, workflow))

    async def approve(self, run: str, *, reason: str = "", signature: bytes | None = None, digest: str = "") -> RunInfo:
        """Approve a run that somebody else started. `digest`: of the plan that was looked at; another one is refused.

        On tier prod it needs a `signature` over `approval_payload`. Any engine that works goes on with the run then;
        this one, when it works and nobody else does. Raises Conflict, Forbidden, UserError.
        """
        info = await self._unended(run)
        workflow, approver = self._workflows(info.workflow), approver_of(site_of(self._systems, info.site))
        answer = Answer(by=_me(), reason=reason, signature=signature or b"", digest=digest)
        given = {"digest": info.approval.digest if info.approval else "", "signed": bool(signature)}
        identity = await self._thread(lambda: answers.approve(self._store, info, workflow, approver, answer))
        await evidence.tell(self._systems, "run.approve", info, reason=reason, data={**given, "identity": identity})
        waits = info.status is RunStatus.AWAITING and info.version == transact.VERSION
        return await self._go_on(run, None) if waits else await self.info(run)

    async def reject(self, run: str, *, reason: str) -> RunInfo:
        """Refuse a run that waits for approval: nothing is changed. Raises Conflict, UserError without a reason."""
        info = await self._unended(run)
        await self._thread(lambda: answers.reject(self._store, info, Answer(by=_me(), reason=reason)))
        await evidence.tell(self._systems, "run.reject", info, reason=reason)
        return await self.info(run)

    # -- going back

    async def rewinding(self, run: str, step: str = "", *, only_failed: bool = False) -> Rewinding:
        """What `rewind` would forget. Raises Conflict when it can not be done now, UserError for an unknown step."""
        info, steps = await self.info(run), await self.steps(run)
        rewind.refuse(info, steps)
        return rewind.only_failed(run, steps, step) if only_failed else rewind.from_step(run, steps, step)

    async def rewind(
        self, run: str, step: str = "", *, only_failed: bool = False, attended: bool | None = None
    ) -> RunInfo:
        """Go on again from a step, or with the failed and skipped items of a fan-out only. See `rewinding`."""
        return await self._go_back(await self.rewinding(run, step, only_failed=only_failed), attended)

    async def carry(self, run: str, *, attended: bool | None = None) -> RunInfo:
        """Go on here with a run that another version of hsops began, from where it is.

        Raises Conflict when somebody works on it, Unsupported when its workflow does other steps now than it did.
        """
        info = await self._unended(run)
        if info.owner_alive:
            raise Conflict(f"{info.owner} works on it", thing=f"run {run}", hint="that process goes on with it")
        await self._working()
        request = await self._ask(lambda connection: runs.request(connection, run))
        tape = Tape(await self._thread(lambda: transact.recorded(run)))
        await carry.fits(self._workflows(info.workflow), request, run, self._systems, tape)
        await self._ask(lambda connection: runs.retry_all(connection, run, _me()))
        return await self._go_back(Rewinding(run=run, start=""), attended)

    async def _go_back(self, rewinding: Rewinding, attended: bool | None) -> RunInfo:
        worker, info = await self._working(), await self.info(rewinding.run)
        await evidence.tell(self._systems, "run.rewind", info, data={"start": rewinding.start})
        was = await self._ask(lambda connection: runs.owner(connection, info.id))
        if not await self._thread(lambda: worker.go_back(info, was, rewinding, attended)):
            raise Conflict("somebody else goes on with it", thing=f"run {info.id}", hint="hsops runs show says who")
        return await self.info(info.id)

    async def workers(self) -> Sequence[str]:
        """The processes that wait for runs that are left for them, ``host/pid``."""
        return await self._ask(lambda connection: leases.workers(self._store, connection))

    async def refresh(self) -> None:
        """Work again, when this process was silent for so long that others took its runs over. For who serves long."""
        await self._working()

    @property
    def active(self) -> Sequence[str]:
        """Ids of the runs that are worked on here."""
        return self._worker.active if self._worker is not None else ()

    @property
    def recent(self) -> Sequence[str]:
        """Ids of the runs that were begun or gone on with here, the last ones, also when they are over already."""
        return self._worker.recent if self._worker is not None else ()

    # -- parts

    async def _go_on(self, run: str, attended: bool | None) -> RunInfo:
        """Work on it here when nobody does."""
        info = await self.info(run)
        if self._worker is not None and not info.owner_alive and not info.status.over:
            if info.version != transact.VERSION:
                hint = f"hsops runs carry {run}, or go on with it with the hsops that began it"
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
        async with self._renewing:
            if self._worker.lease.lost:
                old = self._worker
                await self._thread(lambda: old.close(GRACE))
                self._worker = await self._new_worker(self._journal, adopt=old.adopts, queue=old.at_once)
            return self._worker

    async def _ask(self, question: Callable[[Connection], T]) -> T:
        return await self._thread(lambda: self._store.run(question))

    async def _thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _rests(info: RunInfo) -> bool:
    unheld = info.status is RunStatus.AWAITING and not info.owner_alive
    return info.status.over or info.status is RunStatus.STOPPED or unheld


def _me() -> str:
    return me()


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
