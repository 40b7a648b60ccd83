"""Workflow runs as the screens see them. The engine is heavy: it is opened when somebody asks for a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from hsops.errors import Unsupported
from hsops.model import Ref

if TYPE_CHECKING:
    from hsops.workflow.values import Event, Plan, RunInfo, StepInfo, Verdict


class RunEngine(Protocol):
    """The part of `hsops.workflow.engine.Engine` that the screens use."""

    async def plan(
        self,
        workflow: str,
        values: Mapping[str, Any],
        choices: Mapping[str, str] | None = None,
        site: str = "",
        *,
        force: Mapping[str, str] | None = None,
    ) -> Plan:
        """What a run would do."""
        ...

    async def submit(
        self,
        workflow: str,
        values: Mapping[str, Any],
        choices: Mapping[str, str] | None = None,
        site: str = "",
        *,
        force: Mapping[str, str] | None = None,
    ) -> str:
        """Start a run; gives its id."""
        ...

    async def runs(self) -> Sequence[RunInfo]:
        """All runs, newest first."""
        ...

    async def info(self, run: str) -> RunInfo:
        """One run."""
        ...

    async def steps(self, run: str) -> Sequence[StepInfo]:
        """The steps and items of a run as they are now."""
        ...

    def events(self, run: str, after: int = 0, *, follow: bool = True) -> AsyncIterator[Event]:
        """Everything that happened and happens in a run."""
        ...

    async def abort(self, run: str, *, attended: bool | None = None) -> RunInfo:
        """Undo what was done."""
        ...

    async def pause(self, run: str) -> RunInfo:
        """Begin nothing new."""
        ...

    async def resume(self, run: str, *, attended: bool | None = None, reason: str = "") -> RunInfo:
        """Go on where it stopped."""
        ...

    async def decide(self, run: str, item: str, verdict: Verdict | str) -> None:
        """Answer about something that failed."""
        ...

    async def waive(self, run: str, gate: str, reason: str) -> RunInfo:
        """Let a run pass a closed gate once."""
        ...

    def waits_for_me(self, info: RunInfo) -> bool:
        """Whether it waits for something that this person may do."""
        ...

    async def asked_plan(self, run: str) -> Plan | None:
        """The plan that approval is asked for."""
        ...

    async def approval_payload(self, run: str) -> bytes:
        """The bytes that an approver signs."""
        ...

    async def approve(self, run: str, *, reason: str = "", signature: bytes | None = None, digest: str = "") -> RunInfo:
        """Let a run of somebody else go on."""
        ...

    async def reject(self, run: str, *, reason: str) -> RunInfo:
        """Refuse a run that waits for approval."""
        ...

    async def close(self) -> None:
        """Let go of everything; runs stay resumable."""
        ...


OpenEngine: TypeAlias = Callable[[bool], Awaitable[RunEngine]]
"""``(work) -> engine``: without `work` it only looks at runs, which costs little."""


FOLLOWED: Final = 5
"""Active runs whose steps are read too."""


class Runs:
    """The engine, opened late: first one that only looks, one that works when somebody starts or resumes a run."""

    def __init__(self, open_engine: OpenEngine | None = None, exist: Callable[[], bool] = lambda: True) -> None:
        self._open = open_engine
        self._exist = exist
        self._engine: RunEngine | None = None
        self._works = False
        self._before: list[RunEngine] = []
        self._lock = asyncio.Lock()
        self.infos: Sequence[RunInfo] = ()
        self.steps: Mapping[str, Sequence[StepInfo]] = {}
        """Steps of the first active runs, as they were at the last list."""
        self.waiting: Sequence[RunInfo] = ()
        """Runs that wait for something that this person may do: approve them, or decide what failed."""
        self.attached: set[str] = set()
        """Runs that are worked on in this process."""

    @property
    def worth_listing(self) -> bool:
        """Whether there is an engine, and a store in which it may find runs: else it is not even loaded."""
        return self._open is not None and (self._engine is not None or self._exist())

    async def looking(self) -> RunEngine:
        """An engine to ask about runs. Raises HsopsError."""
        return await self._opened(work=False)

    async def working(self) -> RunEngine:
        """The engine that runs workflows here. Raises HsopsError."""
        return await self._opened(work=True)

    async def _opened(self, *, work: bool) -> RunEngine:
        async with self._lock:
            if self._engine is None or (work and not self._works):
                if self._open is None:
                    raise Unsupported("this console has no workflow engine")
                await asyncio.to_thread(import_module, "hsops.workflow.engine")  # half a second of imports
                before, self._engine = self._engine, await self._open(work)
                self._works = work
                if before is not None:
                    self._before.append(before)  # views may be asking it just now
            return self._engine

    async def refresh(self) -> Sequence[RunInfo]:
        """List the runs anew, and see how far the active ones are."""
        engine = await self.looking()
        self.infos = tuple(await engine.runs())
        self.waiting = [info for info in self.infos if engine.waits_for_me(info)]
        self.steps = {info.id: await engine.steps(info.id) for info in self.active[:FOLLOWED]}
        return self.infos

    async def close(self) -> None:
        """Let go of the engine."""
        engines = [*self._before, *([self._engine] if self._engine is not None else [])]
        self._engine, self._before = None, []
        for engine in engines:
            await engine.close()

    @property
    def active(self) -> Sequence[RunInfo]:
        """Runs that are not over."""
        return [info for info in self.infos if not info.status.over]

    def on(self, site: str, names: Sequence[Ref]) -> Sequence[RunInfo]:
        """Active runs that work on one of these names."""
        targets = {str(name) for name in names}
        return [info for info in self.active if info.site == site and info.target in targets]
