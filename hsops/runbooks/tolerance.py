"""The stop rule of a roll: that many failed hosts pause it. Fewer are set aside, out of service, and told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from hsops.api import HsopsError, Item, Outcome, Progress, Run


class Tolerance:
    """Counts the hosts that failed, over all fan-outs of a run."""

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._failed: set[str] = set()

    @property
    def failed(self) -> Sequence[str]:
        """The hosts that were set aside."""
        return sorted(self._failed)

    def view(self, run: Run) -> Run:
        """A run whose fan-outs keep the rule."""
        return cast("Run", _Tolerant(run, self))

    def spares(self, host: str) -> bool:
        """One more host has failed: whether the work on the others goes on all the same."""
        self._failed.add(host)
        return len(self._failed) < self._limit

    def note(self, outcomes: Mapping[str, Outcome]) -> list[str]:
        """The hosts of these that go on. After a crash the journal's outcomes tell who had failed."""
        self._failed.update(host for host, outcome in outcomes.items() if outcome.status == "skipped")
        return [host for host, outcome in outcomes.items() if outcome.status == "done"]


class _Tolerant:
    def __init__(self, run: Run, rule: Tolerance) -> None:
        self._run = run
        self._rule = rule

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    async def each(
        self,
        name: str,
        items: Sequence[Item],
        do: Callable[[Item, Progress], Awaitable[Outcome]],
        **fields: Any,
    ) -> Mapping[str, Outcome]:
        async def judged(item: Item, progress: Progress) -> Outcome:
            try:
                outcome = await do(item, progress)
            except HsopsError as error:
                outcome = Outcome(status="failed", text=str(error))
            if outcome.status == "failed" and self._rule.spares(item.key):
                return Outcome(status="skipped", text=f"set aside, out of service: {outcome.text}")
            return outcome

        return await self._run.each(name, items, judged, **fields)
