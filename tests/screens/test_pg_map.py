"""The map of placement groups: a cell is a group of them; the cursor opens it; colours tell health or place."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import pytest

from hsops.api import Column, Format, Health, Kind, Layer, Lookup, Panel, Plugin, Resource, State
from hsops.errors import Unreachable
from hsops.plugins.ceph.pg_map import PgCell, PgMap, PgPool
from hsops.screens.pg_map_lines import Drawing, look
from hsops.screens.place import View
from hsops.screens.text import width
from tests.screens import cloud
from tests.screens.cloud import NOVA, World
from tests.screens.console import Console, console


class Pg(Resource):
    """A placement group."""

    KIND: ClassVar[str] = "watch.alert"
    id: str
    state: str = "active+clean"

    def key(self) -> str:
        return self.id

    def health(self) -> Health:
        return Health.OK if self.state == "active+clean" else Health.WARN


def feed(rows: Lookup) -> PgMap:
    """One pool, two groups a cell."""
    groups = rows("watch.alert")
    cells = []
    for start in range(0, len(groups), 2):
        pair = groups[start : start + 2]
        worst = max(pair, key=lambda pg: pg.health())
        cells.append(
            PgCell(worst.health(), worst.state, tuple(pg.id for pg in pair), "7", f"sto-{start % 4}", f"r{start % 4}")
        )
    pools = (PgPool("volumes", len(groups), "replicated 3  62 %", tuple(cells)),) if cells else ()
    return PgMap(f"{len(groups)}: all told", "misplaced 0.4 %  ~11 min", pools, "on osd.117 (down 4m): 2 pgs", 2)


KIND = Kind(
    name="watch.alert",
    title="pg",
    plural="pgs",
    resource=Pg,
    columns=(
        Column("pg", "PG", lambda row: row.id, priority=0),
        Column("state", "State", lambda row: State(row.health(), row.state), Format.STATE, priority=1),
    ),
)

MAPPED = Plugin(
    name="watch",
    title="Watch",
    layer=Layer.STORAGE,
    options=cloud.CloudOptions,
    connect="tests.screens.cloud:connect",
    kinds=(KIND,),
    sources=(cloud._source("watch.alert"),),
    panels=(Panel(kind="watch.alert", special="pg-map", feed=feed),),
)


def world() -> World:
    made = World()
    made.alerts = [Pg(f"1.{i:x}") for i in range(40)]
    made.alerts[7] = Pg("1.7", "active+undersized+degraded")
    made.alerts[9] = Pg("1.9", "active+remapped+backfilling")
    return made


def mapped(**options: Any) -> Any:
    return console(world(), plugins=(NOVA, MAPPED), **options)


async def to_map(c: Console) -> None:
    await c.command("pgs")
    await c.see("volumes", "replicated 3  62 %")


@pytest.mark.asyncio
async def test_a_cell_has_the_worst_state_of_its_groups() -> None:
    async with mapped(size=(80, 24)) as c:
        await to_map(c)
        await c.see("40: all told", "misplaced 0.4 %", "on osd.117 (down 4m): 2 pgs", "live")
        assert "···!▒···············" in c.row("volumes")
        assert "0           24" in c.row("pool")
        await c.press("right", "right", "right")
        await c.see("1.6 … 1.7", "active+undersized+degraded", "led by osd.7 on sto-2")


@pytest.mark.asyncio
async def test_enter_lists_the_groups_of_the_cell() -> None:
    async with mapped() as c:
        await to_map(c)
        await c.press("right", "right", "right", "enter")
        await c.until(lambda: c.place.view is View.PANEL and bool(c.place.ids), "the groups")
        assert c.names() == ["1.7", "1.6"]
        await c.press("escape")
        await c.see("1.6 … 1.7")


@pytest.mark.asyncio
async def test_colours_by_place_have_a_legend() -> None:
    async with mapped() as c:
        await to_map(c)
        await c.press("o", "o")
        await c.see("by host", "a sto-0", "b sto-2")
        assert "abab" in c.row("volumes")
        await c.press("o", "o")
        await c.see_no("by rack")


@pytest.mark.asyncio
async def test_the_plain_table_and_a_filter_are_one_key_away() -> None:
    async with mapped() as c:
        await to_map(c)
        await c.press("t")
        await c.until(lambda: c.place.name == "table", "the table")
        assert len(c.names()) == 40
        await c.press("escape")
        await c.press("slash")
        await c.type("degraded")
        await c.press("enter")
        await c.see("(39 hidden)")


@pytest.mark.asyncio
async def test_a_map_without_data_says_why() -> None:
    made = world()
    made.trouble["watch.alert"] = Unreachable("connection refused", hint="is a monitor up?")
    async with console(made, plugins=(NOVA, MAPPED)) as c:
        await c.command("pgs")
        await c.see("watch does not answer: connection refused → is a monitor up?")


def test_rows_fit_eighty_cells_with_the_widest_map() -> None:
    cells = tuple(PgCell(Health.OK, "active+clean", (str(i),)) for i in range(48))
    pool = PgPool("a-pool-with-a-long-name", 2048, "replicated 3  62 %", cells)
    drawn = PgMap("", "", (pool, dataclasses.replace(pool, cells=cells[:3])), "", 43)
    lines = list(Drawing("fra1", "ceph", drawn).lines(80))
    assert all(width(line) <= 80 for line in lines)


def test_what_moves_looks_other_than_what_is_behind() -> None:
    looks = {look(Health.WARN, state) for state in ("active+remapped+backfilling", "active+degraded")}
    assert len(looks) == 2
    assert look(Health.OK, "active+clean") == ("·", "dim")
