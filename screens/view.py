"""`View`: what all screens have: context above, keys below, a prompt, and a place to come back to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from hsops.errors import HsopsError
from hsops.screens.desk import Desk
from hsops.screens.header import header
from hsops.screens.history import History
from hsops.screens.keys import has_key, key_name
from hsops.screens.messages import Go, Told
from hsops.screens.place import Memory, Place
from hsops.screens.pulse import KindChanges
from hsops.screens.sheet import Sheet
from hsops.screens.text import Line, Span, span, width, wrap
from hsops.screens.widgets.canvas import LineCanvas
from hsops.screens.widgets.narrow_update import NarrowScreen
from hsops.screens.widgets.prompt import Complete, Prompt

log = logging.getLogger("hsops.console")

MESSAGE_LINES: Final = 3
"""Lines that a message may take at the bottom."""


class View(NarrowScreen[None], inherit_bindings=False):
    """Base of the screens. A view works only while it is on top: it reads the store anew when it comes back."""

    AUTO_FOCUS = "#main"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.back", "Back", show=False, id="view.back")]
    HINTS: ClassVar[Sequence[tuple[str, str]]] = ()
    """Ids of bindings and their words on the last line, the most useful first."""

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(classes=f"tier-{desk.tier}")
        self.desk = desk
        self.place = place
        self._prompt: Prompt | None = None
        self._answer: Callable[[str], None] | None = None
        self._follow: Callable[[str], None] | None = None
        self._on_top = False
        self._said: tuple[Sequence[str], bool, float] | None = None

    # -- what a view is made of

    def compose(self) -> ComposeResult:
        """Context, content, keys."""
        self.context_line = LineCanvas(self._context_lines, id="context", ascii_only=self.desk.ascii_only)
        self.key_line = LineCanvas(self._key_lines, id="keys", ascii_only=self.desk.ascii_only)
        self.context_line.add_class("frame")
        self.key_line.add_class("frame")
        yield self.context_line
        yield from self.body()
        yield self.key_line

    def body(self) -> ComposeResult:
        """The content; one widget has the id ``main``."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read everything anew: the view came to the top."""

    def changed(self, changes: dict[str, KindChanges]) -> None:
        """The store changed while the view is on top."""

    def tick(self) -> None:
        """Once a second while the view is on top: ages."""

    def runs_changed(self) -> None:
        """The list of runs is another one while the view is on top."""

    def remember(self) -> Memory:
        """What to restore when the place is opened again."""
        return Memory()

    def again(self) -> bool:
        """ctrl-r, for a view that knows better than its sources what to ask; False: ask the sources."""
        return False

    def kinds(self) -> Sequence[str]:
        """Kinds that ctrl-r asks for; empty: all."""
        return ()

    def sheet(self) -> Sheet | None:
        """What is on the screen as a table, for saving."""
        return None

    def copy_text(self) -> str:
        """What ``c`` copies."""
        return ""

    # -- life

    def on_screen_resume(self) -> None:
        """The view comes to the top."""
        self._on_top = True
        self.reload()
        self.refresh_frame()

    def on_screen_suspend(self) -> None:
        """Another one stands above it."""
        self._on_top = False
        self.desk.memory[self.place] = self.remember()

    def second(self) -> None:
        """Called by the app once a second."""
        self.context_line.rebuild()
        if self._said is not None and self._said[2] <= self.desk.clock():
            self._said = None
            self._fit_keys()
        self.tick()

    def refresh_frame(self) -> None:
        """Draw the first and the last line anew."""
        self.context_line.rebuild()
        self.key_line.rebuild()

    def _context_lines(self, room: int, height: int) -> Sequence[Line]:
        return [header(self.desk, room)]

    # -- keys

    def hints(self) -> Sequence[tuple[str, str]]:
        """Ids and words of the last line."""
        return self.HINTS

    def keys_of(self) -> dict[str, str]:
        """The first key of each binding that works here, by id."""
        found: dict[str, str] = {}
        for key, active in self.active_bindings.items():
            if active.binding.id is not None and active.enabled and has_key(key):
                found.setdefault(active.binding.id, key)
        return found

    def _key_lines(self, room: int, height: int) -> Sequence[Line]:
        return self._message_lines() if self._said is not None else [self._key_words(room)]

    def _key_words(self, room: int) -> Line:
        keys = self.keys_of()
        shown: list[Span] = [Span(" ")]
        for id_, word in (*self.hints(), ("app.help", "")):
            if id_ not in keys:
                continue
            more = [Span(key_name(keys[id_]), "key"), span(f" {word}   " if word else " ")]
            help_room = 0 if id_ == "app.help" else 2
            if width(shown) + width(more) > room - help_room:
                continue
            shown += more
        return tuple(shown)

    # -- messages: they stand where the keys are, for as long as it takes to read them

    def flash(self, text: str, *, problem: bool = False) -> None:
        """Show a sentence at the bottom for a while."""
        parts = wrap(text, max(20, self.size.width - 4))[:MESSAGE_LINES]
        seconds = (8.0 if problem else 4.0) + len(text) / 20
        self._said = (parts, problem, self.desk.clock() + seconds)
        self._fit_keys()

    def _message_lines(self) -> list[Line]:
        parts, problem, _ = self._said or ((), False, 0.0)
        mark = Span(" ✗ ", "critical") if problem else Span(" · ", "accent")
        return [(mark if index == 0 else Span("   "), span(part)) for index, part in enumerate(parts)]

    def _fit_keys(self) -> None:
        self.key_line.styles.height = len(self._said[0]) if self._said is not None else 1
        self.key_line.rebuild()

    # -- the prompt

    async def ask(
        self,
        sign: str,
        answer: Callable[[str], None],
        *,
        value: str = "",
        follow: Callable[[str], None] | None = None,
        complete: Complete | None = None,
        history: History | None = None,
    ) -> None:
        """Ask for a line at the bottom; it has the focus at once.

        `follow` gets what is typed while it is typed, and `value` back on Esc.
        """
        if self._prompt is not None:
            return
        self._answer, self._follow = answer, follow
        self._before = value
        self._prompt = Prompt(sign, value=value, complete=complete, history=history)
        self.key_line.display = False
        await self.mount(self._prompt)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Something was typed."""
        if self._follow is not None:
            self._follow(event.value)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Enter."""
        answer = self._answer
        self._close_prompt()
        if answer is not None:
            answer(event.value)

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Esc: as it was before."""
        follow, before = self._follow, self._before
        self._close_prompt()
        if follow is not None:
            follow(before)

    def _close_prompt(self) -> None:
        if self._prompt is not None:
            self._prompt.remove()
            self.key_line.display = True
        self._prompt, self._answer, self._follow = None, None, None
        main = self.main
        if main is not None:
            main.focus()

    @property
    def main(self) -> Widget | None:
        """The widget that has the keys."""
        found = self.query("#main")
        return found.first() if found else None

    # -- for subclasses

    def go(self, place: Place) -> None:
        """Open a place above this one."""
        self.post_message(Go(place))

    def tell(self, text: str, *, problem: bool = False) -> None:
        """Tell the person something."""
        self.post_message(Told(text, problem=problem))

    def copy(self, text: str) -> None:
        """Copy a text through the terminal, and tell it."""
        from hsops.screens import clipboard  # noqa: PLC0415 - after the first paint

        try:
            self.app.copy_to_clipboard(clipboard.checked(text))
        except HsopsError as error:
            self.tell(str(error), problem=True)
        else:
            lines = text.count("\n") + 1
            self.tell(
                f"copied: {text[:60]}" if lines == 1 else f"copied {lines:,} lines: {text.splitlines()[0][:40]} …"
            )

    def work(self, job: Coroutine[Any, Any, None], group: str, *, exclusive: bool = True) -> None:
        """Do something in the background; whatever goes wrong in it is told and never ends the console."""
        self.run_worker(self._guarded(job), group=group, exclusive=exclusive)

    async def _guarded(self, job: Coroutine[Any, Any, None]) -> None:
        try:
            await job
        except HsopsError as error:
            self.tell(str(error), problem=True)
        except Exception as error:
            log.exception("a job of the view %s failed", self.place.view.value)
            self.tell(f"internal error: {type(error).__name__}: {error} → the log has the details", problem=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a line is typed, keys belong to it."""
        return self._prompt is None or action in ("app.quit", "app.back", "quit")

    def link_opened(self, link: Any) -> None:
        """A link of a page was opened."""
        if isinstance(link, Place):
            self.go(link)
