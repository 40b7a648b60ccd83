"""What runs tell the audit log: every effect before and after, how a run began and ended, what people wanted of it.

The log is the session's (`hsops.audit.Audit`); here it is only a protocol, and a session without one records nothing.
Each process writes its own effects into its own log, whatever the store of the runs is. An entry before an effect is on
the disk before the effect starts; where it cannot be written on a site of tier prod, the effect fails and a person
decides.
"""

from __future__ import annotations

import asyncio
import json
import os
from asyncio import Future
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from hsops.errors import HsopsError
from hsops.workflow.values import RunInfo, RunStatus, StepInfo

if TYPE_CHECKING:
    from hsops.plugin import Workflow
    from hsops.workflow.book import Book, Entry
    from hsops.workflow.context import Context
    from hsops.workflow.request import Request

_RESULT = 300
"""Characters of a step's answer that are kept."""


class Recorder(Protocol):
    """The audit log, as far as runs are concerned. Its calls block."""

    @property
    def trouble(self) -> str:
        """What is wrong, for a person: the last entry is not recorded, or not copied. Empty when all is well."""
        ...

    def append(
        self,
        what: str,
        *,
        who: str = "",
        site: str = "",
        system: str = "",
        target: str = "",
        command: Sequence[str] = (),
        result: str = "",
        run: str = "",
        reason: str = "",
        data: Mapping[str, Any] | None = None,
        must: bool = True,
        durable: bool = True,
    ) -> object:
        """Add an entry. Raises HsopsError where nothing may happen unrecorded, and it `must` be there."""
        ...

    def of_run(self, run: str) -> tuple[int, int, str]:
        """How many entries there are of a run, and number and hash of the last of them."""
        ...


def recorder_of(systems: object) -> Recorder | None:
    """The audit log of a session; None when it keeps none."""
    found: Recorder | None = getattr(systems, "audit", None)
    return found


class Witness:
    """Tells the audit log of one run while this process works on it."""

    def __init__(self, recorder: Recorder, request: Request, book: Book, *, target: str, system: str) -> None:
        self._recorder = recorder
        self._request = request
        self._book = book
        self._append = partial(
            recorder.append, who=request.author, site=request.site, run=book.run, target=target, system=system
        )
        self._worker = f"pid {os.getpid()}"
        self._told = ""
        self._pending: set[Future[None]] = set()

    async def begun(self) -> None:
        """This process works on the run from here on."""
        await self._tell("run.begin", data={"workflow": self._request.workflow, "worker": self._worker})

    async def written(self) -> None:
        """Wait until what ended is written."""
        while self._pending:
            await asyncio.wait(self._pending)

    def ended(self) -> None:
        """It does not any more: the run is over, stopped, or left to another process."""
        status = self._book.status
        result = str(status) if status.over or status is RunStatus.STOPPED else f"left as it is: {status}"
        self._append(
            "run.end", result=result, reason=self._book.reason, must=False
        )  # the loop may be closing: no await
        self._complain()

    async def forced(self, check: str, text: str, reason: str) -> None:
        """A check does not hold and the run goes on all the same."""
        await self._tell("check.force", result=text, reason=reason, data={"check": check})

    def before(self, entry: Entry) -> Future[HsopsError | None]:
        """Begin to write that an effect is about to begin; the future's error says that it must not."""
        return asyncio.get_running_loop().run_in_executor(None, self._before, entry.info, entry.info.attempts + 1)

    def _before(self, info: StepInfo, attempt: int) -> HsopsError | None:
        try:
            self._append(f"{_word(info)}.before", command=info.command, data=self._data(info, attempt))
        except HsopsError as error:
            return error
        return None

    @asynccontextmanager
    async def effect(self, entry: Entry, recording: Future[HsopsError | None]) -> AsyncIterator[Deed]:
        """Around one effect. Raises HsopsError before it, where nothing may happen unrecorded."""
        refused = await recording
        self._complain()
        if refused is not None:
            raise refused
        deed = Deed()
        try:
            yield deed
        except Exception as error:
            deed.text = str(error) if isinstance(error, HsopsError) else f"{type(error).__name__}: {error}"
            self._later(entry.info, f"failed: {deed.text}")
            raise
        except BaseException as error:  # the loop may be closing: no thread
            self._after(entry.info, f"interrupted, whether it happened is not known: {error or type(error).__name__}")
            raise
        else:
            self._later(entry.info, f"done: {deed.text}" if deed.text else "done")

    def _later(self, info: StepInfo, result: str) -> None:
        """The entry after an effect is written while the run goes on: nothing depends on it."""
        written = asyncio.get_running_loop().run_in_executor(None, self._after, info, result)
        self._pending.add(written)
        written.add_done_callback(self._pending.discard)

    def _after(self, info: StepInfo, result: str) -> None:
        data = self._data(info, info.attempts)
        self._append(f"{_word(info)}.after", command=info.command, data=data, result=result, must=False, durable=False)

    def _data(self, info: StepInfo, attempt: int) -> dict[str, Any]:
        return {"step": info.key, "title": info.title, "attempt": attempt, "worker": self._worker}

    async def _tell(self, what: str, **fields: Any) -> None:
        await asyncio.to_thread(self._append, what, must=False, **fields)
        self._complain()

    def _complain(self) -> None:
        """Say it in the run's own log, where everybody who follows it sees it, once."""
        trouble = self._recorder.trouble
        if trouble and trouble != self._told:
            self._book.log("note", status="warning", text=trouble)
        self._told = trouble


