"""The change log: what changed, when, from what to what. Bounded; the source of the timeline."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from hsops.errors import plain
from hsops.model import Change, Column, Key, Kind, Resource, State, Value

KEPT = 5_000
"""Changes kept for the timeline, and as many again for the quiet kinds."""
LONGEST = 512
"""Characters of a text in the log: what a tenant chose must not fill the memory, nor drive a terminal later."""


def text_of(value: Value) -> str:
    """A value as the change log writes it: raw, not humanised; empty for "not known"."""
    if value is None:
        return ""
    if isinstance(value, State):
        return value.word
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def differences(columns: Sequence[Column], old: Resource, new: Resource) -> Iterator[tuple[str, str, str]]:
    """``(column name, old, new)`` for every tracked column that reads differently."""
    for column in columns:
        if not column.track:
            continue
        before, after = text_of(column.value(old)), text_of(column.value(new))
        if before != after:
            yield column.name, before, after


def short(text: str) -> str:
    """A text as it is kept."""
    return text if len(text) <= LONGEST and text.isprintable() else plain(text, LONGEST)


class ChangeLog:
    """The last changes, oldest first. Quiet kinds are kept apart so that they cannot push the others out."""

    def __init__(self, kept: int = KEPT) -> None:
        self._loud: deque[Change] = deque(maxlen=kept)
        self._quiet: deque[Change] = deque(maxlen=kept)
        self.total = 0
        """Changes ever written; tells a screen whether there is something new."""

    def __len__(self) -> int:
        return len(self._loud)

    def __iter__(self) -> Iterator[Change]:
        return iter(self._loud)

    def write(self, change: Change, *, quiet: bool = False) -> None:
        """Append one change."""
        (self._quiet if quiet else self._loud).append(change)
        self.total += not quiet

    def tail(self, count: int) -> Sequence[Change]:
        """The last `count` changes of the kinds that are not quiet, oldest first."""
        return list(islice(reversed(self._loud), count))[::-1]

    def of(self, key: Key) -> Sequence[Change]:
        """The kept changes of one row, oldest first."""
        both = [change for log in (self._loud, self._quiet) for change in log if change.key == key]
        return sorted(both, key=lambda change: change.when)

    def came(self, kind: Kind, key: Key, resource: Resource, when: float) -> None:
        """A row that was not there before."""
        change = Change(when, key, short(resource.title()), "", "", "new", resource.health())
        self.write(change, quiet=kind.quiet)

    def went(self, kind: Kind, key: Key, resource: Resource, when: float) -> None:
        """A row that is gone."""
        self.write(Change(when, key, short(resource.title()), "", "gone", ""), quiet=kind.quiet)

    def changed(self, kind: Kind, key: Key, old: Resource, new: Resource, when: float) -> None:
        """One line for every tracked column that reads differently."""
        for name, before, after in differences(kind.columns, old, new):
            change = Change(when, key, short(new.title()), name, short(before), short(after), new.health())
            self.write(change, quiet=kind.quiet)
