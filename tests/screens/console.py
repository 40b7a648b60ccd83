"""A whole console on the cloud in memory, and what tests ask of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from hsops.app import HsopsApp
from hsops.live.state import SourceStatus
from hsops.screens.panel import PanelView
from hsops.screens.place import Place, View
from hsops.session import Session
from tests.screens.cloud import NOW, World, make_session

LIMIT = 30.0
CONNECTING = SourceStatus.CONNECTING

KEYS = {
    " ": "space",
    "/": "slash",
    "-": "minus",
    "@": "at",
    "=": "equals_sign",
    ".": "full_stop",
    "!": "exclamation_mark",
    "(": "left_parenthesis",
    ":": "colon",
    ",": "comma",
    "_": "underscore",
    "*": "asterisk",
}


@dataclass
class Console:
    """The app under test."""

    app: HsopsApp
    pilot: Pilot[Any]
    world: World
    session: Session

    def lines(self) -> list[str]:
        """The screen as text, line by line."""
        # The compositor is private, and the one place that knows what stands on the terminal.
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.lines())

    @property
    def panel(self) -> PanelView:
        """The panel on top."""
        view = self.app.view
        assert isinstance(view, PanelView), view
        return view

    @property
    def place(self) -> Place:
        """Where one is."""
        assert self.app.view is not None
        return self.app.view.place

    async def press(self, *keys: str) -> None:
        """Press keys and let them be handled."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*(KEYS.get(char, char) for char in text))

    async def command(self, line: str) -> None:
        """Enter a line after ``:``."""
        await self.press("colon")
        await self.type(line)
        await self.press("enter")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition; fail with the screen when it does not come true."""
        waited = 0.0
        while not condition():
            assert waited < LIMIT, f"did not happen in {LIMIT} s: {what}\n{self.text}"
            await self.pilot.pause(0.05)
            waited += 0.05

    async def see(self, *words: str) -> None:
        """Wait until all these stand on the screen."""
        await self.until(lambda: all(word in self.text for word in words), f"to see {words}")

    async def see_no(self, word: str) -> None:
        """Wait until this does not stand on the screen."""
        await self.until(lambda: word not in self.text, f"not to see {word!r}")

    async def open(self, kind: str) -> None:
        """Go to the panel of a kind and wait for its rows."""
        name = self.session.registry.kind(kind).name
        await self.command(kind)
        await self.until(lambda: self.place.view is View.PANEL and self.place.kind == name, f"the panel of {kind}")
        await self.until(lambda: bool(self.panel.table.keys) or bool(self.why_empty()), "rows or a reason")

    def why_empty(self) -> str:
        """What stands where rows would be."""
        return " ".join(line.strip() for line in self.lines()[3:-1] if line.strip())

    async def second(self) -> None:
        """What happens once a second, now; and all that was said is drawn."""
        assert self.app.view is not None
        self.app.view.reload()
        self.app.view.second()
        await self.pilot.pause()

    def row(self, text: str) -> str:
        """The first line with this text."""
        return next(line for line in self.lines() if text in line)

    def names(self) -> list[str]:
        """First words of the rows of the panel, in order, all of them."""
        rows = [self.session.store.get(key) for key in self.panel.table.keys]
        return [row.title() for row in rows if row is not None]

    def said(self) -> str:
        """What the last line says."""
        return re.sub(r"\s+", " ", " ".join(self.lines()[-3:]))


@asynccontextmanager
async def console(
    world: World | None = None,
    *,
    size: tuple[int, int] = (100, 30),
    tier: str = "lab",
    sites: tuple[str, ...] = ("fra1",),
    plugins: Any = None,
    state_dir: Path | None = None,
    fixed_clock: bool = True,
    rules: Any = None,
    **options: Any,
) -> AsyncIterator[Console]:
    """A running console; by default its clock stands still at `NOW`."""
    world = world or World()
    session = make_session(world, tier=tier, sites=sites, plugins=plugins, **(rules or {}))
    if fixed_clock:
        session.store._clock = lambda: NOW  # the store takes its clock from its maker, which is the session
    async with session:
        app = HsopsApp(session, state_dir=state_dir, clock=(lambda: NOW) if fixed_clock else None, **options)
        async with app.run_test(size=size) as pilot:
            made = Console(app, pilot, world, session)
            await made.until(
                lambda: all(s.status is not CONNECTING for s in session.store.states()), "the first answers"
            )
            await made.until(lambda: all(s.status is not CONNECTING for s in session.systems), "the first probes")
            await made.second()
            yield made
