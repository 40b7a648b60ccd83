"""What goes on around a row, for its last cell: alerts about it, runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.model import Health, Key, Ref, Relation, Resource
from hsops.screens.desk import Desk
from hsops.screens.widgets.cell import Cell

if TYPE_CHECKING:
    from hsops.workflow.values import RunInfo

NOTHING = Cell("")


class Notes:
    """Writes the notes of rows; the graph is asked for visible rows only."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, key: Key, row: Resource) -> Cell:
        """``3 alerts  3f2a drain``."""
        alerts = self.alerts(key)
        runs = self._desk.runs.on(key.site, [key.ref, *anchors(row)]) if self._desk.runs.active else ()
        parts = [f"{run.id} {run.workflow.rpartition('.')[2]} {self._progress(run)}" for run in runs]
        if alerts:
            parts.insert(0, f"{len(alerts)} alert{'s' if len(alerts) > 1 else ''}")
        if not parts:
            return NOTHING
        worst = max((health for _, health in alerts), default=Health.OK)
        return Cell("  ".join(parts), worst.word if alerts else "accent")

    def _progress(self, run: RunInfo) -> str:
        """How far a run is; where it stands when it is not under way."""
        from hsops.screens.run_lines import short_progress  # noqa: PLC0415 - only with runs

        steps = self._desk.runs.steps.get(run.id, ())
        far = short_progress(steps)
        return far if run.status.value == "running" and far else f"{run.status.value} {far}".strip()

    def alerts(self, key: Key) -> list[tuple[Key, Health]]:
        """What tells of the row and is not well."""
        store = self._desk.store
        found = []
        for other in self._desk.session.graph.about(key):
            row = store.get(other)
            if row is not None and (health := row.health()) >= Health.WARN:
                found.append((other, health))
        return found


def anchors(row: Resource) -> list[Ref]:
    """The anchors that the row is."""
    return [link.target for link in row.links() if link.relation is Relation.IS]
