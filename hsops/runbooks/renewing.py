"""A run that holds a host's silence while long work goes on: at every item of a fan-out and every look of a wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from hsops.api import Item, Outcome, Progress, Run, Sample
from hsops.runbooks.silence import Silence


def renewing(run: Run, silence: Silence) -> Run:
    """The run; a drain may take longer than the silence that it began with."""
    return cast("Run", _Renewing(run, silence))


class _Renewing:
    def __init__(self, run: Run, silence: Silence) -> None:
        self._run = run
        self._silence = silence

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    async def each(
        self,
        name: str,
        items: Sequence[Item],
        do: Callable[[Item, Progress], Awaitable[Outcome]],
        **fields: Any,
    ) -> Mapping[str, Outcome]:
        async def act(item: Item, progress: Progress) -> Outcome:
            await self._silence.renew()
            return await do(item, progress)

        return await self._run.each(name, items, act, **fields)

    async def wait(self, name: str, look: Callable[[], Awaitable[Sample]], **fields: Any) -> Sample:
        async def seen() -> Sample:
            await self._silence.renew()
            return await look()

        return await self._run.wait(name, seen, **fields)
