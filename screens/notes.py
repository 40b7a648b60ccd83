"""What goes on around a row, for its last cell: alerts about it, runs on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hsops.model import Health, Key, Ref, Relation, Resource
from hsops.screens.desk import Desk
from hsops.screens.header import ALERT_KIND
from hsops.screens.widgets.cell import Cell

if TYPE_CHECKING:
    from hsops.workflow.values import RunInfo

NOTHING = Cell("")


class Notes:
    """Writes the notes of rows."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._versions: list[int] = []
        self._index: Mapping[tuple[str, Ref], Sequence[Health]] = {}

    def __call__(self, key: Key, row: Resource) -> Cell:
        """``3 alerts  3f2a drain``."""
        alerts = self.alerts(key, row)
        runs = self._desk.runs.on(key.site, [key.ref, *anchors(row)]) if self._desk.runs.active else ()
        parts = [f"{run.id} {run.workflow.rpartition('.')[2]} {self._progress(run)}" for run in runs]
        if alerts:
            parts.insert(0, f"{len(alerts)} alert{'s' if len(alerts) > 1 else ''}")
        if not parts:
            return NOTHING
        worst = max(alerts, default=Health.OK)
        return Cell("  ".join(parts), worst.word if alerts else "accent")

    def _progress(self, run: RunInfo) -> str:
        """How far a run is; where it stands when it is not under way."""
        from hsops.screens.run_lines import short_progress  # noqa: PLC0415 - only with runs

        steps = self._desk.runs.steps.get(run.id, ())
        far = short_progress(steps)
        return far if run.status.value == "running" and far else f"{run.status.value} {far}".strip()

    def alerts(self, key: Key, row: Resource) -> list[Health]:
        """Health of what tells of the row, or of an anchor that the row is, and is not well."""
        told = self._told()
        if not told:
            return []
        return [health for ref in (key.ref, *anchors(row)) for health in told.get((key.site, ref), ())]

    def _told(self) -> Mapping[tuple[str, Ref], Sequence[Health]]:
        """Alerts by what they are about; made anew when one of their kinds changed.

        Not by the graph: it would link all rows of all systems only to show a table.
        """
        store = self._desk.store
        kinds = [kind.name for kind in self._desk.session.kinds if kind.name.rpartition(".")[2] == ALERT_KIND]
        versions = [store.version(kind) for kind in kinds]
        if versions != self._versions:
            self._versions = versions
            found: defaultdict[tuple[str, Ref], list[Health]] = defaultdict(list)
            for kind in kinds:
                for key, row in store.rows(kind).items():
                    if (health := row.health()) >= Health.WARN:
                        for link in row.links():
                            if link.relation is Relation.ABOUT:
                                found[key.site, link.target].append(health)
            self._index = found
        return self._index


def anchors(row: Resource) -> list[Ref]:
    """The anchors that the row is."""
    return [link.target for link in row.links() if link.relation is Relation.IS]
