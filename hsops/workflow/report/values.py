"""What a report says. Times are UTC, durations seconds; every value is JSON-able."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hsops.workflow.values import ApprovalInfo, RunInfo


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, by whom and why."""

    workflow: str
    title: str
    site: str
    tier: str
    target: str
    author: str
    at: datetime
    values: dict[str, Any] = {}
    choices: dict[str, str] = {}
    force: dict[str, str] = {}
    reason: str = ""
    window: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A check or a proof and its verdict: ok, failed or forced."""

    name: str
    verdict: str
    text: str = ""
    reason: str = ""
    """Why it was forced."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a fan-out and where it went; empty where the outcome does not tell."""

    step: str
    item: str
    title: str
    status: str
    text: str = ""
    origin: str = ""
    target: str = ""
    seconds: float | None = None


class Took(msgspec.Struct, frozen=True, kw_only=True):
    """How long a step took, or all items of a fan-out together."""

    name: str
    title: str
    kind: str
    status: str
    seconds: float
    items: int = 0
    slowest: str = ""
    """The item that took longest."""
    attempts: int = 1
    text: str = ""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something out of the ordinary: failed, retried, skipped, waived, red, a state of the run."""

    at: datetime
    what: str
    thing: str = ""
    text: str = ""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """An effect that was begun, with its exact equivalent command."""

    at: datetime
    step: str
    shell: str
    undo: bool = False


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """The run in the audit log of the bastion that makes the report."""

    entries: int
    seq: int = 0
    head: str = ""
    """Hash of the run's last entry there: a log without it was cut."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a run, for people who were not there."""

    run: RunInfo
    made: datetime
    asked: Asked
    approval: ApprovalInfo | None
    approvals: tuple[Happened, ...]
    """Every time it was asked for and answered."""
    touches: dict[str, int | str]
    checks: tuple[Checked, ...]
    moved: tuple[Moved, ...]
    counts: dict[str, int]
    """Items by how they ended: done, failed, skipped, pending."""
    took: tuple[Took, ...]
    """Longest first."""
    states: dict[str, float]
    """Seconds the run was in each state."""
    gates: tuple[Happened, ...]
    alerts: tuple[Happened, ...]
    """What fired meanwhile that did not fire before the first effect, and when it was quiet again."""
    alerts_watched: bool
    """Whether the site has a system that tells of alerts; without one nothing is known of them."""
    silences: tuple[Took, ...]
    troubles: tuple[Happened, ...]
    undone: tuple[Took, ...]
    notes: tuple[str, ...]
    commands: tuple[Command, ...]
    trace: Trace | None

    @property
    def forced(self) -> tuple[Checked, ...]:
        """The checks that did not hold and were passed by."""
        return tuple(check for check in self.checks if check.verdict == "forced")

    @property
    def seconds(self) -> float | None:
        """From its first moment of work to its end, or None."""
        run = self.run
        return (run.ended - run.started).total_seconds() if run.started and run.ended else None

    def as_json(self) -> Any:
        """As plain JSON types."""
        return {**msgspec.to_builtins(self), "forced": msgspec.to_builtins(self.forced), "seconds": self.seconds}

    def markdown(self) -> str:
        """As Markdown, safe to show anywhere whatever names tenants have chosen."""
        from hsops.workflow.report import markdown, paper  # noqa: PLC0415 - they know this module

        return markdown.render(paper.of(self))

    def text(self) -> str:
        """For a terminal."""
        from hsops.workflow.report import paper, text  # noqa: PLC0415 - as above

        return text.render(paper.of(self))
