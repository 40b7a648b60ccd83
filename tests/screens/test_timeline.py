"""The timeline: single changes one by one, a flood as one line, in bounded memory and time."""

from __future__ import annotations

from hsops.live.store import Store
from hsops.model import Change, Health, Key
from hsops.registry import Registry
from hsops.screens.place import View
from hsops.screens.text import Line
from hsops.screens.timeline import KEPT, Timeline
from tests.screens.cloud import NOVA, NOW, WATCH

REGISTRY = Registry((NOVA, WATCH))


def made() -> tuple[Timeline, Store]:
    store = Store(REGISTRY.kinds)
    return Timeline(store, REGISTRY), store


def write(store: Store, name: str, *, field: str = "state", old: str = "up", new: str = "down", at: float = 0) -> None:
    key = Key("fra1", "nova", "nova.hypervisor", name)
    store.log.write(Change(NOW + at, key, name, field, old, new, Health.CRITICAL))


def text(line: Line) -> str:
    return "".join(one.text for one in line).strip()


def test_single_changes_are_told_one_by_one_in_order() -> None:
    timeline, store = made()
    write(store, "cmp-1")
    write(store, "cmp-2", field="", old="", new="new", at=1)
    assert timeline.take() is True
    lines = timeline.lines(10, many_sites=False)
    assert [text(line) for line in lines] == [
        "09:41:22  hypervisor cmp-1  state  up → down",
        "09:41:23  hypervisor cmp-2  new",
    ]
    link = next(one.link for one in lines[0] if one.link is not None)
    assert link.view is View.DETAIL  # type: ignore[attr-defined]  # a Place
    assert timeline.take() is False


def test_a_flood_is_one_line_a_minute() -> None:
    timeline, store = made()
    for number in range(500):
        write(store, f"cmp-{number}", new="down" if number % 5 else "lost")
    write(store, "cmp-0", at=60)
    timeline.take()
    lines = [text(line) for line in timeline.lines(10, many_sites=True)]
    assert lines == [
        "09:41:22  fra1 500 hypervisors  state  up → down ×400 · up → lost ×100",
        "09:42:22  fra1 hypervisor cmp-0  state  up → down",
    ]


def test_only_what_is_new_is_read_and_little_is_kept() -> None:
    timeline, store = made()
    for number in range(3 * KEPT):
        write(store, "cmp-1", at=60 * number)
        timeline.take()
    assert len(timeline._groups) == KEPT
    assert len(timeline.lines(5, many_sites=False)) == 5
    assert timeline.lines(0, many_sites=False) == []


def test_more_changes_than_the_log_keeps_are_no_error() -> None:
    timeline, store = made()
    for number in range(6_000):
        write(store, f"cmp-{number}")
    timeline.take()
    (line,) = timeline.lines(10, many_sites=False)
    assert "5,000 hypervisors" in text(line)
