"""One run, live: the tree of its steps above, its commands or its whole log below, and what to do next in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from hsops.errors import HsopsError
from hsops.screens.desk import Desk
from hsops.screens.place import Place
from hsops.screens.run_head import head_lines, keys_for
from hsops.screens.run_log import RunLog
from hsops.screens.run_tree import RunTree
from hsops.screens.run_wishes import RunWishes
from hsops.screens.sheet import Sheet
from hsops.screens.text import BLANK, Line, Span, span, wrap
from hsops.screens.widgets.canvas import LineCanvas
from hsops.screens.widgets.lines import LinesView
from hsops.workflow.values import RunStatus

PACE: Final = 0.25
"""Seconds between two looks at the steps at least."""
SHARE: Final = 3
"""The log gets one of so many parts of the screen."""


class RunView(RunWishes):
    """Esc leaves it running: nothing that happens on this screen but a wish changes the run."""

    CSS_PATH = "run.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log", "All events, or commands only", id="run.log"),
        Binding("slash", "filter", "Filter the log", id="run.filter"),
        Binding("tab", "other", "To the log and back", id="run.other", priority=True),
        Binding("f", "full", "The log on the whole screen", id="run.full"),
        Binding("e", "fold", "Open or fold everything", id="run.fold"),
        Binding("C", "copy_all", "Copy all commands", id="run.copy_all"),
    ]

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self._tree = RunTree()
        self._log = RunLog()
        self._trouble = ""
        self._stale = True
        self._reading = False
        self._following = False
        self._at_end = True
        self._in_log = False
        self._full = False

    def body(self) -> ComposeResult:
        """Head, tree, title of the log, log."""
        ascii_only = self.desk.ascii_only
        self.head = LineCanvas(self._head, id="head", ascii_only=ascii_only)
        yield self.head
        yield from super().body()
        self.log_title = LineCanvas(self._log_title, id="log-title", ascii_only=ascii_only)
        yield self.log_title
        self.log_pane = LinesView(self._log_lines, id="log", ascii_only=ascii_only)
        yield self.log_pane

    def on_mount(self) -> None:
        """Follow it."""
        self._fit()
        self._follow_run()
        self.set_interval(PACE, self._look)

    def on_resize(self) -> None:
        """The log keeps its share."""
        self._fit()

    def _fit(self) -> None:
        room, height = self.app.size
        self.head.styles.height = len(self._head(room, 0))
        self.page.display = not self._full
        self.log_pane.styles.height = "1fr" if self._full else max(3, (height - 5) // SHARE)

    # -- following

    def _follow_run(self) -> None:
        self._following = True
        self.work(self._follow_events(), "events")

    async def _follow_events(self) -> None:
        try:
            engine = await self.desk.runs.looking()
            async for event in engine.events(self.run_id, self._log.seen):
                self._log.take(event)
                self._stale = True
        except HsopsError as error:
            self._trouble = str(error)
        finally:
            self._following = False
        self._stale = True

    def _look(self) -> None:
        if self._stale and self._on_top and not self._reading:
            self._stale = False
            self.work(self._read(), "steps")

    async def _read(self) -> None:
        self._reading = True
        try:
            engine = await self.desk.runs.looking()
            self.info = await engine.info(self.run_id)
            self.steps = await engine.steps(self.run_id)
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        finally:
            self._reading = False
        if self.is_attached:
            self._draw()

    def tick(self) -> None:
        """Times; and a run that another process works on, or takes up again, tells us nothing by itself."""
        info = self.info
        moving = info is None or not info.status.over
        self._stale = self._stale or moving
        if moving and not self._following and (info is None or info.status is not RunStatus.STOPPED):
            self._follow_run()
        self._draw()

    def wished(self) -> None:
        """Look at once, and follow again when it rested."""
        self._stale = True
        if not self._following:
            self._follow_run()

    # -- drawing

    def _draw(self) -> None:
        wanted = len(self._head(self.app.size.width, 0))
        if self.head.styles.height is None or self.head.styles.height.value != wanted:
            self._fit()
        self.head.rebuild()
        self.page.rebuild()
        self.log_title.rebuild()
        self.log_pane.rebuild()
        if self._at_end:
            self.log_pane.action_last()
        self.key_line.rebuild()

    def reload(self) -> None:
        """Again on top."""
        self._stale = True
        super().reload()
        self._draw()

    def _head(self, room: int, height: int) -> Sequence[Line]:
        trouble: list[Line] = [(Span(" ✗ ", "critical"), span(part)) for part in wrap(self._trouble, room - 4) if part]
        if self.info is None:
            asking: list[Line] = [(Span(" … asking", "dim"),)]
            return [(Span(" run "), span(self.run_id, "title")), *(trouble or asking)]
        return [*head_lines(self.info, self.steps, self.desk.clock(), room), *trouble]

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """The tree."""
        if self.info is None:
            return [BLANK]
        self._tree.over = self.info.status.over
        return self._tree.lines(self.steps, self.desk.clock(), room)

    def _log_title(self, room: int, height: int) -> Sequence[Line]:
        return [self._log.title(room)]

    def _log_lines(self, room: int, height: int) -> Sequence[Line]:
        return self._log.lines(room)

    def hints(self) -> Sequence[tuple[str, str]]:
        """What makes sense now, first."""
        return keys_for(self.info, self.questions, in_log=self._in_log, everything=self._log.everything)

    # -- moving

    @property
    def main(self) -> Widget | None:
        """The part that has the keys: after a prompt it gets them back."""
        return self.log_pane if self._in_log else self.page

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """Enter opens and folds; a line of the log is then told in full."""
        if event.view is self.log_pane:
            self._log.opened ^= {event.link[1]}
            self._at_end = False
            self.log_pane.rebuild()
        else:
            self._tree.toggle(event.link)
            self.page.rebuild()

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """The log follows its end unless somebody reads further up."""
        if event.view is self.log_pane and self._in_log:
            self._at_end = self.log_pane.at_end

    def action_other(self) -> None:
        """The keys go to the other part."""
        self._in_log = not self._in_log or self._full
        self._at_end = self._at_end or not self._in_log
        main = self.main
        if main is not None:
            main.focus()
        self.key_line.rebuild()

    def action_full(self) -> None:
        """The log takes the whole screen, or its share again."""
        self._full = not self._full
        self._in_log = self._full
        self._fit()
        main = self.main
        if main is not None:
            main.focus()
        self._draw()

    def action_fold(self) -> None:
        """Everything open, or everything folded."""
        self._tree.toggle_all()
        self.page.rebuild()

    def action_log(self) -> None:
        """All events or commands only."""
        self._log.everything = not self._log.everything
        self._at_end = True
        self._draw()

    async def action_filter(self) -> None:
        """Only lines of the log with this pattern, while it is typed."""
        history = self.desk.filters
        await self.ask("/", self._narrow, value=self._log.filter, follow=self._narrow, history=history)

    def _narrow(self, pattern: str) -> None:
        try:
            self._log.narrow(pattern)
        except HsopsError:
            return  # half typed: the one before holds until it is a pattern again
        self._at_end = True
        self.log_title.rebuild()
        self.log_pane.rebuild()

    # -- copying

    def copy_text(self) -> str:
        """In the log the line under the cursor, else every command."""
        link = self.log_pane.link
        if self._in_log and link is not None:
            return self._log.text_of(link[1])
        return "\n".join(self._log.commands)

    def action_copy_all(self) -> None:
        """Every command, wherever the cursor is."""
        self.copy("\n".join(self._log.commands))

    def sheet(self) -> Sheet:
        """Steps and log as they stand."""
        rows = [*self._head(200, 0), *self.page.lines, *self.log_pane.lines]
        return Sheet(f"run-{self.run_id}", ["line"], [["".join(one.text for one in spans)] for spans in rows])
