"""The durable `Run`: each call is a step of DBOS's journal, so a replay sees the same answers, repeats no effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from hsops.errors import UserError
from hsops.plugin import CheckResult, Silencer
from hsops.runbook import Choice, Effect, HostMaintenance, HostSystem, Item, Json, Outcome, Progress, Sample
from hsops.workflow import fanout, gates, transact, waiting
from hsops.workflow.book import Entry
from hsops.workflow.context import Context, Undo
from hsops.workflow.planning import answer_to, checked
from hsops.workflow.settle import Attempt, settle
from hsops.workflow.signals import Failure
from hsops.workflow.values import StepStatus

T = TypeVar("T", bound=Json)


class DurableRun:
    """What a workflow's function gets when it is not only planned."""

    planning = False

    def __init__(self, context: Context) -> None:
        self._context = context
        self._names: Counter[str] = Counter()
        self._position = 0

    @property
    def id(self) -> str:
        return self._context.book.run

    @property
    def site(self) -> str:
        return self._context.request.site

    @property
    def values(self) -> Mapping[str, Any]:
        return self._context.request.values

    @property
    def author(self) -> str:
        return self._context.request.author

    def system(self, plugin: str) -> Any:
        return self._context.connections.system(plugin)

    def silencers(self) -> Sequence[Silencer]:
        return self._context.connections.silencers()

    def maintenances(self) -> Sequence[tuple[str, HostMaintenance]]:
        return self._context.connections.spanned().maintenances()

    def host_system(self) -> HostSystem:
        return self._context.connections.spanned().host_system()

    async def racks(self) -> Mapping[str, Sequence[str]]:
        return await self.read("racks", self._context.connections.racks)

    async def read(self, name: str, look: Callable[[], Awaitable[T]]) -> T:
        entry = self._entry("read", name)
        value: T = await self._value(Attempt(entry=entry, act=lambda: self._patiently(look)))
        return value

    async def check(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> bool:
        entry = self._entry("check", name)
        forced = self._context.request.force.get(name, "")

        async def act() -> Any:
            result = await checked(name, lambda: self._patiently(look))
            if not (result.ok or forced) and self._context.book.changed_anything:
                raise Failure(result.text)  # too late to refuse: ask
            entry.change(text=result.text)
            status = "ok" if result.ok else "forced" if forced else "failed"
            if status == "forced" and self._context.witness is not None:
                await self._context.witness.forced(name, result.text, forced)
            fields = {"status": status, "text": result.text, "data": {"name": name, "forced": forced} if forced else {}}
            self._context.book.log("check", key=entry.info.key, **fields)
            return msgspec.to_builtins(result)

        result = msgspec.convert(await self._value(Attempt(entry=entry, act=act)), CheckResult)
        if not result.ok:
            self._context.book.end(entry, StepStatus.FAILED, result.text)
            if not forced:
                self._context.unmet.append(
                    f"check {name}: {result.text}" + (f" → {result.hint}" if result.hint else "")
                )
        return result.ok

    async def choose(self, choices: Sequence[Choice]) -> Mapping[str, str]:
        answers: dict[str, str] = {}
        for choice in choices:
            try:
                answer = answer_to(choice, self._context.request.choices)
            except UserError as error:
                answer = ""
                self._context.unmet.append(str(error))
            else:
                if not answer:
                    self._context.unmet.append(f"no answer for {choice.key} ({choice.title}): {choice.why}")
            answers[choice.key] = answer or choice.options[0]
        return answers

    async def touches(self, **numbers: int | str) -> None:
        self._context.book.touches(numbers)

    async def step(
        self,
        name: str,
        *,
        do: Effect,
        command: Sequence[str],
        undo: Effect | None = None,
        undo_command: Sequence[str] = (),
        text: str = "",
        planned: Json = None,
    ) -> Any:
        await self._context.may_begin()
        commands = {"command": tuple(command), "undo_command": tuple(undo_command)}
        entry = self._entry("step", name, title=text, undoable=undo is not None, **commands)
        try:
            return await self._value(Attempt(entry=entry, act=lambda: self._context.at_home(do), effect=True))
        finally:
            if undo is not None and entry.begun:  # also when it failed or was cut short: it may have happened
                self._context.undos.append(Undo(entry.info.key, undo, undo_command, text))

    async def each(
        self,
        name: str,
        items: Sequence[Item],
        do: Callable[[Item, Progress], Awaitable[Outcome]],
        *,
        limit: int = 1,
        text: str = "",
        undo: Callable[[Item], Awaitable[Json]] | None = None,
    ) -> Mapping[str, Outcome]:
        await self._context.may_begin()
        key = self._key(name)
        works = [fanout.Work(item, self._item(key, name, item, undoable=undo is not None)) for item in items]
        try:
            return await fanout.each(self._context, works, do, limit)
        finally:
            if undo is not None:
                self._context.undos += fanout.undos(works, undo)

    async def wait(
        self,
        name: str,
        look: Callable[[], Awaitable[Sample]],
        *,
        timeout: float,  # noqa: ASYNC109 - the protocol's
        every: float = 2.0,
        stuck_after: float = 300.0,
    ) -> Sample:
        await self._context.may_begin()
        entry = self._entry("wait", name)
        wait = waiting.Wait(look, timeout, every, stuck_after)
        act = lambda: waiting.until_done(self._context, entry, wait)  # noqa: E731 - one line of glue
        sample = await self._value(Attempt(entry=entry, act=act))
        return Sample(done=bool(sample["done"]), text=str(sample["text"]), left=sample["left"])

    async def verify(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> None:
        await self._context.may_begin()
        entry = self._entry("verify", name)

        async def act() -> Any:
            result = await self._patiently(look)
            if not result.ok:
                raise Failure(result.text + (f" → {result.hint}" if result.hint else ""))
            entry.change(text=result.text)
            return result.text

        await self._value(Attempt(entry=entry, act=act))

    async def commit(self) -> None:
        self._context.book.stays(undo.name for undo in self._context.undos)
        self._context.undos.clear()

    async def gate(self, name: str) -> None:
        await self._context.may_begin()
        admission = self._context.admission
        entry = self._entry("gate", name)

        async def act() -> Any:
            if admission is None:
                return {}
            await admission.in_window(self._context, entry.info.key)
            return await gates.Passage(self._context, entry, admission.systems, admission.site).passed()

        await self._value(Attempt(entry=entry, act=act))

    async def note(self, text: str) -> None:
        entry = self._entry("note", "note")
        if entry.info.status is not StepStatus.DONE:  # once, also when this is a replay
            self._context.book.end(entry, StepStatus.DONE, text)
            self._context.book.log("note", key=entry.info.key, text=text)

    # -- parts

    async def _patiently(self, look: Callable[[], Awaitable[Any]]) -> Any:
        return await self._context.at_home(lambda: self._context.connections.patiently(look))

    async def _value(self, attempt: Attempt) -> Any:
        settled = await journalled(self._context, attempt)
        return settled["value"]

    def _key(self, name: str) -> str:
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name}#{self._names[name]}"

    def _entry(self, kind: str, name: str, **fields: Any) -> Entry:
        self._position += 1
        entry = self._context.book.entry(self._key(name), kind, name, **fields)
        entry.position = self._position
        return entry

    def _item(self, key: str, name: str, item: Item, *, undoable: bool) -> Entry:
        self._position += 1
        fields = {"title": item.title, "command": tuple(item.command), "undo_command": tuple(item.undo_command)}
        entry = self._context.book.entry(f"{key}/{item.key}", "item", name, item=item.key, undoable=undoable, **fields)
        entry.position = self._position
        return entry


async def journalled(context: Context, attempt: Attempt, slot: transact.Slot | None = None) -> dict[str, Any]:
    """Settle it once for all lives of the run, and let the book say what the journal says."""
    entry = attempt.entry
    settled = await transact.journalled(f"{entry.info.kind} {entry.info.key}", lambda: settle(context, attempt), slot)
    skipped = settled.get("skipped")
    if skipped is not None:
        context.book.end(entry, StepStatus.SKIPPED, str(skipped))
    else:
        context.book.end(entry, StepStatus.DONE, entry.info.text)
    return settled
