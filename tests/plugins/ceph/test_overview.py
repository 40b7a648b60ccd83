"""The headlines and the PG map."""

from __future__ import annotations

import time

from hsops.api import Headline, Health, Lookup
from hsops.plugins.ceph.headlines import headlines
from hsops.plugins.ceph.pg_map import pg_map
from hsops.plugins.ceph.rows.cluster import Cluster
from hsops.plugins.ceph.rows.osd import Osd
from hsops.plugins.ceph.rows.pg import NOBODY, Pg
from hsops.plugins.ceph.rows.pool import Pool
from tests.plugins.ceph.helping import lookup

GIB = 1 << 30


def cluster(**known: object) -> Cluster:
    """A clean cluster, but for what is given."""
    base = {
        "fsid": "f", "status": "HEALTH_OK", "mons": 3, "quorum": ("a", "b"), "osds": 4, "up": 4, "is_in": 4, "pgs": 100,
        "pg_states": (("active+clean", 100),), "used": 63 * GIB, "size": 100 * GIB,
    }  # fmt: skip
    return Cluster(**{**base, **known})  # type: ignore[arg-type] # fields by name


def said(*rows: Cluster | Osd) -> list[Headline]:
    """The headlines of these rows."""
    return list(headlines(lookup(rows)))


def test_well() -> None:
    assert said(cluster()) == [
        Headline(Health.OK, "HEALTH_OK 100 PGs clean", "ceph.cluster"),
        Headline(Health.OK, "63 % of 100 GiB", "ceph.host"),
    ]


def test_one_osd_down_and_recovering() -> None:
    row = cluster(
        status="HEALTH_WARN", up=3, reasons=("1 osds down",), degraded=0.018, recovering=412 << 20, recovered_in=660.0,
        pg_states=(("active+clean", 98), ("active+undersized+degraded", 2)),
    )  # fmt: skip
    assert said(row)[0] == Headline(
        Health.WARN, "HEALTH_WARN 1 OSD down · 1.8 % degraded · recovering 412 MiB/s, ~11 min", "ceph.osd"
    )


def test_health_ok_but_not_clean() -> None:
    row = cluster(pg_states=(("active+clean", 89), ("active+remapped+backfill_wait", 11)))
    assert said(row)[0].text == "HEALTH_OK 11 of 100 PGs not clean"


def test_without_a_manager_nothing_is_called_clean() -> None:
    first = said(cluster(manager=False))[0]
    assert (first.health, first.text) == (Health.WARN, "HEALTH_OK · no manager, the rest is old")


def test_no_quorum_says_nothing_else() -> None:
    assert said(cluster(quorum=())) == [
        Headline(Health.CRITICAL, "no quorum of 3 monitors, data stale", "ceph.cluster")
    ]


def test_a_hostile_reason_drives_no_terminal() -> None:
    text = said(cluster(status="HEALTH_WARN", reasons=("\x1b]52;c;x\x07 bad",)))[0].text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_one_full_osd_counts_more_than_the_average() -> None:
    full = Osd(id=1, name="osd.1", up=True, is_in=True, states=("nearfull",))
    assert said(cluster(), full)[0].health is Health.WARN


def pool(number: int, pgs: int, **known: object) -> Pool:
    """A pool."""
    base = {"id": number, "name": f"p{number}", "type": "replicated 3", "size": 3, "min_size": 2, "pg_num": pgs}
    return Pool(**{**base, **known})  # type: ignore[arg-type] # fields by name


def osd(number: int, **known: object) -> Osd:
    """An OSD."""
    base = {"id": number, "name": f"osd.{number}", "host": f"h{number}", "rack": "r1", "up": True, "is_in": True}
    return Osd(**{**base, **known})  # type: ignore[arg-type] # fields by name


def groups(number: int, count: int, **changed: Pg) -> list[Pg]:
    """Clean groups of a pool, in no order, but for those that are given by their id."""
    made = [Pg(f"{number}.{index:x}", "active+clean", (0, 1, 2), (0, 1, 2), 0) for index in reversed(range(count))]
    return [changed.get(f"n{pg.number}", pg) for pg in made]


