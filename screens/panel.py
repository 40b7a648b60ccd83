"""A panel: the rows of one kind on the virtual table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.timer import Timer

from hsops.errors import HsopsError
from hsops.filter import compile_filter
from hsops.live.state import SourceState
from hsops.model import Key, Resource
from hsops.screens import offers
from hsops.screens.actions import ActionRunner
from hsops.screens.desk import Desk
from hsops.screens.empty import why_empty
from hsops.screens.notes import Notes
from hsops.screens.panel_columns import CellPainter, sort_letters, table_columns
from hsops.screens.panel_rows import PanelRows
from hsops.screens.panel_title import Title
from hsops.screens.place import Memory, Place
from hsops.screens.place import View as Kind
from hsops.screens.pulse import KindChanges
from hsops.screens.sheet import Sheet
from hsops.screens.text import Line
from hsops.screens.view import View
from hsops.screens.widgets.canvas import LineCanvas
from hsops.screens.widgets.table import PanelTable
from hsops.screens.widgets.table_messages import CursorMoved, MarksChanged, RowSelected, SortRequested

MANY_ROWS: Final = 20_000
"""A filter of more rows than this waits for a pause in the typing."""
BETWEEN_KEYS: Final = 0.25
SETTLED: Final = 8.0
"""Seconds without a key after which rows may move to where they belong, and between two such moves."""


class PanelView(View):
    """Rows keep their place while somebody works with them; a changed cell is marked for a few seconds."""

    CSS_PATH = "panel.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter: regex, !inverse, -l label, -f fuzzy", id="panel.filter", priority=True),
        Binding("d", "about('detail')", "Everything about the row", id="panel.detail"),
        Binding("x", "about('impact')", "What depends on it", id="panel.impact"),
        Binding("y", "about('yaml')", "The whole object as YAML", id="panel.yaml"),
        Binding("a", "offers", "All actions on the row", id="panel.actions"),
        Binding("0", "sort('')", "Worst first", id="panel.worst_first"),
        Binding("escape", "leave", "Clear the filter, else back", show=False, id="panel.leave"),
    ]

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self.kind = desk.registry.kind(place.kind)
        self.panel = desk.registry.panel(place.kind)
        self._memory = desk.memory.get(place)
        self._query = self._memory.query if self._memory else place.query
        self._rows = PanelRows(desk.store, self.kind.name, self.kind.columns, self._scope())
        self._states: dict[tuple[str, str], bool] = {}
        self._touched = 0.0
        self._sorted = 0.0
        self._filter_timer: Timer | None = None
        self._focus = ExitStack()
        self._places = self._place_columns()
        self._painter = CellPainter(
            self.kind, self._places, clock=desk.clock, notes=Notes(desk), fresh=self._fresh, ascii_only=desk.ascii_only
        )  # fmt: skip
        self._offers = {offer.id: offer for offer in offers.offers(desk.registry, self.kind.name)}
        self._actions = ActionRunner(self)
        self._add_bindings()

    def body(self) -> ComposeResult:
        """Title and table."""
        self.title_line = LineCanvas(self._title, id="title", ascii_only=self.desk.ascii_only)
        self.title_line.add_class("line")
        self.table: PanelTable[Key] = PanelTable(
            table_columns(self.kind, self._places), id="main", ascii_only=self.desk.ascii_only
        )
        yield self.title_line
        yield self.table

    # -- which rows

    def _scope(self) -> Callable[[Key, Resource], bool]:
        site, parent, ids = self.place.site, self.place.parent, frozenset(self.place.ids)
        if parent is None:
            return lambda key, row: (not site or key.site == site) and (not ids or key.id in ids)
        above = self.desk.store.get(parent)
        drill = self.desk.registry.panel(parent.kind).drill
        if above is None or drill is None:
            return lambda key, row: False
        return lambda key, row: key[:2] == parent[:2] and drill.match(above, row)

    def _place_columns(self) -> list[str]:
        plugin = self.desk.registry.owner(self.kind.name).name
        systems = [
            (site.name, one.name) for site in self.desk.session.sites for one in site.systems if one.plugin == plugin
        ]
        many_sites = len({site for site, _ in systems}) > 1
        return [*(["site"] if many_sites else []), *(["system"] if len(systems) > len({s for s, _ in systems}) else [])]

    def kinds(self) -> Sequence[str]:
        """This one."""
        return [self.kind.name]

    # -- life

    def on_mount(self) -> None:
        """Order and width as they were left."""
        sort = self._memory.sort if self._memory else self.panel.sort
        self._rows.sorted_by, self._rows.reverse = sort.lstrip("-"), sort.startswith("-")
        if self._memory and self._memory.wide:
            self.table.set_wide(True)

    def reload(self) -> None:
        """Read all rows: the view came to the top, or somebody asked."""
        if not self._focus_held:
            self._focus.enter_context(self.desk.session.focus(self.kind.name))
            self._focus_held = True
        self._rows.faults_only = self.desk.faults_only
        try:
            self._rows.match = compile_filter(self._query, self.kind.columns) if self._query else None
        except HsopsError as error:
            self.tell(str(error), problem=True)
        self._source_state_changed()
        self._rows.load()
        self._show_rows(now=True)
        if self._memory and isinstance(self._memory.cursor, Key) and self.table.move_to(self._memory.cursor):
            self._memory = None

    _focus_held = False

    def on_screen_suspend(self) -> None:
        """Nobody looks any more."""
        super().on_screen_suspend()
        self._focus.close()
        self._focus_held = False

    def remember(self) -> Memory:
        """Row, filter, order, width."""
        sort = f"-{self._rows.sorted_by}" if self._rows.reverse else self._rows.sorted_by
        return Memory(self.table.cursor_key, self._query, sort, self.table.wide)

    def changed(self, changes: dict[str, KindChanges]) -> None:
        """Take over the changes of this kind; others matter to the notes only."""
        own = changes.get(self.kind.name)
        if own is None:
            if any(one.rows for kind, one in changes.items() if kind.endswith(".alert")):
                self.table.invalidate(self._rows.keys)
            return
        moved = self._rows.apply(own)
        if self._source_state_changed():
            moved = True
        if moved:
            self._show_rows()
        elif own.changed:
            self.table.invalidate(own.changed)
        self.title_line.rebuild()

    def runs_changed(self) -> None:
        """The notes tell of runs."""
        self.table.invalidate(self._rows.keys)

    def tick(self) -> None:
        """Ages in the title; rows move to where they belong when nobody works with them."""
        now = self.desk.clock()
        if now - max(self._touched, self._sorted) > SETTLED:
            self._sorted = now
            if self._rows.sort():
                self._show_rows()
        self.title_line.rebuild()

    def _show_rows(self, *, now: bool = False) -> None:
        self.table.set_keys(self._rows.keys, self._cells, now=now)
        self.table.set_sort(self._rows.sorted_by, reverse=self._rows.reverse)
        if not self._rows.keys:
            self.table.set_empty(self._why_empty())
        self.title_line.rebuild()

    def _cells(self, key: Key) -> Sequence[Any]:
        return self._painter.cells(key, self._rows.rows[key])

    # -- how fresh

    def _sources(self) -> list[SourceState]:
        site = self.place.parent.site if self.place.parent else self.place.site
        return [state for state in self.desk.store.states(self.kind.name) if not site or state.site == site]

    def _fresh(self, key: Key) -> bool:
        return self._states.get((key.site, key.system), True)

    def _source_state_changed(self) -> bool:
        now = {(state.site, state.system): state.ok for state in self._sources()}
        changed, self._states = now != self._states, now
        return changed

    def _why_empty(self) -> str:
        return why_empty(
            self.kind, self.desk.registry.owner(self.kind.name).name, self._sources(),
            hidden=self._rows.hidden, query=self._query, faults_only=self.desk.faults_only, within=self._within(),
        )  # fmt: skip

    def _within(self) -> str:
        parent = self.desk.store.get(self.place.parent) if self.place.parent else None
        return f"of {parent.title()}" if parent is not None else ""

    def _title(self, room: int, height: int) -> Sequence[Line]:
        site = self.place.site or (self.place.parent.site if self.place.parent else "")
        sites = [one for one in self.desk.session.sites if not site or one.name == site]
        where = f"{sites[0].name} {sites[0].tier}" if len(sites) == 1 else f"{len(sites)} sites"
        title = Title(
            name=" ".join(part for part in (self.kind.plural, self._within()) if part),
            where=where, counts=self._rows.counts, states=self._sources(), now=self.desk.clock(),
            query=self._query, faults_only=self.desk.faults_only, hidden=self._rows.hidden,
            marked=len(self.table.marked) + 0,
            sort=f"{self._rows.sorted_by}{' down' if self._rows.reverse else ''}" if self._rows.sorted_by else "",
        )  # fmt: skip
        return [title.line(room)]

    # -- filter and order

    async def action_filter(self) -> None:
        """`/`"""
        await self.ask("/", self._filtered, value=self._query, follow=self._filter_soon, history=self.desk.filters)

    def _filter_soon(self, text: str) -> None:
        """While it is typed: at once, or between two keys when there are very many rows."""
        if self._filter_timer is not None:
            self._filter_timer.stop()
        if self._rows.total <= MANY_ROWS:
            self._filtered(text)
        else:
            self._filter_timer = self.set_timer(BETWEEN_KEYS, lambda: self._filtered(text))

    def _filtered(self, text: str) -> None:
        if self._filter_timer is not None:
            self._filter_timer.stop()
            self._filter_timer = None
        try:
            match = compile_filter(text, self.kind.columns) if text else None
        except HsopsError:
            return  # not finished yet: what was understood last stays
        self._query, self._rows.match = text, match
        self._rows.select()
        self._show_rows(now=True)

    def action_leave(self) -> None:
        """Esc: the filter first, then the view."""
        if self._query and self._query != self.place.query:
            self._filtered(self.place.query)
        else:
            self.app.call_later(self.app.run_action, "back")

    def action_sort(self, column: str) -> None:
        """By a column, the other way round when it is sorted by it already; an empty name is the worst first."""
        reverse = bool(column) and self._rows.sorted_by == column and not self._rows.reverse
        self._rows.sort_by(column, reverse=reverse)
        self._show_rows(now=True)

    def on_panel_table_sort_requested(self, event: SortRequested) -> None:
        """A title was clicked, or Shift-O."""
        if event.column in {column.name for column in self.kind.columns} | set(self._places):
            self._rows.sort_by(event.column, reverse=event.reverse)
            self._show_rows(now=True)

    # -- rows

    def on_panel_table_row_selected(self, event: RowSelected) -> None:
        """Enter: one level deeper."""
        drill = self.panel.drill
        if drill is None:
            self.go(Place(Kind.DETAIL, kind=self.kind.name, key=event.key))
        else:
            self.go(Place(Kind.PANEL, kind=drill.kind, parent=event.key))

    def on_panel_table_cursor_moved(self, event: CursorMoved) -> None:
        """Somebody works here: rows keep their place."""
        self._touched = self.desk.clock()

    def on_panel_table_marks_changed(self, event: MarksChanged) -> None:
        """The title counts them."""
        self._touched = self.desk.clock()
        self.title_line.rebuild()

    def action_about(self, view: str) -> None:
        """Another view on the row under the cursor."""
        key = self.table.cursor_key
        if key is not None:
            self.go(Place(Kind(view), kind=self.kind.name, key=key))

    def action_offer(self, id_: str) -> None:
        """An action or workflow of a plugin, on the marked rows or the one under the cursor."""
        self._actions.take(self._offers[id_], self._chosen())

    def action_offers(self) -> None:
        """All that can be done with the row."""
        self._actions.choose(list(self._offers.values()), self._chosen())

    def _chosen(self) -> list[Key]:
        """The marked rows, else the one under the cursor."""
        key = self.table.cursor_key
        return self.table.marked or ([key] if key is not None else [])

    def copy_text(self) -> str:
        """Names of the marked rows, or of the one under the cursor."""
        rows = [self.desk.store.get(key) for key in self._chosen()]
        return "\n".join(row.title() for row in rows if row is not None)

    def sheet(self) -> Sheet:
        """The shown columns of all rows that the filter lets through, in the order of the screen."""
        columns = table_columns(self.kind, self._places)
        dropped = {column.name for column in self.table.dropped}
        shown = [i for i, c in enumerate(columns) if c.name not in dropped and (self.table.wide or not c.wide)]
        rows = [[self._text(cells[i]) for i in shown] for cells in map(self._cells, self._rows.keys)]
        return Sheet(self.kind.plural, [columns[i].title or columns[i].name.upper() for i in shown], rows)

    @staticmethod
    def _text(cell: Any) -> str:
        return cell if isinstance(cell, str) else str(cell.text)

    # -- keys that depend on the kind

    def _add_bindings(self) -> None:
        taken = offers.keys_in_use([*PanelTable.BINDINGS, *self.BINDINGS])
        own = list(offers.bindings(self._offers.values(), taken))
        letters = sort_letters(self.kind.columns, sorted(taken | {binding.key for binding in own}))
        sorts = [
            Binding(letter, f"sort('{name}')", f"Sort by {name}", show=False, id=f"sort.{name}")
            for letter, name in letters.items()
        ]
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap([*own, *sorts])])

    def hints(self) -> Sequence[tuple[str, str]]:
        """The usual ones and those of the kind's actions."""
        first = self.panel.drill
        opens = self.desk.plural(first.kind) if first is not None else "detail"
        detail = [("panel.detail", "detail")] if first is not None else []
        more = [(offer.id, offer.word) for offer in self._offers.values()]
        return [
            ("table.select", opens), *detail, ("panel.impact", "impact"), *more,
            ("panel.filter", "filter"), ("table.toggle_mark", "mark"), ("panel.yaml", "yaml"),
        ]  # fmt: skip
