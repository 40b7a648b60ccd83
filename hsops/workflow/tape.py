"""A journal that is only read: the same function goes over a run's recorded answers, to see whether it still fits them.

DBOS would notice a step that differs only when the run goes on, with the run already carried over to another version.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple


class Record(NamedTuple):
    """One recorded step: the name it was recorded under and its answer."""

    name: str
    answer: Any


class Reached(BaseException):
    """The end of the tape: everything recorded was asked for again, in the same order."""


class Diverged(BaseException):
    """The function asks for another step than the recorded one."""


class Tape:
    """Gives the recorded answers by the number of the step, as DBOS draws them."""

    def __init__(self, records: Mapping[int, Record]) -> None:
        self._records = records
        self._drawn = 0
        self.diverged = ""
        """The first step that differs; kept, since of the items of a fan-out any may be the first to end."""
        self.played: set[int] = set()

    def draw(self) -> int:
        """The number of the next step."""
        self._drawn += 1
        return self._drawn

    def answer(self, name: str, number: int) -> Any:
        """The recorded answer. Raises Diverged, or Reached when nothing is recorded under this number."""
        found = self._records.get(number)
        if found is None:
            raise Reached
        if found.name != name:
            self.diverged = self.diverged or f"step {number} was {found.name}, is {name}"
            raise Diverged
        self.played.add(number)
        return found.answer

    @property
    def left(self) -> list[str]:
        """Names of what was recorded and not asked for."""
        return [record.name for number, record in sorted(self._records.items()) if number not in self.played]


playing: ContextVar[Tape | None] = ContextVar("hsops_tape", default=None)
"""Set while a function is only tried against its journal."""
