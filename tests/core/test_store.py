"""The store: merging batches, telling what changed, keeping rows when a source fails."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsops.errors import AuthFailed, Forbidden, Unreachable
from hsops.live.state import SourceStatus
from hsops.live.store import Delta, Store
from hsops.model import Batch, Key, Kind, Ref
from tests.core.conftest import BOX, JOB, Box, Job, full

ORIGIN = ("s1", "toy", ["toy.box"])


@pytest.fixture
def store(kinds: Sequence[Kind]) -> Store:
    return Store(kinds)


def key(id_: str, site: str = "s1") -> Key:
    return Key(site, "toy", "toy.box", id_)


def test_a_full_batch_replaces_and_a_difference_does_not(store: Store) -> None:
    store.apply(*ORIGIN, full(Box("a"), Box("b")))
    store.apply(*ORIGIN, Batch(upserts=[Box("c")], removes=[Ref("toy.box", "a")]))
    assert set(store.rows("toy.box")) == {key("b"), key("c")}
    store.apply(*ORIGIN, full(Box("c")))
    assert set(store.rows("toy.box")) == {key("c")}


def test_subscribers_hear_only_of_differences(store: Store) -> None:
    heard: list[Delta] = []
    store.apply(*ORIGIN, full(Box("a"), Box("b")))
    end = store.subscribe(heard.append)
    store.apply(*ORIGIN, full(Box("a"), Box("b")))
    assert heard == []
    store.apply(*ORIGIN, full(Box("a", load=5), Box("d")))
    assert heard == [Delta("s1", "toy", "toy.box", (key("d"),), (key("a"),), (key("b"),))]
    end()
    store.apply(*ORIGIN, full())
    assert len(heard) == 1


def test_two_sites_share_a_kind_and_never_a_row(store: Store) -> None:
    store.apply(*ORIGIN, full(Box("a")))
    store.apply("s2", "toy", ["toy.box"], full(Box("a", state="down")))
    store.apply("s2", "toy", ["toy.box"], full())
    assert set(store.rows("toy.box")) == {key("a")}
    assert set(store.rows("toy.box", site="s2")) == set()


def test_a_failure_keeps_the_rows_and_their_age(store: Store) -> None:
    store.expect("s1", "toy", ["toy.box"])
    assert store.state("s1", "toy", "toy.box").status is SourceStatus.CONNECTING
    store.fail(*ORIGIN, Unreachable("refused", hint="start it"))
    assert store.state("s1", "toy", "toy.box").status is SourceStatus.DOWN
    store.apply(*ORIGIN, full(Box("a")))
    good = store.state("s1", "toy", "toy.box")
    store.fail(*ORIGIN, Unreachable("refused", hint="start it"))
    state = store.state("s1", "toy", "toy.box")
    assert (state.status, state.at, state.hint) == (SourceStatus.STALE, good.at, "start it")
    assert set(store.rows("toy.box")) == {key("a")}
    store.apply(*ORIGIN, full(Box("a")))
    assert store.state("s1", "toy", "toy.box").ok


@pytest.mark.parametrize(
    ("error", "status"), [(AuthFailed("no"), SourceStatus.AUTH), (Forbidden("no"), SourceStatus.FORBIDDEN)]
)
def test_errors_have_states_of_their_own(store: Store, error: AuthFailed, status: SourceStatus) -> None:
    store.fail(*ORIGIN, error)
    assert store.state("s1", "toy", "toy.box").status is status


def test_one_source_may_feed_two_kinds_and_no_others(store: Store) -> None:
    store.apply("s1", "toy", ["toy.box", "toy.job"], full(Box("a"), Job("j", "a")))
    assert len(store.rows("toy.box")) == len(store.rows("toy.job")) == 1
    with pytest.raises(KeyError):
        store.apply(*ORIGIN, full(Job("j", "a")))


def test_the_change_log_tells_tracked_fields_and_not_the_first_load(store: Store) -> None:
    store.apply(*ORIGIN, full(Box("a"), Box("b")))
    assert len(store.log) == 0
    store.apply(*ORIGIN, full(Box("a", state="down", load=9), Box("c")))
    told = [(change.title, change.field, change.old, change.new) for change in store.log]
    assert told == [("a", "state", "up", "down"), ("c", "", "", "new"), ("b", "", "gone", "")]
    assert [change.field for change in store.log.of(key("a"))] == ["state"]


boxes = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), max_size=6)


@given(st.lists(st.tuples(st.booleans(), boxes, st.sets(st.sampled_from("abcdef"))), max_size=8))
def test_any_sequence_of_batches_ends_where_a_plain_dict_ends(
    batches: list[tuple[bool, dict[str, int], set[str]]],
) -> None:
    store, model = Store((BOX, JOB)), dict[str, int]()
    mirror = dict[Key, int]()

    def follow(delta: Delta) -> None:
        for changed in (*delta.added, *delta.changed):
            row = store.get(changed)
            assert isinstance(row, Box)
            mirror[changed] = row.load
        for removed in delta.removed:
            del mirror[removed]

    store.subscribe(follow)
    for is_full, upserts, removes in batches:
        gone = [] if is_full else [id_ for id_ in removes if id_ not in upserts]
        batch = Batch(
            upserts=[Box(id_, load=load) for id_, load in upserts.items()],
            removes=[Ref("toy.box", id_) for id_ in gone],
            full=is_full,
        )
        store.apply(*ORIGIN, batch)
        model = dict(upserts) if is_full else {k: v for k, v in {**model, **upserts}.items() if k not in gone}
    assert {k.id: v for k, v in mirror.items()} == model
    assert {k.id for k in store.rows("toy.box")} == set(model)
