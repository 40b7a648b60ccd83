"""A terminal that gets narrow updates shows what the screen was composed of, and gets few bytes."""

from __future__ import annotations

import random
from unicodedata import normalize

import pyte
import pytest
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.app import ComposeResult
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

from hsops.screens.widgets.narrow_update import NarrowCompositor, NarrowUpdate
from hsops.screens.widgets.table import Cell
from tests.screens.table_host import Host, painted, rows, until

pytestmark = pytest.mark.asyncio

SIZE = (60, 12)
SEED = 7
KEYS = ("j", "k", "space", "pagedown", "pageup", "G", "g", "ctrl+w", "right")
NAMES = ("cmp", "データ", "cafe\u0301", "x" * 30, "", "测试测试测试测试")


class Shown(Host):
    """Feeds what would go to a terminal into one that can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.terminal = pyte.Screen(*SIZE)
        self.stream = pyte.Stream(self.terminal)
        self.sizes: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.table
        over = Static("over the table")
        over.styles.layer = "above"
        over.styles.dock = "right"
        over.styles.width = 10
        over.styles.height = 3
        yield over

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            data = renderable.render_segments(self.console)
            self.sizes.append(len(data.encode()))
            self.stream.feed(data)
        super()._display(screen, renderable)  # type: ignore[arg-type]


def plain(lines: list[str]) -> list[str]:
    """The terminal in the test composes combining characters."""
    return [normalize("NFC", line).rstrip() for line in lines]


async def test_the_compositor_is_where_textual_looks_for_it() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(3))
        await painted(pilot, app.table)
        assert isinstance(app.screen._compositor, NarrowCompositor)
        app.screen._compositor.update_widgets({app.table.refresh(Region(3, 2, 5, 1))})
        update = app.screen._compositor.render_update()
        assert isinstance(update, NarrowUpdate)
        assert issubclass(NarrowUpdate, ChopsUpdate)


def disturb(app: Host, chance: random.Random, turn: int) -> None:
    """Something happens to the rows: cells change, rows come, go and change places."""
    key, (_, _, vms, age) = rows(40)[chance.randrange(40)]
    if turn % 4 == 3:
        some = chance.sample(rows(40), chance.choice((0, 5, 12, 40)))
        app.table.set_rows(some, now=chance.random() < 0.5)
    else:
        app.table.update({key: (chance.choice(NAMES), Cell(chance.choice(NAMES)), vms, age)})


async def test_the_terminal_shows_what_was_composed_after_any_changes() -> None:
    app = Shown()
    chance = random.Random(SEED)
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_empty("Nothing.")
        app.table.set_rows(rows(40))
        await painted(pilot, app.table)
        for turn in range(30):
            disturb(app, chance, turn)
            if turn % 3 == 0:
                await pilot.press(chance.choice(KEYS))
            if turn == 15:
                app.query_one(Static).display = False
            await pilot.pause(0.05)
        app.table.set_rows(rows(40))
        await painted(pilot, app.table)
        await until(pilot, lambda: plain(app.terminal.display) == plain(app.lines()), "the same on both")


async def test_a_cell_at_the_far_right_costs_no_more_than_one_at_the_left() -> None:
    app = Shown()
    async with app.run_test(size=SIZE) as pilot:
        app.table.set_rows(rows(40))
        app.query_one(Static).display = False
        await painted(pilot, app.table)
        app.sizes.clear()
        key, (name, state, vms, _) = rows(40)[5]
        app.table.update({key: (name, state, vms, "9m")})
        await until(pilot, lambda: bool(app.sizes), "the update")
        assert app.sizes[0] < 70
