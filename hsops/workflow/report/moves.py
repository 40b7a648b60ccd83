"""What went from where to where, as far as the outcomes of items tell: they are sentences for people."""

from __future__ import annotations

import re

from hsops.workflow.report.values import Moved
from hsops.workflow.values import StepInfo, StepStatus

_NAME = r"([A-Za-z0-9][\w.:-]*)"
_FROM_TO = re.compile(rf"\b(?:from\s+)?{_NAME}\s*(?:→|->|\bto\b)\s*{_NAME}")
_ON = re.compile(rf"^(?:moved to|now on|on)\s+{_NAME}")


def moved(item: StepInfo, target: str) -> Moved:
    """An item of a run on `target` (``host/cmp-1``) as the report has it."""
    origin, to = ("", "")
    if item.status is StepStatus.DONE:
        origin, to = places(item.text, target.removeprefix("host/") if target.startswith("host/") else "")
    return Moved(
        step=item.name, item=item.item, title=item.title or item.item, status=item.status.value, text=item.text,
        origin=origin, target=to, seconds=seconds_of(item),
    )  # fmt: skip


def places(text: str, host: str) -> tuple[str, str]:
    """From where to where: ``on cmp-2`` of a run on cmp-1, ``from a to b``, ``a → b``; else nothing."""
    found = _FROM_TO.search(text)
    if found is not None and ("→" in found[0] or "->" in found[0] or text.startswith("from ")):
        return found[1], _end(found[2])
    found = _ON.match(text)
    if found is None:
        return "", ""
    to = _end(found[1])
    return (host if host != to else ""), to


def _end(name: str) -> str:
    return name.rstrip(".:,-")


def seconds_of(step: StepInfo) -> float | None:
    """How long its last attempt took."""
    return (step.ended - step.started).total_seconds() if step.started and step.ended else None
