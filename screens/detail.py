"""Detail: everything about one row, every line of it a link where it names something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingsMap, BindingType

from hsops.model import Health, Key
from hsops.screens import detail_lines, offers
from hsops.screens.actions import ActionRunner
from hsops.screens.desk import Desk
from hsops.screens.links import kind_title, link
from hsops.screens.notes import anchors
from hsops.screens.page import Page
from hsops.screens.panel_title import freshness
from hsops.screens.place import Place
from hsops.screens.pulse import KindChanges
from hsops.screens.run_lines import run_line
from hsops.screens.text import BLANK, Line, Span, cut, span


class DetailView(Page):
    """A row, or an anchor such as ``host/cmp-1``, of which only the ties are known."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "offers", "All actions on it", id="detail.actions")]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "open"),
        ("page.impact", "impact"),
        ("page.yaml", "yaml"),
        ("detail.actions", "actions"),
        ("view.back", "back"),
    )

    def __init__(self, desk: Desk, place: Place, key: Key) -> None:
        super().__init__(desk, place)
        self._key = key
        self._offers = {offer.id: offer for offer in offers.offers(desk.registry, key.kind)}
        self._actions = ActionRunner(self)
        taken = offers.keys_in_use([*self.BINDINGS, *Page.BINDINGS])
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(offers.bindings(self._offers.values(), taken))])

    def changed(self, changes: dict[str, KindChanges]) -> None:
        """The row or something tied to it may have changed."""
        self.page.rebuild()

    def tick(self) -> None:
        """Ages."""
        self.page.rebuild()

    def kinds(self) -> Sequence[str]:
        """The row's kind."""
        return [self._key.kind] if "." in self._key.kind else []

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """Title, summary, runs, related, recent changes."""
        desk, key, store = self.desk, self._key, self.desk.store
        row = store.get(key)
        own = desk.registry.kind(key.kind) if row is not None else None
        edges = desk.session.graph.related(key)
        runs = [
            run_line(run, desk.clock())
            for run in desk.runs.on(key.site, [key.ref, *(anchors(row) if row is not None else ())])
        ]
        parts = {
            "summary": detail_lines.summary(own, row, desk.clock(), room)
            if own is not None and row is not None
            else [],
            "runs": runs,
            "related": detail_lines.related(edges, lambda other: link(other, store, desk.registry), self._badness),
            "recent changes": detail_lines.changes(store.log.of(key)),
        }
        return [cut(self._heading(), room), BLANK, *detail_lines.sections(parts, room)]

    def _heading(self) -> Line:
        desk, key = self.desk, self._key
        row = desk.store.get(key)
        kind = kind_title(desk.registry, key.kind)
        where = f"   {key.site}" + (f" · {key.system}" if key.system else "")
        if row is None:
            gone = "" if "." not in key.kind else "   gone: it is not in the last list"
            return (Span(f" {kind} "), span(key.id, "title"), span(where, "dim"), Span(gone, "warn"))
        health = row.health()
        state = desk.store.state(key.site, key.system, key.kind)
        return (
            Span(f" {health.symbol} ", health.word),
            Span(f"{kind} "),
            span(row.title(), "title"),
            span(where, "dim"),
            Span("   "),
            *freshness([state], desk.clock()),
        )

    def _badness(self, key: Key) -> int:
        row = self.desk.store.get(key)
        return int(row.health()) if row is not None else int(Health.OK)

    def action_offer(self, id_: str) -> None:
        """An action or workflow of a plugin on the row."""
        self._actions.take(self._offers[id_], [self._key])

    def action_offers(self) -> None:
        """All that can be done with it."""
        self._actions.choose(list(self._offers.values()), [self._key])

    def copy_text(self) -> str:
        """The name of the link under the cursor, else of the row."""
        row = self.desk.store.get(self._key)
        return super().copy_text() or (row.title() if row is not None else self._key.id)

    def hints(self) -> Sequence[tuple[str, str]]:
        """The usual ones and the row's actions."""
        more = [(offer.id, offer.word) for offer in self._offers.values()]
        return [*self.HINTS[:3], *more, *self.HINTS[3:]]
