"""How the main screens look, as SVG. ``pytest tests/screens/test_snapshots.py --snapshot-update`` takes them anew.

Compared on one Python version only: drawing is the same everywhere, the order of attributes in the SVG is not.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from hsops.api import Forbidden, Unreachable
from hsops.app import HsopsApp
from hsops.live.state import SourceStatus
from hsops.screens.run import RunView
from hsops.themes import loader
from tests.screens.cloud import NOW, World, make_session
from tests.screens.recorded import COMMANDS, RUNS, Recorded

pytestmark = [
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="snapshots are compared on Python 3.11 only"),
    pytest.mark.slow,
]

Steps = Callable[[Pilot[Any]], Awaitable[None]]
SMALL, LARGE = (80, 24), (200, 50)


def console(world: World | None = None, *, tier: str = "lab", theme: str = "dark", **options: Any) -> HsopsApp:
    session = make_session(world or World(), tier=tier)
    session.store._clock = lambda: NOW  # stands still
    return HsopsApp(session, clock=lambda: NOW, theme=loader.load(theme), **options)


def steps(*keys: str) -> Steps:
    """Wait for the first answers, then press keys; a key of several letters that is no key is typed."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, HsopsApp)
        session = app.desk.session
        for _ in range(400):
            states = [*session.store.states(), *session.systems]
            if all(state.status is not SourceStatus.CONNECTING for state in states):
                break
            await pilot.pause(0.05)
        for key in keys:
            if key.startswith(":"):
                await pilot.press(
                    "colon", *("slash" if c == "/" else "minus" if c == "-" else c for c in key[1:]), "enter"
                )
            else:
                await pilot.press(key)
            await pilot.pause(0.3)
        assert app.view is not None
        app.view.reload()
        app.view.second()
        await pilot.pause(0.3)

    return run


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("overview", ()),
        ("panel", (":hv",)),
        ("detail", (":hv", "d")),
        ("impact", (":hv", "x")),
        ("sources", ("f4",)),
        ("help", (":vm", "question_mark")),
        ("action", (":vm", "b")),
        ("filter", (":vm", "slash", "w", "e", "b")),
        ("command", ("colon", "s")),
    ],
)
def test_screen(snap_compare: Any, size: tuple[int, int], name: str, keys: tuple[str, ...]) -> None:
    assert snap_compare(console(), terminal_size=size, run_before=steps(*keys))


@pytest.mark.parametrize("theme", ["light", "colour-blind", "colour-blind-light", "mono"])
def test_theme(snap_compare: Any, theme: str) -> None:
    assert snap_compare(console(theme=theme), terminal_size=SMALL, run_before=steps(":hv"))


@pytest.mark.parametrize("tier", ["prod", "staging"])
def test_tier(snap_compare: Any, tier: str) -> None:
    assert snap_compare(console(tier=tier), terminal_size=SMALL, run_before=steps())


def test_a_bad_day(snap_compare: Any) -> None:
    world = World()
    world.trouble = {
        "nova.server": Forbidden("may not list servers", hint="ask for the role reader"),
        "watch.alert": Unreachable("connection refused", hint="is it running?"),
    }
    assert snap_compare(console(world), terminal_size=SMALL, run_before=steps())


def test_ascii(snap_compare: Any) -> None:
    assert snap_compare(console(ascii_only=True), terminal_size=SMALL, run_before=steps(":hv"))


async def recorded(work: bool) -> Any:
    return Recorded()


def with_runs(*keys: str) -> Steps:
    """List the runs, press the keys, wait until the view has what it shows."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, HsopsApp)
        await app.desk.runs.refresh()
        await steps(*keys)(pilot)
        for _ in range(400):
            view = app.view
            if not isinstance(view, RunView) or (view.steps and view._log.seen == COMMANDS):
                break
            await pilot.pause(0.05)
        await steps()(pilot)

    return run


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("run", (f":runs {RUNS[0].id}",)),
        ("plan", (":wf hypervisor.drain", "c", "m", "p", "minus", "0", "0", "3", "enter")),
        ("runs", ("f3",)),
    ],
)
def test_workflow_screen(snap_compare: Any, size: tuple[int, int], name: str, keys: tuple[str, ...]) -> None:
    app = console(open_engine=recorded, runs_exist=lambda: True)
    assert snap_compare(app, terminal_size=size, run_before=with_runs(*keys))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("log", (f":runs {RUNS[0].id}", "tab", "l", "f")),
        ("catalogue", ("w",)),
        ("form", (":hv", "r", "tab", "m", "tab")),
        ("approval", ("f3", "j", "a")),
        ("ascii", (f":runs {RUNS[0].id}",)),
    ],
)
def test_small_workflow_screen(snap_compare: Any, name: str, keys: tuple[str, ...]) -> None:
    app = console(open_engine=recorded, runs_exist=lambda: True, ascii_only=name == "ascii")
    assert snap_compare(app, terminal_size=SMALL, run_before=with_runs(*keys))
