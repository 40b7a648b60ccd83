"""A run that is large, and a store that goes away while somebody looks: the screens of runs on a bad day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hsops.api import Unreachable
from hsops.screens.place import View
from hsops.screens.run import RunView
from hsops.workflow.values import RunInfo, StepInfo
from tests.screens.console import Console, console
from tests.screens.recorded import RUNS, Recorded
from tests.screens.steps import fan_out

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]


class Failing(Recorded):
    """Recorded runs in a store that can go away, with as many items as one likes."""

    def __init__(self, items: int = 0) -> None:
        self.away = False
        self.items = items

    def _ask(self) -> None:
        if self.away:
            raise Unreachable("the store does not answer", hint="it is asked again")

    async def runs(self) -> Sequence[RunInfo]:
        self._ask()
        return await super().runs()

    async def info(self, run: str) -> RunInfo:
        self._ask()
        return await super().info(run)

    async def steps(self, run: str) -> Sequence[StepInfo]:
        self._ask()
        return fan_out(self.items // 2, 5, 3, self.items // 2 - 8) if self.items else await super().steps(run)


def opened(engine: Failing) -> Any:
    """How the console opens it."""

    async def open_engine(work: bool) -> Any:
        return engine

    return open_engine


async def view_of(c: Console) -> RunView:
    """The run that waits, on the screen."""
    await c.command(f"runs {RUNS[0].id}")
    await c.until(lambda: c.place.view is View.RUN, "the run")
    view = c.app.view
    assert isinstance(view, RunView)
    await c.until(lambda: bool(view.steps), "its steps")
    return view


async def test_a_thousand_items_open_scroll_and_resize() -> None:
    async with console(open_engine=opened(Failing(1000)), size=(80, 24)) as c:
        view = await view_of(c)
        await c.see("500 of 1,000", "3 failed", "5 at work", "T retry all")
        await c.press("e")
        await c.until(lambda: len(view.page.lines) > 1000, "every item on its line")
        await c.press("G")
        await c.see("vm-0999")
        link = view.page.link
        await c.pilot.resize_terminal(200, 50)
        await c.second()
        assert view.page.link == link, "the cursor stays on its item"
        assert "vm-0999" in c.text
        await c.pilot.resize_terminal(80, 24)
        await c.second()
        assert view.page.link == link
        await c.press("e")
        await c.until(lambda: len(view.page.lines) < 20, "folded again")


async def test_a_store_that_goes_away_leaves_what_was_known_and_says_so() -> None:
    engine = Failing()
    async with console(open_engine=opened(engine), size=(80, 24), runs_exist=lambda: True) as c:
        await c.app.desk.runs.refresh()
        await c.second()
        await c.see("waits for you", "2 for you")
        await view_of(c)
        engine.away = True
        await c.second()
        await c.see("✗ the store does not answer", "gpu-3", "12 of 19")
        await c.press("f3")
        await c.see("the store does not answer", "what was known last stands below", "rack.drain")
        engine.away = False
        await c.second()
        await c.see_no("the store does not answer")
        await c.press("slash")
        await c.type("rack")
        await c.press("enter")
        await c.see("(4 hidden)")
        await c.press("escape")
        await c.see("ceph.upgrade")


async def test_a_run_that_waits_for_nobody_is_not_approved() -> None:
    async with console(open_engine=opened(Failing()), size=(80, 24)) as c:
        await c.press("f3")
        await c.see("waiting for you 2")
        await c.press("j")
        await c.see("a approve or reject…")
        await c.press("a")
        await c.see("asked by  ann@bastion-2", "may approve it with a")
        await c.press("escape", "k", "a")
        await c.until(lambda: "waits for nobody's approval" in c.said(), "the sentence")
