# ruff: noqa: PLC0415 - what the first paint does not need is imported when it is used
"""The console: the one module that knows the screens and the session.

Workers fetch and post messages; the handlers here and in the screens own the widgets.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from hsops.config.paths import config_dir, data_dir, state_dir
from hsops.config.settings import setting
from hsops.errors import HsopsError, UserError, plain
from hsops.registry import Registry
from hsops.screens.desk import Desk
from hsops.screens.guard import Guard
from hsops.screens.history import History
from hsops.screens.keys import FILE
from hsops.screens.messages import Go, Told, Typed
from hsops.screens.overview import Overview
from hsops.screens.place import OVERVIEW, Place
from hsops.screens.place import View as Kind
from hsops.screens.process import nothing_on_stderr, quick_start
from hsops.screens.pulse import KindChanges, Pulse
from hsops.screens.runs import OpenEngine, Runs
from hsops.screens.theming import PREFIX, to_textual, variables
from hsops.screens.view import View
from hsops.session import Session
from hsops.themes import loader
from hsops.themes.bundled import DARK
from hsops.themes.symbols import ascii_only
from hsops.themes.values import Theme

log = logging.getLogger("hsops.console")

RUNS_EVERY: Final = 3.0
"""Seconds between two lists of the runs; the first one comes that long after the first paint, the engine is heavy."""


RUNS_FILE: Final = "runs.sqlite"
"""Where `hsops.cli.engines` keeps runs when the site file does not say otherwise."""

_PASSING: Final = (Kind.FORM, Kind.PLAN, Kind.APPROVAL)


class HsopsApp(App[int]):
    """One console on one session. Whoever made the session closes it.

    `keymap` is a Textual key map (`hsops.screens.keymap`), `open_engine` gives the workflow engine when it is needed.
    """

    CSS_PATH: ClassVar[Any] = ["screens/console.tcss"]
    TITLE: str | None = "hsops"
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("colon", "command", "Command line", id="app.command", priority=True),
        Binding("question_mark,f1", "help", "Keys of this view", id="app.help"),
        Binding("minus", "last", "Last view", id="app.last"),
        Binding("left_square_bracket", "history(-1)", "Back in the history", id="app.back_in_history"),
        Binding("right_square_bracket", "history(1)", "Forward in the history", id="app.forward_in_history"),
        Binding("ctrl+r", "refresh", "Ask the sources now", id="app.refresh"),
        Binding("ctrl+s", "save", "Save what is on the screen", id="app.save"),
        Binding("c", "copy", "Copy the name", id="app.copy"),
        Binding("exclamation_mark,ctrl+g", "faults", "Only faults", id="app.faults"),
        Binding("w", "go('workflows')", "Workflows", id="app.workflows"),
        Binding("f2,ctrl+e", "go('aliases')", "All kinds", id="app.aliases"),
        Binding("f3", "go('runs')", "Runs", id="app.runs"),
        Binding("f4", "go('sources')", "Sources", id="app.sources"),
        Binding("ctrl+p", "command_palette", "All commands", id="app.palette"),
        Binding("ctrl+c,ctrl+q", "quit", "Leave", priority=True, id="app.quit"),
    ]

    def __init__(
        self,
        session: Session,
        *,
        theme: Theme = DARK,
        keymap: Mapping[str, str] | None = None,
        ascii_only: bool = False,
        state_dir: Path | None = None,
        skins: Path | None = None,
        open_engine: OpenEngine | None = None,
        runs_exist: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] | None = None,
        after_first_paint: Callable[[], None] = lambda: None,
    ) -> None:
        self._skin = theme
        self._skins = skins
        self._after_first_paint = after_first_paint
        super().__init__()
        sites = {site.name: site.tier for site in session.sites}
        self.desk = Desk(
            session=session,
            clock=clock or time.time,
            guard=Guard(sites, clock or time.time),
            runs=Runs(open_engine, runs_exist),
            state_dir=state_dir,
            ascii_only=ascii_only,
            commands=History(state_dir / "commands" if state_dir else None),
            filters=History(state_dir / "filters" if state_dir else None),
            theme_names=lambda: loader.names(skins),
        )
        self._pulse = Pulse(self._store_changed)
        self._use_theme(theme)
        if keymap:
            self.set_keymap(keymap)

    # -- life

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables exist under every theme."""
        return variables(self._skin)

    def get_default_screen(self) -> Screen[Any]:
        """The overview is there from the first paint."""
        return Overview(self.desk, OVERVIEW)

    def on_mount(self) -> None:
        """Feeds start after the first paint."""
        self.desk.trail.visit(OVERVIEW)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self._stop_telling = self.desk.store.subscribe(self._pulse.note)
        self.desk.session.start()
        self._after_first_paint()
        self.set_interval(1.0, self._second)
        self.set_interval(RUNS_EVERY, self._list_runs)

    def _fatal_error(self) -> None:
        """Textual's end after an error of ours: no traceback for the person, all of it for the log."""
        log.critical("the console ends", exc_info=self._exception)
        self._exit_renderables.append(f"hsops: internal error: {plain(repr(self._exception), 300)}; the log has more")
        self._close_messages_no_wait()

    async def on_unmount(self) -> None:
        """Nobody is told any more."""
        self._pulse.stop()
        await self.desk.runs.close()

    @property
    def view(self) -> View | None:
        """The view on top; dialogs above it do not count."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, View)), None)

    def _store_changed(self, changes: dict[str, KindChanges]) -> None:
        view = self.view
        if view is not None and view.is_attached:
            view.changed(changes)

    def _second(self) -> None:
        view = self.view
        if view is not None and view.is_attached:
            view.second()

    def _list_runs(self) -> None:
        view = self.view
        if view is not None and self.desk.runs.worth_listing:
            view.work(self._refresh_runs(), "runs")

    async def _refresh_runs(self) -> None:
        before = (self.desk.runs.infos, self.desk.runs.steps)
        try:
            await self.desk.runs.refresh()
        except HsopsError as error:
            log.warning("runs cannot be listed: %s", error)
        view = self.view
        if view is not None and before != (self.desk.runs.infos, self.desk.runs.steps):
            view.runs_changed()

    # -- going places

    async def on_go(self, message: Go) -> None:
        """Open a place."""
        await self._open(message.place, fresh=message.fresh)

    async def _open(self, place: Place, *, fresh: bool = False) -> None:
        view = self.view
        if view is not None and view.place == place:
            return
        from hsops.screens import factory

        try:
            screen = factory.make(self.desk, place) if place != OVERVIEW else None
        except HsopsError as error:
            self.tell(str(error), problem=True)
            return
        with self.batch_update():
            if fresh or screen is None:
                await self._unwind(0)
            while screen is not None and isinstance(self.screen, View) and self.screen.place.view in _PASSING:
                await self.pop_screen()  # a run takes the place of the form and the plan that made it
            if screen is not None:
                await self.push_screen(screen)
        self.desk.trail.visit(place)

    async def _unwind(self, depth: int) -> None:
        """Take away every screen above the one at `depth`."""
        while len(self.screen_stack) > depth + 1:
            await self.pop_screen()

    async def action_back(self) -> None:
        """Esc: one level up, to the very row."""
        if len(self.screen_stack) > 1:
            await self.pop_screen()
            view = self.view
            if view is not None:
                self.desk.trail.visit(view.place)

    async def action_last(self) -> None:
        """The view seen before."""
        place = self.desk.trail.last()
        if place is None:
            self.tell("there is no view before this one")
        else:
            await self._show(place)
            self.desk.trail.visit(place)

    async def action_history(self, by: int) -> None:
        """Back and forward in the history."""
        place = self.desk.trail.step(by)
        if place is not None:
            await self._show(place)

    async def _show(self, place: Place) -> None:
        """Go to a place that was seen: down to it when it still lies below, else anew with what is remembered."""
        for depth, screen in enumerate(self.screen_stack):
            if isinstance(screen, View) and screen.place == place:
                with self.batch_update():
                    await self._unwind(depth)
                return
        here = self.desk.trail.index
        await self._open(place, fresh=True)
        self.desk.trail.index = min(here, len(self.desk.trail.places) - 1)

    async def action_go(self, name: str) -> None:
        """One of the places that have a name."""
        from hsops.screens.commands import VIEWS

        await self._open(VIEWS[name])

    # -- the command line

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A line that is being typed gets its colons; a dialog has no command line below it."""
        if action in ("command", "save"):
            return self.view is self.screen and not isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    async def action_command(self) -> None:
        """`:`. The line has the focus when this ends: what is typed right behind the colon is not lost."""
        from hsops.screens.completion import completer

        view = self.view
        if view is not None and view is self.screen:
            await view.ask(":", self._typed_line, complete=completer(self.desk),
                     history=self.desk.commands)  # fmt: skip

    def _typed_line(self, text: str) -> None:
        self.post_message(Typed(text))

    async def on_typed(self, message: Typed) -> None:
        """A command line was entered."""
        from hsops.screens.commands import parse
        from hsops.screens.completion import known

        try:
            command = parse(message.text, known(self.desk))
            if command is None:
                return
            if command.place is not None:
                await self._open(command.place, fresh=not command.stays)
            else:
                await self._do(command.word, command.argument)
        except HsopsError as error:
            self.tell(str(error), problem=True)

    async def _do(self, word: str, argument: str) -> None:
        from hsops.screens import references, unlocking

        match word:
            case "q":
                await self.action_quit()
            case "theme":
                self.set_skin(argument)
            case "unlock":
                self.tell(await unlocking.unlock(self.desk.guard, self.desk.session.audit, argument))
            case "lock":
                self.tell(await unlocking.lock(self.desk.guard, self.desk.session.audit))
            case "impact":
                await self._open(references.impact(self.desk.session, argument))
            case "save":
                self._save(argument or "csv")
            case "refresh":
                self.action_refresh()
            case _:
                raise UserError("no such command", thing=word)
        self._redraw_frame()

    def _redraw_frame(self) -> None:
        view = self.view
        if view is not None:
            view.refresh_frame()

    # -- what works everywhere

    def tell(self, text: str, *, problem: bool = False) -> None:
        """One sentence for the person; never markup."""
        view = self.view
        if view is not None and view.is_attached:
            view.flash(plain(text), problem=problem)

    def on_told(self, message: Told) -> None:
        """A screen has something to say."""
        self.tell(message.text, problem=message.problem)

    def action_help(self) -> None:
        """Keys of the view on top."""
        from hsops.screens.help import Help

        view = self.view
        if view is not None and view is self.screen:
            self.push_screen(Help(view))

    def action_refresh(self) -> None:
        """Ask the sources of what is shown, now."""
        view = self.view
        if view is not None and not view.again():
            view.work(self._refresh(view.kinds()), "refresh")

    async def _refresh(self, kinds: Sequence[str]) -> None:
        session = self.desk.session
        wanted = kinds or [kind.name for kind in session.kinds]
        await session.probe()
        states = await session.refresh(wanted)
        bad = [state for state in states if not state.ok]
        view = self.view
        if view is not None:
            view.reload()
        if bad:
            self.tell(f"{bad[0].system}: {bad[0].error} → {bad[0].hint or ':sources tells more'}", problem=True)

    def action_faults(self) -> None:
        """Only what is not well, or all again."""
        self.desk.faults_only = not self.desk.faults_only
        view = self.view
        if view is not None:
            view.reload()
            view.refresh_frame()

    def action_copy(self) -> None:
        """Copy what the view calls its text."""
        from hsops.screens import clipboard

        view = self.view
        text = view.copy_text() if view is not None else ""
        try:
            self.copy_to_clipboard(clipboard.checked(text))
        except UserError as error:
            self.tell(str(error), problem=True)
        else:
            self.tell(f"copied: {text[:60]}")

    async def action_save(self) -> None:
        """Ask for the format, then save."""
        view = self.view
        if view is not None and view is self.screen:
            await view.ask("save as", self._save_as, value="csv", complete=lambda text: ["csv", "json", "md"])

    def _save_as(self, form: str) -> None:
        try:
            self._save(form.strip())
        except HsopsError as error:
            self.tell(str(error), problem=True)

    def _save(self, form: str) -> None:
        from hsops.screens.saving import save

        sheet = self.view.sheet() if self.view is not None else None
        if sheet is None:
            raise UserError("there is nothing to save here")
        path = save(sheet, form, self.desk.state_dir, self.desk.clock())
        self.tell(f"{len(sheet.rows)} rows in {path}")

    async def action_quit(self) -> None:
        """Leave; ask first while a run of ours is under way."""
        if self.desk.runs.attached:
            with suppress(HsopsError):  # a store that is away must not keep anybody here
                await self.desk.runs.refresh()
        running = [info for info in self.desk.runs.active if info.id in self.desk.runs.attached]
        if not running:
            self.exit(0)
            return
        from hsops.screens.dialog import Leave

        if not isinstance(self.screen, Leave):
            self.push_screen(Leave(running), lambda leave: self.exit(130) if leave else None)

    # -- themes and palette

    def set_skin(self, name: str) -> None:
        """Another theme. Raises UserError, ConfigInvalid."""
        self._use_theme(loader.load(name, self._skins))

    def _use_theme(self, theme: Theme) -> None:
        self._skin = theme
        self.register_theme(to_textual(theme))
        self.theme = PREFIX + theme.name

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything that can be done here, for the command palette."""
        from hsops.screens.palette import entries

        view = self.view
        if view is not None:
            for entry in entries(view, self.post_message):
                yield SystemCommand(*entry)


def user_keymap(registry: Registry) -> dict[str, str]:
    """The key map file of this user. Raises ConfigInvalid."""
    if not (config_dir() / FILE).exists():
        return {}
    from hsops.screens.keymap import read_keymap

    return read_keymap(config_dir(), registry, HsopsApp.BINDINGS)


def make_app(session: Session, *, theme: str | None = None, **more: Any) -> HsopsApp:
    """The app as this environment wants it: theme, ASCII, key map, folders. Raises UserError, ConfigInvalid."""
    skins = data_dir() / loader.FOLDER
    return HsopsApp(
        session,
        theme=loader.choose(setting("skin", theme or "").value, os.environ, skins),
        ascii_only=ascii_only(os.environ),
        state_dir=state_dir(),
        skins=skins,
        keymap=user_keymap(session.registry),
        runs_exist=lambda: any(s.engine.store for s in session.sites) or (state_dir() / RUNS_FILE).exists(),
        **more,
    )


async def run_console(session: Session, *, theme: str | None = None, mouse: bool = True, **more: Any) -> int:
    """Run the console on a session until the person leaves; gives the exit code."""
    with quick_start() as started, nothing_on_stderr():
        app = make_app(session, theme=theme, after_first_paint=started, **more)
        code = await app.run_async(mouse=mouse)
    return app.return_code or 0 if code is None else code


__all__ = ["HsopsApp", "make_app", "run_console", "user_keymap"]
