"""A report as sections that any form can render: paragraphs, facts, tables, commands. Still raw: nothing is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from hsops.workflow.report.values import Happened, Moved, Report, Took

_LONG = 60.0
_NO_TROUBLE = "Nothing failed, nothing was skipped, nobody had to decide."


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of texts."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Lines:
    """Commands, one a line, or sentences of a list."""

    lines: Sequence[str]
    code: bool = False


Block: TypeAlias = "Paragraph | Table | Lines"


@dataclass(frozen=True, slots=True)
class Section:
    """A title and what stands under it."""

    title: str
    blocks: Sequence[Block]


def of(report: Report) -> Sequence[Section]:
    """The whole report; the first section's title is that of the report."""
    return [
        Section(f"{report.asked.title}: {report.asked.target or report.asked.workflow}", list(_head(report))),
        Section("Approval", list(_approval(report))),
        Section("Checks", list(_checks(report))),
        Section("What moved", list(_moved(report))),
        Section("How long it took", list(_times(report))),
        Section("Gates and alerts", list(_gates(report))),
        Section(
            "Trouble", list(_happened(report.troubles, "Nothing failed, nothing was skipped, nobody had to decide."))
        ),
        Section("Taken back", list(_undone(report))),
        *([Section("Notes", [Lines(report.notes)])] if report.notes else []),
        Section("Commands", list(_commands(report))),
        Section("Evidence", list(_evidence(report))),
    ]


def _head(report: Report) -> Iterator[Block]:
    run, asked = report.run, report.asked
    took = f" after {length(report.seconds)}" if report.seconds is not None else ""
    yield Paragraph(f"{run.status}{took}" + (f": {run.reason}" if run.reason else ""))
    facts = {
        "run": run.id,
        "workflow": asked.workflow,
        "site": f"{asked.site} ({asked.tier})" if asked.tier else asked.site,
        "target": asked.target,
        "started by": asked.author,
        "reason": asked.reason,
        "asked at": moment(asked.at),
        "began": moment(run.started),
        "ended": moment(run.ended),
        "window": asked.window,
        "touched": _pairs(report.touches),
        "inputs": _pairs({name: value for name, value in asked.values.items() if name != "reason"}),
        "choices": _pairs(asked.choices),
        "forced": _pairs(asked.force),
    }
    yield Table(("what", ""), [(name, value) for name, value in facts.items() if value])


def _approval(report: Report) -> Iterator[Block]:
    found = report.approval
    if found is None or not found.needed:
        yield Paragraph("No second person had to approve it.")
    elif not found.verdict:
        yield Paragraph(f"Not answered; it may be until {moment(found.expires)}.")
    else:
        how = f"signed, verified as {found.identity}" if found.signed else f"as the user {found.identity or found.by}"
        yield Paragraph(f"{found.verdict} by {found.by} at {moment(found.at)}, {how}." + _because(found.reason))
        if found.digest:
            yield Paragraph(f"Plan {found.digest}")
    yield from _happened(report.approvals, "")


def _because(reason: str) -> str:
    return f" Reason: {reason}" if reason else ""


def _checks(report: Report) -> Iterator[Block]:
    if not report.checks:
        yield Paragraph("None is recorded.")
        return
    yield Table(
        ("check", "verdict", "what it said", "forced because"),
        [(check.name, check.verdict, check.text, check.reason) for check in report.checks],
    )
    if not report.forced:
        yield Paragraph("Nothing was forced.")


def _moved(report: Report) -> Iterator[Block]:
    if not report.moved:
        yield Paragraph("It has no items.")
        return
    yield Paragraph(", ".join(f"{count} {status}" for status, count in report.counts.items()))
    yield Table(("thing", "from", "to", "ended", "took", "outcome"), [_move(one) for one in report.moved])


def _move(one: Moved) -> Sequence[str]:
    took = length(one.seconds) if one.seconds is not None else ""
    return (one.title, one.origin, one.target, one.status, took, one.text)


def _times(report: Report) -> Iterator[Block]:
    if report.states:
        spent = ", ".join(f"{state} for {length(seconds)}" for state, seconds in report.states.items())
        yield Paragraph(f"The run was {spent}.")
    if not report.took:
        yield Paragraph("No step was begun.")
        return
    yield Table(("step", "kind", "took", "ended", "attempts", "about"), [_time(one) for one in report.took])


def _time(one: Took) -> Sequence[str]:
    about = f"{one.items} items, slowest {one.slowest}" if one.items else one.title or one.text
    return (one.name, one.kind, length(one.seconds), one.status, str(one.attempts), about)


def _gates(report: Report) -> Iterator[Block]:
    yield from _happened(report.gates, "No gate was red, none was waived.")
    if report.alerts:
        yield Paragraph("What alerted during the run and did not before it:")
        yield from _happened(report.alerts, "")
    elif report.alerts_watched:
        yield Paragraph("No new alert was seen during the run.")
    else:
        yield Paragraph("Alerts during the run: not recorded, no system of the site told of them.")
    if report.silences:
        rows = [(one.title or one.name, one.status, length(one.seconds), one.text) for one in report.silences]
        yield Table(("silence", "ended", "took", "outcome"), rows)


def _happened(found: Sequence[Happened], none: str) -> Iterator[Block]:
    if found:
        yield Table(("when", "what", "thing", "text"), [(moment(o.at), o.what, o.thing, o.text) for o in found])
    elif none:
        yield Paragraph(none)


def _undone(report: Report) -> Iterator[Block]:
    if not report.undone:
        yield Paragraph("Nothing was taken back.")
        return
    rows = [(one.title or one.name, one.status, length(one.seconds), one.text) for one in report.undone]
    yield Table(("effect", "ended", "took", "outcome"), rows)


def _commands(report: Report) -> Iterator[Block]:
    if not report.commands:
        yield Paragraph("No effect was begun.")
        return
    yield Paragraph("The exact equivalent of every effect that was begun, in order; secrets are masked.")
    yield Lines([one.shell for one in report.commands], code=True)


def _evidence(report: Report) -> Iterator[Block]:
    trace = report.trace
    if trace is None or not trace.entries:
        yield Paragraph("The audit log of the bastion that made this report has no entry of this run.")
    else:
        where = f"in the audit log of the bastion that made this report; the last is {trace.seq}"
        yield Paragraph(
            f"{trace.entries} entries {where}; the last is {trace.seq}. Whether the log still holds it, says:"
        )
        yield Lines([f"hsops audit verify --head {trace.head}"], code=True)
    yield Paragraph(f"Made at {moment(report.made)}.")


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items() if value not in ("", None))


def moment(when: datetime | None) -> str:
    """RFC 3339 in UTC, to the second; empty for none."""
    if when is None:
        return ""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def length(seconds: float) -> str:
    """``340 ms``, ``12.4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _LONG:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
