"""The rows of a panel against a plain model: counts, filter and order always add up, whatever the store does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from hsops.api import Batch, Column, Health, Kind, Resource
from hsops.live.store import Store
from hsops.model import Key
from hsops.screens.panel_rows import PanelRows, sort_key
from hsops.screens.pulse import KindChanges


class Toy(Resource):
    """A row with a health and a number."""

    KIND: ClassVar[str] = "toy.row"
    id: str
    state: int = 0
    number: int | None = 0

    def key(self) -> str:
        return self.id

    def health(self) -> Health:
        return Health(self.state)


KIND = Kind(
    name="toy.row",
    title="row",
    plural="rows",
    resource=Toy,
    columns=(Column("id", "ID", lambda row: row.id), Column("number", "N", lambda row: row.number)),
)

ROWS = st.builds(
    Toy,
    id=st.sampled_from("abcdefgh"),
    state=st.integers(0, 4),
    number=st.one_of(st.none(), st.integers(-3, 3)),
)
BATCHES = st.lists(st.lists(ROWS, max_size=6), min_size=1, max_size=8)


class Panel:
    """A store, a panel on it, and what waits to be told."""

    def __init__(self) -> None:
        self.store = Store([KIND])
        self.waiting = KindChanges()
        self.store.subscribe(self.waiting.take)
        self.rows = PanelRows(self.store, KIND.name, KIND.columns, lambda key, row: True)
        self.rows.load()

    def poll(self, found: Iterable[Toy]) -> None:
        unique = {row.id: row for row in found}
        self.store.apply("s", "toy", [KIND.name], Batch(upserts=list(unique.values()), full=True))

    def tell(self) -> bool:
        waiting, self.waiting = self.waiting, KindChanges()
        self.store._subscribers[:] = [self.waiting.take]
        return self.rows.apply(waiting)

    def expected(self) -> set[Key]:
        lets = self.rows._lets_through
        return {key for key, row in self.rows.rows.items() if lets(key, row)}


@settings(max_examples=200)
@given(BATCHES, st.booleans(), st.sampled_from(["", "number", "id"]), st.booleans(), st.data())
def test_counts_rows_and_hidden_add_up(
    batches: list[list[Toy]], faults: bool, by: str, reverse: bool, data: st.DataObject
) -> None:
    panel = Panel()
    panel.rows.faults_only = faults
    panel.rows.match = lambda row: getattr(row, "number", 0) != 0
    panel.rows.sort_by(by, reverse=reverse)
    for batch in batches:
        panel.poll(batch)
        if not data.draw(st.booleans()):
            continue
        before = list(panel.rows.keys)
        moved = panel.tell()
        assert moved == (before != panel.rows.keys)
        assert set(panel.rows.keys) == panel.expected()
        assert len(panel.rows.keys) == len(set(panel.rows.keys))
        assert panel.rows.total == len(panel.rows.rows)
        assert panel.rows.hidden == panel.rows.total - len(panel.rows.keys)
        counts = Counter(row.health() for row in panel.rows.rows.values())
        assert {health: count for health, count in panel.rows.counts.items() if count} == dict(counts)


@given(st.lists(ROWS, min_size=1, max_size=8), st.sampled_from(["", "number", "id"]), st.booleans())
def test_sorting_puts_what_is_not_known_last(found: list[Toy], by: str, reverse: bool) -> None:
    panel = Panel()
    panel.poll(found)
    panel.tell()
    panel.rows.sort_by(by, reverse=reverse)
    rows = [panel.store.get(key) for key in panel.rows.keys]
    if by == "number":
        numbers = [row.number for row in rows if isinstance(row, Toy)]
        known = [number for number in numbers if number is not None]
        assert known == sorted(known, reverse=reverse)
        assert numbers == known + [None] * (len(numbers) - len(known))
    elif not by:
        states = [row.state for row in rows if isinstance(row, Toy)]
        assert states == sorted(states, reverse=not reverse)


def test_rows_keep_their_place_until_they_are_sorted() -> None:
    panel = Panel()
    panel.poll([Toy("a"), Toy("b"), Toy("c")])
    panel.tell()
    panel.poll([Toy("a"), Toy("b"), Toy("c", state=4)])
    assert panel.tell() is False
    assert [key.id for key in panel.rows.keys] == ["a", "b", "c"]
    assert panel.rows.sort() is True
    assert [key.id for key in panel.rows.keys] == ["c", "a", "b"]
    assert panel.rows.sort() is False


def test_a_new_row_comes_where_it_belongs() -> None:
    panel = Panel()
    panel.poll([Toy("a"), Toy("c")])
    panel.tell()
    panel.poll([Toy("a"), Toy("b"), Toy("c"), Toy("z", state=4)])
    assert panel.tell() is True
    assert [key.id for key in panel.rows.keys] == ["z", "a", "b", "c"]


def test_any_two_values_can_be_compared() -> None:
    values = [None, 1, 1.5, True, "b", "A", ("x", "y"), (), Health.OK]
    assert sorted(values[:-1], key=sort_key)[-1] is None


@given(st.lists(st.tuples(st.sampled_from("acr"), st.sampled_from("xyz")), max_size=12))
def test_changes_told_together_say_what_happened_in_the_end(steps: list[tuple[str, str]]) -> None:
    store, waiting = Store([KIND]), KindChanges()
    store.subscribe(waiting.take)
    store.apply("s", "toy", [KIND.name], Batch(upserts=[Toy("x")], full=True))
    start = set(store.rows(KIND.name))
    told = KindChanges()
    store._subscribers[:] = [told.take]
    for number, (what, id_) in enumerate(steps, 1):
        rows = {key.id: row for key, row in store.rows(KIND.name).items()}
        if what == "r":
            rows.pop(id_, None)
        else:
            rows[id_] = Toy(id_, number=number)
        store.apply("s", "toy", [KIND.name], Batch(upserts=list(rows.values()), full=True))
    end = set(store.rows(KIND.name))
    assert told.added == end - start
    assert told.removed == start - end
    assert told.changed <= end & start
