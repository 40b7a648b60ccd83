"""Steps and runs as the engine tells of them, for tests that draw them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hsops.workflow.values import Event, RunInfo, RunStatus, StepInfo, StepStatus, Verdict
from hsops.workflow.version import VERSION
from tests.screens.cloud import NOW

START = datetime.fromtimestamp(NOW, UTC) - timedelta(minutes=4)


def at(seconds: float) -> datetime:
    """So long after the run began."""
    return START + timedelta(seconds=seconds)


def step(key: str, status: StepStatus = StepStatus.DONE, kind: str = "step", **fields: Any) -> StepInfo:
    """One step; what has begun took three seconds."""
    begun = status is not StepStatus.PENDING
    ended = begun and status is not StepStatus.RUNNING
    values = {"started": at(0) if begun else None, "ended": at(3) if ended else None, "name": key, **fields}
    return StepInfo(key=key, kind=kind, status=status, **values)


def item(number: int, status: StepStatus, name: str = "live-migrate", **fields: Any) -> StepInfo:
    """One item of a fan-out."""
    more: dict[str, Any] = {"title": f"vm-{number:04}", "item": f"i{number}", "name": name}
    if status is StepStatus.FAILED:
        more |= {"text": "no valid host", "verdicts": (Verdict.RETRY, Verdict.SKIP, Verdict.BACK_OUT)}
    command = ("openstack", "server", "migrate", f"i{number}")
    return step(f"{name}/i{number}", status, "item", **{"command": command, **more, **fields})


def fan_out(done: int, running: int, failed: int, pending: int) -> list[StepInfo]:
    """Items in these states, in this order."""
    states = [StepStatus.DONE] * done + [StepStatus.RUNNING] * running
    states += [StepStatus.FAILED] * failed + [StepStatus.PENDING] * pending
    return [item(number, status) for number, status in enumerate(states)]


def run_info(status: RunStatus = RunStatus.RUNNING, **fields: Any) -> RunInfo:
    """One run."""
    known: dict[str, Any] = {
        "id": "3f2a9k1m", "workflow": "hypervisor.drain", "title": "empty a hypervisor", "site": "fra1",
        "target": "host/cmp-002", "author": "noc@bastion-1", "created": START, "started": START, "version": VERSION,
        "owner": "bastion-1/4711", "owner_alive": True, "tier": "lab",
    }  # fmt: skip
    return RunInfo(**{**known, "status": status, **fields})


def event(number: int, key: str = "live-migrate", **fields: Any) -> Event:
    """One event."""
    return Event(run="3f2a9k1m", at=at(number), kind="step", seq=number, key=key, **fields)


def text(lines: Any) -> list[str]:
    """Lines of spans as plain text."""
    return ["".join(one.text for one in spans).rstrip() for spans in lines]
