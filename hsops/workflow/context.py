"""What the parts of a durable run share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from hsops.errors import HsopsError, Unreachable
from hsops.workflow.redact import redact_json
from hsops.workflow.signals import Aborted, Failure, Refused, Stopped
from hsops.workflow.values import RunStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from hsops.workflow.admission import Admission
    from hsops.workflow.book import Book
    from hsops.workflow.evidence import Witness
    from hsops.workflow.lease import Lease
    from hsops.workflow.mailbox import Mailbox
    from hsops.workflow.request import Request
    from hsops.workflow.systems import Connections
    from hsops.workflow.watching import AlertWatch

T = TypeVar("T")

_AGAIN = 0.2


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take back an effect that was begun."""

    name: str
    act: Callable[[], Awaitable[Any]]
    command: Sequence[str]
    title: str = ""


@dataclass(slots=True)
class Context:
    """One run while this process works on it. All but `home` belongs to the engine's loop."""

    request: Request
    book: Book
    mailbox: Mailbox
    lease: Lease
    connections: Connections
    home: asyncio.AbstractEventLoop
    """The session's loop: connections live there, so everything of the author's that does I/O runs there."""
    attended: bool = True
    """Whether somebody is there to decide when something fails; else the run stops, resumable."""
    undos: list[Undo] = field(default_factory=list)
    unmet: list[str] = field(default_factory=list)
    """Checks that do not hold and questions without an answer."""
    compensating: bool = False
    witness: Witness | None = None
    """Tells the audit log of every effect; None where none is kept."""
    alerts: AlertWatch | None = None
    """Keeps what alerts meanwhile, for the report; None where a journal is only read."""
    admission: Admission | None = None
    """What has to hold before the first effect; None where a journal is only read."""
    _waiting: int = 0
    _pauses: list[str] = field(default_factory=list)

    async def at_home(self, make: Callable[[], Awaitable[T]]) -> T:
        """Await what `make` makes on the session's loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_awaited(make), self.home))

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Read from the store, as soon as it answers. Raises TakenOver or Stopped."""
        while True:
            self.lease.check()
            try:
                return await self.book.ask(question)
            except Unreachable:
                await self.mailbox.wait(_AGAIN)

    async def gate(self) -> None:
        """Passed before anything happens. Waits while the run is paused. Raises Aborted."""
        if self.mailbox.wish == "pause" and not self.compensating:
            async with self.paused():
                while self.mailbox.wish == "pause":
                    self.lease.check()
                    await self.mailbox.wait(0.5)
        if self.mailbox.wish == "abort" and not self.compensating:
            raise Aborted(self.mailbox.abort_reason)
        self.lease.check()

    async def may_begin(self) -> None:
        """Before an effect: all that has to hold before the first one. Raises Refused or Stopped."""
        self.refuse_unmet()
        if self.admission is not None:
            await self.admission.admit(self)

    def refuse_unmet(self) -> None:
        """Before an effect. Raises Refused, or Stopped when something was changed already."""
        if self.unmet and self.book.changed_anything:
            raise Stopped("; ".join(self.unmet))
        if self.unmet:
            raise Refused("; ".join(self.unmet), code=3)

    def waiting(self) -> AbstractAsyncContextManager[None]:
        """Shows that a person has to decide."""
        return self._counted("_waiting")

    @asynccontextmanager
    async def paused(self, reason: str = "paused") -> AsyncIterator[None]:
        """Shows that the run is paused."""
        self._pauses.append(reason)
        await self.show()
        try:
            yield
        finally:
            self._pauses.remove(reason)
        await self.show()

    @asynccontextmanager
    async def _counted(self, counter: str) -> AsyncIterator[None]:
        setattr(self, counter, getattr(self, counter) + 1)
        await self.show()
        try:
            yield
        finally:
            setattr(self, counter, getattr(self, counter) - 1)
        await self.show()

    async def show(self) -> None:
        """Let the run's state say what it does now."""
        status, reason = RunStatus.RUNNING, ""
        if self._waiting:
            failed = self.book.open_questions
            status, reason = RunStatus.WAITING, "; ".join(f"{info.item or info.name}: {info.text}" for info in failed)
        elif self._pauses:
            status, reason = RunStatus.PAUSED, self._pauses[-1]
        elif self.compensating:
            status = RunStatus.ROLLING_BACK
        if (status, reason) != (self.book.status, self.book.reason):
            await self.book.set_status(status, reason)


async def _awaited(make: Callable[[], Awaitable[T]]) -> T:
    return await make()


def portable(value: Any) -> Any:
    """The value as the journal will give it back: plain JSON, secrets masked. Raises TypeError or ValueError."""
    return redact_json(json.loads(json.dumps(value, allow_nan=False)))


def explain(error: Exception) -> str:
    """What to tell a person of an error."""
    return str(error) if isinstance(error, HsopsError | Failure) else f"{type(error).__name__}: {error}"
