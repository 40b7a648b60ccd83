"""Impact: everything that suffers when this does, across layers, worst and nearest first, each with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Final

from hsops.live.graph import Impact
from hsops.model import Health, Key
from hsops.screens.desk import Desk
from hsops.screens.links import kind_title, link, place_of
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.pulse import KindChanges
from hsops.screens.text import BLANK, Line, Span, cut, rule, span

SHOWN: Final = 500
"""Lines drawn; the counts on top are always of all."""


class ImpactView(Page):
    """What depends on a row or an anchor."""

    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("lines.open", "open"),
        ("page.impact", "its impact"),
        ("view.back", "back"),
    )

    def __init__(self, desk: Desk, place: Place, key: Key) -> None:
        super().__init__(desk, place)
        self._key = key

    def changed(self, changes: dict[str, KindChanges]) -> None:
        """Rows came, went or changed their state."""
        if any(one.rows for one in changes.values()):
            self.page.rebuild()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """Counts by kind, then every sufferer with its path."""
        desk, key = self.desk, self._key
        found = [one for one in desk.session.graph.impact(key) if "." in one.key.kind]
        head: list[Span] = [Span(" what depends on "), *link(key, desk.store, desk.registry)[1:]]
        lines = [cut((*head, Span(f"   {key.site}", "dim")), room), BLANK]
        if not found:
            return [*lines, (Span(" nothing that hsops knows of depends on it", "dim"),)]
        lines += [self._counts(found, room), BLANK, rule("nearest first", room)]
        ordered = sorted(found, key=lambda one: (one.distance, -self._health(one.key), one.key.kind, one.key.id))
        lines += [self._line(one, room) for one in ordered[:SHOWN]]
        if len(ordered) > SHOWN:
            lines.append((Span(f" and {len(ordered) - SHOWN:,} more", "dim"),))
        return lines

    def _counts(self, found: Sequence[Impact], room: int) -> Line:
        counts = Counter(one.key.kind for one in found)
        registry = self.desk.registry
        texts = [
            f"{count:,} {registry.kind(kind).title if count == 1 else registry.kind(kind).plural}"
            for kind, count in counts.most_common()
        ]
        return cut((Span(" touches  ", "dim"), span(" · ".join(texts))), room)

    def _line(self, one: Impact, room: int) -> Line:
        desk = self.desk
        spans: list[Span] = [Span(" "), *link(one.key, desk.store, desk.registry)]
        between = one.path[1:-1]
        if between:
            spans.append(Span("   through ", "dim"))
        for index, key in enumerate(between):
            row = desk.store.get(key)
            name = row.title() if row is not None else key.id
            spans += [
                Span(" → " if index else "", "dim"),
                span(f"{kind_title(desk.registry, key.kind)} {name}", "dim", place_of(key)),
            ]
        return cut(spans, room)

    def _health(self, key: Key) -> Health:
        row = self.desk.store.get(key)
        return row.health() if row is not None else Health.OK
