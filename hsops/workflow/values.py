"""What the rest of hsops sees of workflows. JSON-able values; times are UTC."""

from __future__ import annotations

import enum
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hsops.workflow.version import VERSION


class RunStatus(enum.StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    """Left for a worker: nothing has happened yet."""
    RUNNING = "running"
    WAITING = "waiting"
    """Something failed and a person decides: see the failed steps and their verdicts."""
    AWAITING = "awaiting-approval"
    """Planned and checked, nothing was changed: a second person has to approve it. Nobody need hold it meanwhile."""
    PAUSED = "paused"
    STOPPED = "stopped"
    """Half-way, nobody works on it: `resume` goes on at the failed step, `abort` undoes."""
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    REFUSED = "refused"
    """Ended before anything was changed."""
    DONE = "done"
    FAILED = "failed"
    """Can not go on at all: its journal is unreadable."""

    @property
    def over(self) -> bool:
        """Whether nothing can happen any more."""
        return self in _OVER


_OVER = frozenset({RunStatus.ROLLED_BACK, RunStatus.REFUSED, RunStatus.DONE, RunStatus.FAILED})


class StepStatus(enum.StrEnum):
    """Where a step or an item of a fan-out is."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Verdict(enum.StrEnum):
    """What a person decides about something that failed."""

    RETRY = "retry"
    SKIP = "skip"
    BACK_OUT = "back_out"


class PlannedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A named check and its verdict; `forced` is the reason given for going on without it."""

    name: str
    ok: bool
    text: str
    hint: str = ""
    warning: bool = False
    forced: str = ""


class PlannedChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A question about one thing and its answer so far; without an answer the run refuses to start."""

    key: str
    title: str
    why: str
    options: tuple[str, ...]
    default: str = ""
    answer: str = ""


class PlannedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a planned fan-out."""

    key: str
    title: str
    command: tuple[str, ...] = ()
    undo_command: tuple[str, ...] = ()


class PlanStep(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the plan. `kind`: step, each, wait, verify, gate or note."""

    kind: str
    name: str
    text: str = ""
    command: tuple[str, ...] = ()
    undo_command: tuple[str, ...] = ()
    undoable: bool = False
    items: tuple[PlannedItem, ...] = ()
    limit: int = 0

    def commands(self) -> Sequence[str]:
        """The exact equivalent commands, quoted for a shell."""
        argvs = [self.command, *(item.command for item in self.items)]
        return [shlex.join(argv) for argv in argvs if argv]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do, made by the same code that runs: reads and checks happened, effects did not."""

    workflow: str
    title: str
    site: str
    target: str
    values: dict[str, Any]
    author: str
    made: datetime
    checks: tuple[PlannedCheck, ...] = ()
    touches: dict[str, int | str] = {}
    choices: tuple[PlannedChoice, ...] = ()
    steps: tuple[PlanStep, ...] = ()
    notes: tuple[str, ...] = ()
    holder: str = ""
    """The run that holds the target now, in one phrase; empty when it is free."""
    digest: str = ""
    """Of all that decides what would happen: equal when the world has not changed since."""
    approval: str = ""
    """Who has to approve it, in one phrase; empty when nobody has to."""
    unapprovable: str = ""
    """Why nobody could approve it."""
    window: str = ""
    """How the maintenance windows stand; empty when the site has none."""

    def commands(self) -> Sequence[str]:
        """Every equivalent command in order."""
        return [line for step in self.steps for line in step.commands()]

    @property
    def obstacles(self) -> Sequence[str]:
        """Why it would be refused, in sentences; empty when it may start."""
        return [
            *(f"check {check.name}: {check.text}" for check in self.checks if not check.ok and not check.forced),
            *(f"no answer for {choice.key} ({choice.title})" for choice in self.choices if not choice.answer),
            *([f"{self.target} is held: {self.holder}"] if self.holder else []),
            *([f"nobody could approve it: {self.unapprovable}"] if self.unapprovable else []),
        ]


class ApprovalInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The approval of a run by a second person: asked for, given or refused."""

    needed: bool = True
    by: str = ""
    """Who answered: user@host."""
    at: datetime | None = None
    verdict: str = ""
    """Empty while it is asked for; approved or rejected."""
    reason: str = ""
    expires: datetime | None = None
    """Until when it may be given."""
    digest: str = ""
    """Of the plan that is approved."""
    signed: bool = False
    identity: str = ""
    """Who answered, as the site's rule for approvals knows people."""


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as it is now."""

    id: str
    workflow: str
    title: str
    site: str
    target: str
    status: RunStatus
    author: str
    created: datetime
    version: str
    values: dict[str, Any] = {}
    reason: str = ""
    """Why it waits, stopped, was refused or rolled back."""
    owner: str = ""
    """The process that works on it, ``host/pid``; empty when nobody does."""
    owner_alive: bool = False
    """Whether that process still renews its lease."""
    wish: str = ""
    """``pause`` or ``abort`` once somebody asked for it."""
    started: datetime | None = None
    ended: datetime | None = None
    touches: dict[str, int | str] = {}
    skipped: int = 0
    attempts: int = 0
    """How many processes have worked on it."""
    code: int = 0
    tier: str = ""
    """Of its site when it was started."""
    window: str = ""
    """The maintenance window that it is in, with its end; empty where a site has none."""
    approval: ApprovalInfo | None = None
    """None when nobody had to be asked."""

    @property
    def stranded(self) -> bool:
        """Whether it was begun by another version of hsops, of which no process is left."""
        return self.version != VERSION and not self.owner_alive and not self.status.over

    @property
    def exit_code(self) -> int:
        """Exit code of a command that watched it until now (OPERATIONS 2.4)."""
        match self.status:
            case RunStatus.DONE:
                return 7 if self.skipped else 0
            case RunStatus.ROLLED_BACK:
                return 5
            case RunStatus.REFUSED:
                return self.code or 3
            case RunStatus.STOPPED if self.skipped:
                return 7
            case _:
                return {RunStatus.FAILED: 1, RunStatus.AWAITING: 6}.get(self.status, 4)


class StepInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One step, or one item of a fan-out, as it is now.

    `kind`: read, check, step, item, wait, verify, gate, note or undo.
    """

    key: str
    """Unique in the run: what `decide` takes."""
    kind: str
    name: str
    status: StepStatus
    item: str = ""
    title: str = ""
    text: str = ""
    fraction: float | None = None
    left: float | None = None
    trend: tuple[float, ...] = ()
    """The last values of `left`, oldest first."""
    attempts: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    command: tuple[str, ...] = ()
    undo_command: tuple[str, ...] = ()
    undoable: bool = False
    """Whether it is taken back when the run is backed out."""
    verdicts: tuple[Verdict, ...] = ()
    """With status failed: what may be decided."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a run's log.

    `kind`: run, step, progress, check, choice, touches, note, question, decision, approval, gate, waiver, alert.
    """

    run: str
    at: datetime
    kind: str
    seq: int = 0
    key: str = ""
    status: str = ""
    text: str = ""
    command: tuple[str, ...] = ()
    shell: str = ""
    """The command quoted for a shell."""
    fraction: float | None = None
    left: float | None = None
    data: dict[str, Any] = {}

    def line(self) -> bytes:
        """One line of NDJSON."""
        return msgspec.json.encode(self)


def as_json(value: Plan | RunInfo | StepInfo | Event | Mapping[str, Any]) -> Any:
    """The value as plain JSON types."""
    return msgspec.to_builtins(value)