def rows(*parts: object) -> Lookup:
    """Lists and single rows as one lookup."""
    flat: list[object] = []
    for part in parts:
        flat += part if isinstance(part, list) else [part]
    return lookup(flat)  # type: ignore[arg-type] # all of them resources


def test_cells_hold_groups_in_order_with_the_worst_state() -> None:
    bad = Pg("1.5", "active+undersized+degraded", (1, 2), (1, 2), 1)
    made = pg_map(rows(pool(1, 96, fill=0.62), pool(2, 8), groups(1, 96, n5=bad), groups(2, 8), osd(0), osd(1), osd(2)))
    first, second = made.pools
    assert (made.per_cell, len(first.cells), len(second.cells)) == (2, 48, 4)
    assert [pgid for cell in first.cells for pgid in cell.pgids] == [f"1.{index:x}" for index in range(96)]
    assert (first.cells[2].health, first.cells[2].state) == (Health.WARN, bad.state)
    assert [first.cells[2].place(by) for by in ("osd", "host", "rack")] == ["1", "h1", "r1"]
    assert (first.name, first.pg_num, first.text, first.health) == ("p1", 96, "replicated 3  62 %", Health.WARN)
    assert made.title == "104: 103 clean · 1 degraded · 1 undersized · 0 inactive"
    assert made.note == ""


def test_the_sentence_on_a_down_osd() -> None:
    lost = Pg("1.1", "active+undersized+degraded", (1, 2), (1, 2), 1, missing=(0,))
    worse = Pg("1.2", "undersized+degraded+peered", (1,), (1,), 1, missing=(0, 2))
    down = osd(0, up=False, down_since=time.time() - 240)
    members = groups(1, 4, n0=lost_copy(lost, "1.0"), n1=lost, n2=worse, n3=other())
    made = pg_map(rows(pool(1, 4), members, down, osd(1)))
    assert made.note == "on osd.0 (down 4 min, host/h0 rack/r1): 3 pgs, 1 below min_size"
    assert "1 inactive" in made.title


def lost_copy(pg: Pg, pgid: str) -> Pg:
    """The same group under another id."""
    return Pg(pgid, pg.state, pg.up, pg.acting, pg.acting_primary, pg.missing)


def other() -> Pg:
    """A clean group that has nothing to do with osd.0."""
    return Pg("1.3", "active+clean", (1, 2, 3), (1, 2, 3), 1)


def test_statistics_that_lag_the_map_are_not_believed() -> None:
    made = pg_map(rows(pool(1, 4), groups(1, 4), osd(0, up=False), osd(1), osd(2)))
    assert {cell.health for cell in made.pools[0].cells} == {Health.UNKNOWN}
    assert made.title == "4: 0 clean · 0 inactive · 4 not reported yet"
    assert made.note.startswith("on osd.0 (down, host/h0 rack/r1): 4 pgs")


def test_an_osd_that_went_down_before_anybody_looked() -> None:
    lost = Pg("1.0", "active+undersized+degraded", (1, 2), (1, 2), 1)
    made = pg_map(rows(pool(1, 1), lost, osd(0, up=False), osd(1), osd(2)))
    assert "not known" in made.note


def test_many_down_osds_are_counted() -> None:
    made = pg_map(rows(pool(1, 1), groups(1, 1), [osd(number, up=False) for number in range(5)]))
    assert made.note.count("\n") == 3
    assert made.note.endswith("and 2 more OSDs are down · in all 0 below min_size")


def test_places_that_nobody_fills_are_no_copies() -> None:
    hole = Pg("1.0", "active+undersized+degraded", (1, NOBODY, 2), (1, NOBODY, NOBODY), 1)
    assert hole.copies == 1
    assert [link.target.id for link in hole.links()] == ["1", "2"]


def test_nothing_known_yet() -> None:
    made = pg_map(rows())
    assert (made.pools, made.note, made.progress) == ((), "", "")
