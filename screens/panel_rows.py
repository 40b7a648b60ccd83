"""The rows of a panel: which ones, in which order, how many are hidden. It follows the store; no terminal here."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from hsops.live.changes import text_of
from hsops.live.store import Store
from hsops.model import Column, Health, Key, Resource, State, Value
from hsops.screens.pulse import KindChanges
from hsops.screens.values import value_of

SortKey: TypeAlias = tuple[Any, ...]
Match: TypeAlias = Callable[[Resource], bool]

MANY: Final = 64
"""More rows than this in one go are put in order by sorting all of them."""


def sort_key(value: Value) -> SortKey:
    """A value made comparable with any other: numbers before texts, and what is not known always last."""
    if value is None:
        return (3,)
    if isinstance(value, State):
        return (0, -value.health, value.word.lower())
    if isinstance(value, bool | int | float):
        return (0, value)
    if isinstance(value, datetime):
        return (0, -value.timestamp())  # the column shows an age: the youngest is the smallest
    return (1, text_of(value).lower())


class PanelRows:
    """Rows of one kind in the order of the screen.

    `scope` says which rows belong to the panel at all (site, drill-down), `match` which of them the filter lets
    through. Rows keep their place when they change; `sort` puts them in order.
    """

    def __init__(
        self, store: Store, kind: str, columns: Iterable[Column], scope: Callable[[Key, Resource], bool]
    ) -> None:
        self._store = store
        self._kind = kind
        self._columns = {column.name: column for column in columns}
        self._scope = scope
        self.match: Match | None = None
        self.faults_only = False
        self.sorted_by = ""
        self.reverse = False
        self.keys: list[Key] = []
        self.counts: Counter[Health] = Counter()
        """Health of all rows in scope, hidden ones too."""
        self._health: dict[Key, Health] = {}
        self._order: dict[Key, SortKey] = {}
        self._shown: set[Key] = set()

    # -- numbers

    @property
    def total(self) -> int:
        """Rows in scope."""
        return len(self._health)

    @property
    def hidden(self) -> int:
        """Rows in scope that the filter or the faults switch hides."""
        return len(self._health) - len(self.keys)

    @property
    def rows(self) -> Mapping[Key, Resource]:
        """All rows of the kind."""
        return self._store.rows(self._kind)

    # -- everything anew

    def load(self) -> None:
        """Read all rows."""
        scope = self._scope
        self._health = {key: row.health() for key, row in self.rows.items() if scope(key, row)}
        self.counts = Counter(self._health.values())
        self.select()

    def select(self) -> None:
        """Apply the filter anew and sort."""
        rows, lets = self.rows, self._lets_through
        self._shown = {key for key in self._health if lets(key, rows[key])}
        self._order = {key: self._order_of(key, rows[key]) for key in self._shown}
        self.sort()

    def sort(self) -> bool:
        """Put the shown rows in order; False when they were in order already."""
        before = self.keys
        self.keys = sorted(self._shown, key=self._order.__getitem__)
        if self.reverse:
            self._put_reversed()
        return self.keys != before

    def _put_reversed(self) -> None:
        known = [key for key in self.keys if not self._unknown(key)]
        self.keys = known[::-1] + [key for key in self.keys if self._unknown(key)]

    def _unknown(self, key: Key) -> bool:
        return bool(self._order[key][0] == sort_key(None))

    # -- following the store

    def apply(self, changes: KindChanges) -> bool:
        """Take over what changed; True when rows came to or left the screen. The others keep their place."""
        came: set[Key] = set()
        gone = {key for key in changes.removed if key in self._shown}
        rows = self.rows
        for key in changes.removed:
            self._forget(key)
        for key in (*changes.added, *changes.changed):
            row = rows.get(key)
            if row is None or not self._scope(key, row):
                gone |= {key} & self._shown
                self._forget(key)
                continue
            self._note(key, row)
            shows = self._lets_through(key, row)
            if shows:
                self._order[key] = self._order_of(key, row)
            if shows and key not in self._shown:
                came.add(key)
            elif not shows and key in self._shown:
                gone.add(key)
        return self._move(came, gone)

    def _note(self, key: Key, row: Resource) -> None:
        old, new = self._health.get(key), row.health()
        if old is not new:
            if old is not None:
                self.counts[old] -= 1
            self.counts[new] += 1
            self._health[key] = new

    def _forget(self, key: Key) -> None:
        old = self._health.pop(key, None)
        if old is not None:
            self.counts[old] -= 1

    def _move(self, came: set[Key], gone: set[Key]) -> bool:
        if gone:
            self.keys = [key for key in self.keys if key not in gone]
            self._shown -= gone
            for key in gone:
                self._order.pop(key, None)
        self._shown |= came
        if self.reverse or len(came) > MANY:
            if came:
                self.sort()
        else:
            for key in came:
                insort(self.keys, key, key=self._order.__getitem__)
        return bool(came or gone)

    # -- one row

    def _lets_through(self, key: Key, row: Resource) -> bool:
        if self.faults_only and self._health[key] is Health.OK:
            return False
        return self.match is None or self.match(row)

    def _order_of(self, key: Key, row: Resource) -> SortKey:
        title = row.title().lower()
        if not self.sorted_by:
            return (-self._health[key], title, key)
        if self.sorted_by in ("site", "system"):
            return ((1, getattr(key, self.sorted_by)), title, key)
        return (sort_key(value_of(self._columns[self.sorted_by], row)), title, key)

    def sort_by(self, column: str, *, reverse: bool = False) -> None:
        """Another order; an empty name is the worst first."""
        self.sorted_by, self.reverse = column, reverse
        rows = self.rows
        self._order = {key: self._order_of(key, rows[key]) for key in self._shown if key in rows}
        self._shown = set(self._order)
        self.sort()
