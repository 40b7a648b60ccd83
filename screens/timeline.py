"""The change log as a timeline: single changes line by line, a flood of one kind as one line a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hsops.live.store import Store
from hsops.model import Change, Health, Key
from hsops.registry import Registry
from hsops.screens.place import Place, View
from hsops.screens.text import Line, Span, clock, line, span

FLOOD: Final = 3
"""More changes of one field of one kind in a minute than this become one line."""
ANCHORS: Final = 2
"""Hosts, racks … shown of a changed row."""
KEPT: Final = 120
"""Groups kept."""

_Group = tuple[int, str, str, str]
"""Minute, site, kind, field."""


@dataclass(slots=True)
class Group:
    """The changes of one field of one kind within one minute."""

    first: float
    changes: list[Change] = field(default_factory=list)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    count: int = 0
    worst: Health = Health.OK

    def add(self, change: Change) -> None:
        """Count a change; only the first few are kept whole."""
        self.count += 1
        self.worst = max(self.worst, change.health)
        if len(self.steps) < 50 or (change.old, change.new) in self.steps:
            self.steps[change.old, change.new] += 1
        if len(self.changes) <= FLOOD:
            self.changes.append(change)


class Timeline:
    """Follows a change log; `take` reads only what is new in it."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._groups: dict[_Group, Group] = {}
        self._seen = 0

    def take(self) -> bool:
        """Read what came since the last time; False when nothing did."""
        log = self._store.log
        new = log.total - self._seen
        if new <= 0:
            return False
        self._seen = log.total
        for change in log.tail(new):
            key = (int(change.when // 60), change.key.site, change.key.kind, change.field)
            group = self._groups.get(key)
            if group is None:
                group = self._groups[key] = Group(change.when)
            group.add(change)
        for key in list(self._groups)[: max(0, len(self._groups) - KEPT)]:
            del self._groups[key]
        return True

    def lines(self, count: int, *, many_sites: bool) -> list[Line]:
        """The last `count` lines, oldest first."""
        found: list[tuple[float, Line]] = []
        for group in reversed(self._groups.values()):
            found += [(when, one) for when, one in self._group_lines(group, many_sites)]
            if len(found) >= count * 2:
                break
        found.sort(key=lambda entry: entry[0])
        return [one for _, one in found[-count:]] if count > 0 else []

    def _group_lines(self, group: Group, many_sites: bool) -> Sequence[tuple[float, Line]]:
        if group.count <= FLOOD:
            return [
                (change.when, change_line(change, self._store, self._registry, many_sites=many_sites))
                for change in group.changes
            ]
        return [(group.first, self._flood(group, many_sites))]

    def _flood(self, group: Group, many_sites: bool) -> Line:
        first = group.changes[0]
        key = first.key
        place = Place(View.PANEL, kind=key.kind, site=key.site if many_sites else "")
        steps = [_step(first.field, old, new, count) for (old, new), count in group.steps.most_common(2)]
        more = " …" if len(group.steps) > 2 else ""
        name = self._registry.kind(key.kind).plural
        return line(
            Span(f" {clock(group.first)}  ", "dim"),
            *_site(key, many_sites),
            span(f"{group.count:,} {name}", "", place),
            f"  {first.field}  " if first.field else "  ",
            Span(" · ".join(steps) + more, _style(group.worst)),
        )


def change_line(change: Change, store: Store, registry: Registry, *, many_sites: bool) -> Line:
    """One change: when, of what, from what to what, and where that is."""
    place = Place(View.DETAIL, kind=change.key.kind, key=change.key)
    title = registry.kind(change.key.kind).title
    if change.field:
        what: Line = line(f"{change.field}  {_shown(change.old)} → ", span(_shown(change.new), _style(change.health)))
    else:
        what = line(span("new" if change.new else "gone", _style(change.health) if change.new else "dim"))
    head = line(
        Span(f" {clock(change.when)}  ", "dim"),
        *_site(change.key, many_sites),
        Span(f"{title} ", "dim"),
        span(change.title, "", place),
        "  ",
    )
    return (*head, *what, *_anchors(store, change.key))


def _site(key: Key, many_sites: bool) -> Line:
    return (span(f"{key.site} ", "dim"),) if many_sites else ()


def _step(field: str, old: str, new: str, count: int) -> str:
    return f"{_shown(old)} → {_shown(new)} ×{count:,}" if field else f"{new or old} ×{count:,}"


def _anchors(store: Store, key: Key) -> Line:
    """Where the row meets other systems: its host, its rack."""
    row = store.get(key)
    if row is None:
        return ()
    found = [link.target for link in row.links() if link.target.is_anchor][:ANCHORS]
    spans: list[Span] = []
    for target in found:
        anchor = Key(key.site, "", target.kind, target.id)
        spans += [Span("  "), span(str(target), "dim", Place(View.DETAIL, kind=target.kind, key=anchor))]
    return tuple(spans)


def _shown(value: str) -> str:
    return value[:60] if value else "–"


def _style(health: Health) -> str:
    return health.word if health in (Health.WARN, Health.CRITICAL) else ""