def witness_of(systems: object, context: Context, workflow: Workflow) -> Witness | None:
    """What tells the session's audit log of this run; None when the session keeps none."""
    recorder, request = recorder_of(systems), context.request
    if recorder is None:
        return None
    target, system = workflow.target(request.values), ",".join(workflow.systems)
    return Witness(recorder, request, context.book, target=target, system=system)


class Deed:
    """An effect as it goes; `text` is what came of it."""

    def __init__(self) -> None:
        self.text = ""

    def gave(self, value: Any) -> None:
        """Keep the beginning of the answer."""
        if isinstance(value, Mapping) and isinstance(value.get("text"), str):
            self.text = str(value["text"])
        elif value is not None:
            self.text = json.dumps(value)
        self.text = self.text[:_RESULT]


def _word(info: StepInfo) -> str:
    return "undo" if info.kind == "undo" else "effect"


def before(witness: Witness | None, entry: Entry) -> Future[HsopsError | None] | None:
    """Begin to write that an effect is about to begin, at the same time as the run's own journal does."""
    return witness.before(entry) if witness is not None else None


@asynccontextmanager
async def witnessed(
    witness: Witness | None, entry: Entry, recording: Future[HsopsError | None] | None
) -> AsyncIterator[Deed]:
    """Around whatever is tried: an effect begins when it is recorded, and its end is; looks are not."""
    if witness is None or recording is None:
        yield Deed()
        return
    async with witness.effect(entry, recording) as deed:
        yield deed


@asynccontextmanager
async def accompanied(witness: Witness | None) -> AsyncIterator[None]:
    """Around the time that this process works on a run."""
    if witness is None:
        yield
        return
    await witness.begun()
    try:
        yield
    finally:
        await witness.written()
        witness.ended()


async def tell(
    systems: object,
    what: str,
    info: RunInfo,
    *,
    reason: str = "",
    must: bool = False,
    data: Mapping[str, Any] | None = None,
) -> None:
    """A person of this process wants something of a run: ``run.abort``, ``run.approve``.

    Raises HsopsError where it `must` be recorded and cannot be.
    """
    recorder = recorder_of(systems)
    if recorder is not None:
        entry = partial(recorder.append, what, site=info.site, run=info.id, target=info.target, reason=reason)
        await asyncio.to_thread(entry, data={"workflow": info.workflow, **(data or {})}, must=must)


@asynccontextmanager
async def submission(systems: object, request: Request, run: str, target: str) -> AsyncIterator[None]:
    """Around the beginning of a run: what was asked for is on the disk before. Raises as `Recorder.append`."""
    recorder = recorder_of(systems)
    if recorder is None:
        yield
        return
    command = ["hsops", "run", request.workflow, "--site", request.site]
    for name, value in request.values.items():
        command += [f"--{name}", str(value)]
    append = partial(recorder.append, who=request.author, site=request.site, run=run, target=target)
    data = {"workflow": request.workflow, "values": request.values, "choices": request.choices, "force": request.force}
    reason = str(request.values.get("reason") or "")
    await asyncio.to_thread(append, "run.submit", command=command, reason=reason, data=data)
    try:
        yield
    except HsopsError as error:
        await asyncio.to_thread(append, "run.refuse", result=str(error), must=False)
        raise
