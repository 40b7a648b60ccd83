"""Who hangs on whom, across systems and layers.

Resources name their links; anchors (``host/NAME`` …) are where the links of different systems meet. The graph is built
at the first question and then follows the store's changes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hsops.live.store import Delta, Store
from hsops.model import Key, Relation


@dataclass(frozen=True, slots=True)
class Edge:
    """A link as seen from one of its ends. `outward`: this end reported it. `exists`: the other end is a known row."""

    relation: Relation
    key: Key
    outward: bool
    exists: bool


@dataclass(frozen=True, slots=True)
class Impact:
    """Something that suffers, and why: the path from the cause to it, both included."""

    key: Key
    path: tuple[Key, ...]

    @property
    def distance(self) -> int:
        """Steps from the cause."""
        return len(self.path) - 1


Link = tuple[Relation, Key]


class Graph:
    """The links of all rows of a store, in both directions."""

    def __init__(self, store: Store, kinds: Iterable[str]) -> None:
        self._store = store
        self._kinds = tuple(kinds)
        self._out: dict[Key, tuple[Link, ...]] = {}
        self._in: defaultdict[Key, dict[Key, Relation]] = defaultdict(dict)
        self._built = False

    def related(self, key: Key) -> Sequence[Edge]:
        """Everything tied to `key` directly, or through an anchor that is the same thing."""
        self._ensure()
        found: dict[Key, Edge] = {}
        for end in self._same(key):
            for relation, other in self._out.get(end, ()):
                found.setdefault(other, Edge(relation, other, True, self._exists(other)))
            for other, relation in self._in.get(end, {}).items():
                found.setdefault(other, Edge(relation, other, False, self._exists(other)))
        found.pop(key, None)
        return list(found.values())

    def about(self, key: Key) -> Sequence[Key]:
        """The rows that tell of `key` or of the same thing elsewhere: alerts, above all."""
        self._ensure()
        return [
            other
            for end in self._same(key)
            for other, relation in self._in.get(end, {}).items()
            if relation is Relation.ABOUT
        ]

    def impact(self, key: Key) -> Sequence[Impact]:
        """Everything that depends on `key`, nearest first, each with the path that says why."""
        self._ensure()
        paths: dict[Key, tuple[Key, ...]] = {key: (key,)}
        queue = deque([key])
        while queue:
            here = queue.popleft()
            for other in self._sufferers(here):
                if other not in paths:
                    paths[other] = (*paths[here], other)
                    queue.append(other)
        return [Impact(other, path) for other, path in paths.items() if other != key]

    def _sufferers(self, key: Key) -> Iterator[Key]:
        for other, relation in self._in.get(key, {}).items():
            if relation is not Relation.ABOUT:
                yield other
        for relation, other in self._out.get(key, ()):
            if relation is Relation.IS:
                yield other

    def _same(self, key: Key) -> Sequence[Key]:
        """`key` and everything that is the same thing."""
        ends = [key]
        for end in ends:
            same = [other for relation, other in self._out.get(end, ()) if relation is Relation.IS]
            same += [other for other, relation in self._in.get(end, {}).items() if relation is Relation.IS]
            ends += [other for other in same if other not in ends]
        return ends

    def _exists(self, key: Key) -> bool:
        return self._store.get(key) is not None

    # -- following the store

    def _ensure(self) -> None:
        if self._built:
            return
        self._built = True
        for kind in self._kinds:
            for key in self._store.rows(kind):
                self._connect(key)
        self._store.subscribe(self._follow)

    def _follow(self, delta: Delta) -> None:
        for key in (*delta.removed, *delta.changed):
            self._disconnect(key)
        for key in (*delta.added, *delta.changed):
            self._connect(key)

    def _connect(self, key: Key) -> None:
        row = self._store.get(key)
        if row is None:
            return
        links = tuple((link.relation, _target(key, link.target.kind, link.target.id)) for link in row.links())
        if not links:
            return
        self._out[key] = links
        for relation, other in links:
            self._in[other][key] = relation

    def _disconnect(self, key: Key) -> None:
        for _, other in self._out.pop(key, ()):
            ends = self._in.get(other)
            if ends is None:
                continue
            ends.pop(key, None)
            if not ends:
                del self._in[other]


def _target(origin: Key, kind: str, id_: str) -> Key:
    """A reference as its reporter means it: a plugin's own kind is in the same system, an anchor is the site's."""
    return Key(origin.site, origin.system if "." in kind else "", kind, id_)
