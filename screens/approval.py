"""Approving somebody else's run: its very plan, who asked, until when, how it is proven; then a yes or a no."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from hsops.errors import HsopsError
from hsops.policy import SiteRules
from hsops.screens.approval_lines import approval_lines
from hsops.screens.confirm import Ask
from hsops.screens.desk import Desk
from hsops.screens.dialog import Dialog
from hsops.screens.messages import Go
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.plan_lines import Shown, plan_lines
from hsops.screens.text import BLANK, Line, Span, span, wrap
from hsops.screens.widgets.lines import LinesView
from hsops.workflow.values import Plan, RunInfo


class Approve(Dialog[tuple[str, str] | None]):
    """The last question: a reason, and with `signed` the key. Gives both as typed."""

    def __init__(self, what: str, *, signed: bool, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._what = what
        self._signed = signed

    def fields(self) -> ComposeResult:
        """Reason, key."""
        yield Static(Content("reason (may be empty)"), classes="label")
        yield _field("reason")
        if self._signed:
            yield Static(Content("key: a private key, or a .pub that the agent has; empty: the agent's first key"),
                         classes="label")  # fmt: skip
            yield _field("key")

    def head_lines(self, room: int) -> Sequence[Line]:
        """What is approved."""
        text = "It goes on at once. Your name, the time and the digest of this plan stay with the run"
        text += ", with your signature." if self._signed else "."
        return [(span(self._what, "title"),), BLANK, *((span(part),) for part in wrap(text, room)), BLANK]

    def foot_lines(self, room: int) -> Sequence[Line]:
        """The keys."""
        word = " sign and approve   " if self._signed else " approve   "
        return [BLANK, (Span("enter", "key"), Span(word), Span("esc", "key"), Span(" leave"))]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        key = self.query_one("#key", Input).value.strip() if self._signed else ""
        self.dismiss((self.query_one("#reason", Input).value.strip(), key))


def _field(name: str) -> Input:
    found = Input(id=name)
    found.cursor_blink = False
    return found


class ApprovalView(Page):
    """One run that waits for a second person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve it", id="approval.approve"),
        Binding("n", "reject", "Reject it", id="approval.reject"),
    ]

    def __init__(self, desk: Desk, place: Place) -> None:
        super().__init__(desk, place)
        self._run_id = place.name
        self._info: RunInfo | None = None
        self._plan: Plan | None = None
        self._trouble = ""
        self._opened: set[int] = set()
        self._answering = False
        self._may_approve = False
        """Whether I am somebody else than who started it."""

    def hints(self) -> Sequence[tuple[str, str]]:
        """Approve and reject, while they can."""
        leave = ("view.back", "leave it")
        if self._info is None or self._info.approval is None or self._info.approval.verdict:
            return (leave,)
        act = (("approval.approve", "approve…"), ("approval.reject", "reject…"))
        return (
            *(act if self._may_approve else (act[1],)),
            ("lines.open", "all commands"),
            ("app.copy", "copy commands"),
            leave,
        )

    def on_mount(self) -> None:
        """Read it."""
        self.again()

    def again(self) -> bool:
        """Read it anew."""
        self.work(self._read(), "approval")
        return True

    def tick(self) -> None:
        """The time left; and somebody else may have answered."""
        self.again()

    async def _read(self) -> None:
        try:
            engine = await self.desk.runs.looking()
            self._info = await engine.info(self._run_id)
            self._may_approve = engine.waits_for_me(self._info)
            if self._plan is None or self._info.approval is None or self._plan.digest != self._info.approval.digest:
                self._plan = await engine.asked_plan(self._run_id)
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        if self.is_attached:
            self.page.rebuild()
            self.key_line.rebuild()

    @property
    def _rules(self) -> SiteRules | None:
        name = self._info.site if self._info is not None else ""
        return next((site for site in self.desk.session.sites if site.name == name), None)

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """Who asks, how it is proven, the plan."""
        trouble: list[Line] = [(Span(" ✗ ", "critical"), span(part)) for part in wrap(self._trouble, room - 4) if part]
        if self._info is None:
            return trouble or [(Span(" … asking", "dim"),)]
        head = approval_lines(self._info, self._rules, self.desk.clock(), room, may=self._may_approve)
        if self._plan is None:
            return [
                *head,
                *trouble,
                BLANK,
                (Span(" its plan is not kept: it had begun when approval was asked", "dim"),),
            ]
        return [*head, *trouble, BLANK, *plan_lines(Shown(self._plan, None, frozenset(self._opened), True), room)]

    def on_lines_view_opened(self, event: LinesView.Opened) -> None:
        """Enter on a step shows all its commands."""
        link = event.link
        if isinstance(link, tuple) and link[0] == "plan-step":
            self._opened ^= {link[1]}
            self.page.rebuild()
        elif isinstance(link, Place):
            self.go(link)

    def copy_text(self) -> str:
        """The commands of the plan."""
        return "\n".join(self._plan.commands()) if self._plan is not None else ""

    # -- answers

    def action_approve(self) -> None:
        """Yes, after one more question."""
        info = self._info
        if info is None or self._answering:
            return
        if info.approval is None or info.approval.verdict:
            self.tell("it does not wait for approval any more", problem=True)
        elif not self._may_approve:
            self.tell("you started it: a second person has to approve it → :runs on their console", problem=True)
        else:
            what = f"approve {info.workflow} {info.target} of {info.author}"
            dialog = Approve(what, signed=self._signed(), ascii_only=self.desk.ascii_only)
            self.app.push_screen(dialog, self._approved)

    def _signed(self) -> bool:
        from hsops.workflow.approval import approver_of  # noqa: PLC0415 - as above

        rules = self._rules
        try:
            return rules is None or approver_of(rules).signed
        except HsopsError:
            return True  # the engine says what the site file lacks

    def _approved(self, answer: tuple[str, str] | None) -> None:
        if answer is not None:
            self._answering = True
            self.work(self._approve(*answer), "answer", exclusive=False)

    async def _approve(self, reason: str, key: str) -> None:
        try:
            engine = await self.desk.runs.working()
            signature = None
            if self._signed():
                signature = await self._sign(await engine.approval_payload(self._run_id), key)
            digest = self._plan.digest if self._plan is not None else ""
            await engine.approve(self._run_id, reason=reason, signature=signature, digest=digest)
        except HsopsError as error:
            self.tell(str(error), problem=True)
            self.again()
        else:
            self.post_message(Go(Place(Kind.RUN, name=self._run_id)))
        finally:
            self._answering = False

    async def _sign(self, payload: bytes, key: str) -> bytes:
        """Sign in a thread. A private key may want its passphrase typed: the terminal is its own meanwhile."""
        from hsops.workflow.signers import sign  # noqa: PLC0415 - as above

        with ExitStack() as aside:
            if key and not key.endswith(".pub"):
                aside.enter_context(self.app.batch_update())
                with suppress(SuspendNotSupported):  # no terminal to give: agent, or a key without a passphrase
                    aside.enter_context(self.app.suspend())
            return await asyncio.to_thread(lambda: sign(payload, Path(key).expanduser() if key else None))

    def action_reject(self) -> None:
        """No, with a reason."""
        info = self._info
        if info is None:
            return

        def answered(reason: str | None) -> None:
            if reason:
                self.work(self._reject(reason), "answer", exclusive=False)

        text = f"reject {info.workflow} {info.target} of {info.author}? Nothing is changed, the run ends."
        self.app.push_screen(Ask(text, "reason, which its starter sees", ascii_only=self.desk.ascii_only), answered)

    async def _reject(self, reason: str) -> None:
        try:
            engine = await self.desk.runs.looking()
            await engine.reject(self._run_id, reason=reason)
            self.tell(f"run {self._run_id} is rejected")
        except HsopsError as error:
            self.tell(str(error), problem=True)
        self.again()
