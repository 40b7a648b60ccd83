"""A run as the parts of one host among several see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from hsops.api import CheckResult, Item, Outcome, Progress, Run, Sample


class Totals:
    """What all hosts together touch: each part tells its own numbers, the plan's head shows their sum."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sums: Counter[str] = Counter()

    async def add(self, numbers: Mapping[str, int | str]) -> None:
        """Texts stand for themselves."""
        self._sums.update({name: number for name, number in numbers.items() if isinstance(number, int)})
        said: dict[str, int | str] = {name: text for name, text in numbers.items() if isinstance(text, str)}
        await self._run.touches(**{**said, **self._sums})

    def view(self, host: str) -> Run:
        """The run for one host."""
        return cast("Run", _OnHost(self._run, host, self))


class _OnHost:
    """Names carry the host, so that each check can be forced for one host, and a step's line says where it happens."""

    def __init__(self, run: Run, host: str, totals: Totals) -> None:
        self._run = run
        self._host = host
        self._totals = totals

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def _named(self, name: str) -> str:
        return f"{name}@{self._host}"

    async def touches(self, **numbers: int | str) -> None:
        await self._totals.add(numbers)

    async def read(self, name: str, look: Callable[[], Awaitable[Any]]) -> Any:
        return await self._run.read(self._named(name), look)

    async def check(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> bool:
        return await self._run.check(self._named(name), look)

    async def step(self, name: str, **fields: Any) -> Any:
        return await self._run.step(self._named(name), **fields)

    async def each(
        self,
        name: str,
        items: Sequence[Item],
        do: Callable[[Item, Progress], Awaitable[Outcome]],
        **fields: Any,
    ) -> Mapping[str, Outcome]:
        return await self._run.each(self._named(name), items, do, **fields)

    async def wait(self, name: str, look: Callable[[], Awaitable[Sample]], **fields: Any) -> Sample:
        return await self._run.wait(self._named(name), look, **fields)

    async def verify(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> None:
        await self._run.verify(self._named(name), look)
