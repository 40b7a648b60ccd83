"""Where one is: a place is a value that can be opened, remembered and come back to."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from hsops.model import Key


class View(enum.Enum):
    """The screens there are."""

    OVERVIEW = "overview"
    PANEL = "panel"
    MAP = "map"
    DETAIL = "detail"
    YAML = "yaml"
    IMPACT = "impact"
    SOURCES = "sources"
    HELP = "help"
    ALIASES = "aliases"
    WORKFLOWS = "workflows"
    FORM = "form"
    PLAN = "plan"
    RUNS = "runs"
    RUN = "run"
    APPROVAL = "approval"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Place:
    """A view and what it is about. Hashable: the link that a name on the screen carries."""

    view: View
    kind: str = ""
    key: Key | None = None
    query: str = ""
    """Filter to start with, as typed after ``/``."""
    site: str = ""
    """Only this site's rows; empty: all."""
    parent: Key | None = None
    """Only the rows that the drill-down of this row gives."""
    ids: tuple[str, ...] = ()
    """Only these rows."""
    name: str = ""
    """A workflow, a run, or a way to look (``table``)."""


OVERVIEW = Place(View.OVERVIEW)


@dataclass(slots=True)
class Memory:
    """What a view looked like when it was left."""

    cursor: object = None
    query: str = ""
    sort: str = ""
    wide: bool = False


@dataclass(slots=True)
class Trail:
    """Places in the order in which they were seen."""

    kept: int = 200
    places: list[Place] = field(default_factory=list)
    index: int = -1

    @property
    def here(self) -> Place | None:
        """The place of now."""
        return self.places[self.index] if self.places else None

    def visit(self, place: Place) -> None:
        """A place was opened; what lay ahead in the history is forgotten."""
        if place == self.here:
            return
        del self.places[self.index + 1 :]
        self.places.append(place)
        del self.places[: -self.kept]
        self.index = len(self.places) - 1

    def step(self, by: int) -> Place | None:
        """One place back (-1) or forward (1) in the history, None at its end."""
        if not 0 <= self.index + by < len(self.places):
            return None
        self.index += by
        return self.places[self.index]

    def last(self) -> Place | None:
        """The place seen before this one."""
        return self.places[self.index - 1] if self.index > 0 else None
