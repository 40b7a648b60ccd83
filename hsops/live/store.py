"""The last known state of everything, and who is told when it changes. One event loop, no locks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from hsops.errors import HsopsError
from hsops.live.changes import ChangeLog
from hsops.live.state import SourceState, SourceStatus, status_after
from hsops.model import Batch, Key, Kind, Resource
from hsops.plugin import Lookup

Clock = Callable[[], float]
Origin = tuple[str, str, str]
"""Site, system, kind."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one batch did to one kind of one system. All empty with `state_changed`: only the source's state moved."""

    site: str
    system: str
    kind: str
    added: tuple[Key, ...] = ()
    changed: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()
    state_changed: bool = False


class Store:
    """Rows by kind, over all sites and systems.

    A failed source keeps its rows: the error and the age stand beside them.
    """

    def __init__(self, kinds: Iterable[Kind], clock: Clock = time.time) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._rows: dict[str, dict[Key, Resource]] = {name: {} for name in self._kinds}
        self._owned: dict[Origin, dict[str, Key]] = {}
        self._states: dict[Origin, SourceState] = {}
        self._versions: dict[str, int] = dict.fromkeys(self._kinds, 0)
        self._subscribers: list[Callable[[Delta], None]] = []
        self._clock = clock
        self.log = ChangeLog()

    # -- reading

    def rows(self, kind: str, site: str | None = None, system: str | None = None) -> Mapping[Key, Resource]:
        """The rows of a kind; without site and system a live view that costs nothing."""
        rows = self._rows[kind]
        if site is None and system is None:
            return MappingProxyType(rows)
        return {
            key: row
            for key, row in rows.items()
            if (site is None or key.site == site) and (system is None or key.system == system)
        }

    def get(self, key: Key) -> Resource | None:
        """One row, or None."""
        return self._rows.get(key.kind, {}).get(key)

    def version(self, kind: str) -> int:
        """A number that grows with every change of the kind's rows."""
        return self._versions[kind]

    def state(self, site: str, system: str, kind: str) -> SourceState:
        """What is known of a source; CONNECTING when nothing is."""
        return self._states.get((site, system, kind)) or SourceState(site, system, kind)

    def states(self, kind: str | None = None) -> Sequence[SourceState]:
        """The states of all sources, or of those that feed one kind."""
        return [state for state in self._states.values() if kind is None or state.kind == kind]

    def lookup(self, site: str, system: str) -> Lookup:
        """Read access to one system's rows, as a plugin's headlines and panel feeds want it."""

        def rows(kind: str) -> Sequence[Resource]:
            table = self._rows.get(kind, {})
            return [table[key] for key in self._owned.get((site, system, kind), {}).values()]

        return rows

    # -- being told

    def subscribe(self, callback: Callable[[Delta], None]) -> Callable[[], None]:
        """Call back after every change, in the event loop; gives the function that ends it."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def _publish(self, delta: Delta) -> None:
        for callback in tuple(self._subscribers):
            callback(delta)

    # -- writing

    def expect(self, site: str, system: str, kinds: Sequence[str]) -> None:
        """Announce a source, so that its state is shown before its first answer."""
        for kind in kinds:
            self._states.setdefault((site, system, kind), SourceState(site, system, kind, since=self._clock()))

    def apply(self, site: str, system: str, kinds: Sequence[str], batch: Batch) -> None:
        """Take over a batch of a source that feeds `kinds`. Rows of other kinds in it are refused (KeyError)."""
        parts: dict[str, list[Resource]] = {kind: [] for kind in kinds}
        for resource in batch.upserts:
            parts[resource.KIND].append(resource)
        gone: dict[str, set[str]] = {kind: set() for kind in kinds}
        for ref in batch.removes:
            gone[ref.kind].add(ref.id)
        for kind in kinds:
            delta = self._merge((site, system, kind), parts[kind], gone[kind], full=batch.full)
            moved = self._set_live((site, system, kind), batch)
            if delta.added or delta.changed or delta.removed or moved:
                self._publish(replace(delta, state_changed=moved))

    def _merge(self, origin: Origin, upserts: Sequence[Resource], gone: set[str], *, full: bool) -> Delta:
        site, system, name = origin
        rows, owned = self._rows[name], self._owned.setdefault(origin, {})
        first = self.state(*origin).at is None
        added, changed = self._upsert(origin, upserts, log_new=not first)
        if full:
            gone = owned.keys() - {resource.key() for resource in upserts}
        removed = []
        for id_ in gone:
            key = owned.pop(id_, None)
            if key is not None:
                self.log.went(self._kinds[name], key, rows.pop(key), self._clock())
                removed.append(key)
        if added or changed or removed:
            self._versions[name] += 1
        return Delta(site, system, name, tuple(added), tuple(changed), tuple(removed))

    def _upsert(self, origin: Origin, upserts: Sequence[Resource], *, log_new: bool) -> tuple[list[Key], list[Key]]:
        site, system, name = origin
        kind, rows, owned, now = self._kinds[name], self._rows[name], self._owned[origin], self._clock()
        added: list[Key] = []
        changed: list[Key] = []
        for resource in upserts:
            id_ = resource.key()
            key = owned.get(id_)
            if key is None:
                key = owned[id_] = Key(site, system, name, id_)
                rows[key] = resource
                added.append(key)
                if log_new:
                    self.log.came(kind, key, resource, now)
                continue
            old = rows[key]
            if old == resource:
                continue
            rows[key] = resource
            changed.append(key)
            self.log.changed(kind, key, old, resource, now)
        return added, changed

    def _set_live(self, origin: Origin, batch: Batch) -> bool:
        old, now = self.state(*origin), self._clock()
        since = old.since if old.status is SourceStatus.LIVE else now
        new = SourceState(*origin, SourceStatus.LIVE, at=now, since=since, missing=batch.missing)
        self._states[origin] = new
        return old.status is not new.status or old.missing != new.missing

    def fail(self, site: str, system: str, kinds: Sequence[str], error: HsopsError) -> None:
        """A source did not answer well: keep the rows, note why."""
        for kind in kinds:
            old = self.state(site, system, kind)
            status = status_after(error, had_data=old.at is not None)
            since = old.since if old.status is status else self._clock()
            new = replace(old, status=status, since=since, error=error.what, hint=error.hint, exit_code=error.exit_code)
            self._states[(site, system, kind)] = new
            if new != old:
                self._publish(Delta(site, system, kind, state_changed=True))
