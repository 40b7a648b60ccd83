"""A page of lines: the cursor goes from link to link, stays on its link, and little is repainted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from hsops.screens.text import Line, Span
from hsops.screens.theming import to_textual, variables
from hsops.screens.widgets.lines import LinesView
from hsops.themes.bundled import DARK

pytestmark = pytest.mark.asyncio


class Page(App[None]):
    """One page on the whole screen."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.shown = lines
        self.opened: list[Any] = []
        self.asked: list[Region] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(DARK)

    def compose(self) -> ComposeResult:
        self.page = LinesView(lambda room, height: self.shown, id="main")
        yield self.page

    def on_mount(self) -> None:
        self.register_theme(to_textual(DARK))
        self.theme = "hsops-dark"
        self.page.focus()

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        self.opened.append(event.link)


def lines(*rows: str) -> list[Line]:
    """``a b`` is two links, ``-`` a line without any."""
    return [
        tuple(Span(f"{word} ", "", word) for word in row.split()) if row != "-" else (Span("text"),) for row in rows
    ]


async def test_arrows_go_to_the_nearest_link() -> None:
    app = Page(lines("-", "a bbbb c", "-", "d eeee"))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("right")
        assert app.page.link == "bbbb"
        await pilot.press("down")
        assert app.page.link == "eeee"
        await pilot.press("up", "left", "enter")
        assert app.opened == ["a"]
        await pilot.press("G")
        assert app.page.link == "eeee"
        await pilot.press("g")
        assert app.page.link == "a"


async def test_the_cursor_stays_on_its_link_when_lines_move() -> None:
    app = Page(lines("a", "b", "c"))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("down", "down")
        assert app.page.link == "c"
        app.shown = lines("x", "-", "c", "b")
        app.page.rebuild()
        assert app.page.link == "c"
        app.shown = lines("x", "y")
        app.page.rebuild()
        assert app.page.link in ("x", "y"), "a link that is gone leaves the cursor near"
        app.shown = lines("-")
        app.page.rebuild()
        assert app.page.link is None


async def test_a_far_link_is_not_jumped_to_over_unread_lines() -> None:
    app = Page(lines("a", *["-"] * 40, "b"))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("down")
        assert app.page.link == "a"
        assert app.page.top == 1, "the page moved by a line"
        for _ in range(40):
            await pilot.press("down")
        assert app.page.link == "b"


async def test_pages_turn_and_the_wheel_scrolls() -> None:
    app = Page(lines(*(f"l{i}" for i in range(50))))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("pagedown")
        assert app.page.top == 9
        assert app.page.link == "l9"
        await pilot.press("pageup")
        assert app.page.link == "l0"


async def test_a_click_moves_and_a_second_one_opens() -> None:
    app = Page(lines("a bb", "c"))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.click("#main", offset=(2, 0))
        assert app.page.link == "bb"
        assert app.opened == []
        await pilot.click("#main", offset=(3, 0))
        assert app.opened == ["bb"]


async def test_only_changed_cells_are_repainted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Page([(Span("live 1s   "), Span("steady", "ok"), Span("  end"))] * 3)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        asked: list[Region] = []
        monkeypatch.setattr(app.page, "refresh", lambda *regions, **options: asked.extend(regions))
        app.shown = [app.shown[0], (Span("live 2s   "), Span("steady", "ok"), Span("  end")), app.shown[2]]
        assert app.page.rebuild() == 5, "from the digit to the end of its span"
        assert asked == [Region(5, 1, 5, 1)]
        asked.clear()
        assert app.page.rebuild() == 0
        assert asked == []


async def test_nothing_is_parsed_as_markup() -> None:
    app = Page([(Span("[red]x[/red] [link=http://x]y[/link]"),)])
    async with app.run_test(size=(60, 3)) as pilot:
        await pilot.pause()
        assert app.page.render_line(0).text.rstrip() == "[red]x[/red] [link=http://x]y[/link]"
