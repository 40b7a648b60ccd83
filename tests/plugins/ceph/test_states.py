"""What states mean: placement groups, the life of a host's loss, recovery's end, words."""

from __future__ import annotations

import json

import msgspec
import pytest

from hsops.api import Health
from hsops.plugins.ceph import words
from hsops.plugins.ceph.rows.pg import Pg, health_of, is_clean
from hsops.plugins.ceph.sources.pgs import PgMemory, _merge
from hsops.plugins.ceph.sources.recovery import Trend
from hsops.plugins.ceph.wire.status import PgMap
from tests.plugins.ceph.helping import RECORDINGS


@pytest.mark.parametrize(
    ("state", "health", "clean"),
    [
        ("active+clean", Health.OK, True),
        ("active+clean+scrubbing+deep", Health.OK, True),
        ("active+clean+snaptrim", Health.OK, True),
        ("active+clean+inconsistent", Health.CRITICAL, True),
        ("active+clean+remapped", Health.WARN, True),
        ("active+remapped+backfilling", Health.WARN, False),
        ("active+undersized+degraded", Health.WARN, False),
        ("active+recovery_unfound+degraded", Health.CRITICAL, False),
        ("peering", Health.WARN, False),
        ("remapped+peering", Health.WARN, False),
        ("undersized+degraded+peered", Health.CRITICAL, False),
        ("down", Health.CRITICAL, False),
        ("incomplete", Health.CRITICAL, False),
        ("stale+active+clean", Health.CRITICAL, False),
        ("unknown", Health.UNKNOWN, False),
        ("", Health.UNKNOWN, False),
        ("something+new", Health.CRITICAL, False),
        ("active+clean+something_new", Health.WARN, True),
    ],
)
def test_state_words(state: str, health: Health, clean: bool) -> None:
    assert health_of(state) is health
    assert is_clean(state) is clean


def test_a_host_stops_and_comes_back() -> None:
    """The recorded life of 233 groups: who is missing is known from the moment of the loss until all is clean."""
    memory = PgMemory()
    seen: set[int] = set()
    lines = (RECORDINGS / "flow_host_stop_and_recovery.jsonl").read_text().splitlines()
    for line in lines:
        sample = json.loads(line)
        if "pgs_brief" in sample:
            rows = msgspec.convert(sample["pgs_brief"], list[Pg])
        elif "changed" in sample:
            moved = {one[0]: Pg(one[0], one[1], tuple(one[2]), tuple(one[3])) for one in sample["changed"]}
            rows = [moved.get(pg.pgid) or Pg(pg.pgid, pg.state, pg.up, pg.acting) for pg in memory.rows.values()]
        else:
            continue
        _merge(memory, rows)
        for pg in memory.rows.values():
            assert not (pg.clean and pg.missing), pg
            assert set(pg.missing).isdisjoint(pg.acting), pg
            seen |= set(pg.missing)
    assert seen == {0, 1}
    assert all(pg.clean for pg in memory.rows.values())


def _left(objects: int, rate: int = 0) -> PgMap:
    return PgMap(degraded_objects=objects, recovering_objects_per_sec=rate)


def test_recovery_ends_by_its_trend() -> None:
    trend = Trend()
    assert trend.eta(_left(1000, rate=10), 0) == 100  # no trend yet: the momentary rate
    assert trend.eta(_left(800, rate=1), 20) == pytest.approx(80)
    assert trend.eta(_left(600, rate=1), 40) == pytest.approx(60)
    assert trend.eta(_left(0), 60) is None


def test_recovery_that_does_not_move_has_no_end() -> None:
    trend = Trend()
    trend.eta(_left(500), 0)
    assert trend.eta(_left(500, rate=5), 30) is None
    assert Trend().eta(_left(500), 0) is None


def test_a_new_failure_begins_a_new_trend() -> None:
    trend = Trend()
    trend.eta(_left(100), 0)
    assert trend.eta(_left(5000, rate=50), 20) == 100


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (words.size(0), "0 B"), (words.size(1023), "1 KiB"), (words.size(412 * 2**20), "412 MiB"),
        (words.size(4.1 * 2**50), "4.1 PiB"), (words.size(24 * 2**30), "24 GiB"),
        (words.percent(0.0181), "1.8 %"), (words.percent(0), "0 %"), (words.percent(0.00001), "<0.1 %"),
        (words.percent(0.63), "63 %"), (words.duration(11 * 60), "11 min"), (words.duration(40), "40 s"),
        (words.duration(3 * 3600), "3 h"), (words.duration(3 * 86400), "3 d"), (words.duration(0), "1 s"),
    ],
)  # fmt: skip
def test_words(made: str, text: str) -> None:
    assert made == text
