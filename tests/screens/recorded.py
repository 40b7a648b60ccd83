"""What an engine would tell of runs at one fixed moment: for pictures of the screens, which must not move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from hsops.workflow.values import (
    ApprovalInfo,
    Event,
    Plan,
    PlannedCheck,
    PlannedChoice,
    PlannedItem,
    PlanStep,
    RunInfo,
    RunStatus,
    StepInfo,
    StepStatus,
    Verdict,
)
from tests.screens.steps import at, event, item, run_info, step

DONE, RUNNING, FAILED, PENDING = StepStatus.DONE, StepStatus.RUNNING, StepStatus.FAILED, StepStatus.PENDING
DISABLE = ("openstack", "compute", "service", "set", "--disable", "cmp-002", "nova-compute")
ENABLE = ("openstack", "compute", "service", "set", "--enable", "cmp-002", "nova-compute")


def migrate(name: str) -> tuple[str, ...]:
    """The command that moves a server."""
    return ("openstack", "server", "migrate", "--live-migration", name)


STEPS = [
    *(step(name, kind="check", text="holds") for name in ("host.up", "headroom", "no.migrations")),
    step("silence", text="a1b2 until 11:00Z", undoable=True, undo_command=("amtool", "silence", "expire", "a1b2")),
    step("disable", text="hsops:3f2a kernel upgrade", command=DISABLE, undo_command=ENABLE, undoable=True),
    *(item(n, DONE, text=f"on cmp-{n % 12:03}", started=at(n * 10), ended=at(n * 10 + 31)) for n in range(12)),
    item(12, RUNNING, title="db-2", text="1.2 GiB left", fraction=0.63, trend=(8, 6, 4, 2, 1), started=at(200)),
    item(13, RUNNING, title="web-9", text="7.9 GiB left", fraction=0.12, trend=(9, 8, 8), started=at(230)),
    item(14, FAILED, title="gpu-3", text="no valid host: trait CUSTOM_VGPU on no other host in its aggregate"),
    *(item(n, PENDING) for n in range(15, 19)),
    step("raft caught up", RUNNING, "wait", text="3 of 5 members", left=2.0, trend=(5, 4, 3, 2), started=at(210)),
    step("between hosts", RUNNING, "gate", text="alerts.new: HostDown fires for cmp-003", started=at(220),
         verdicts=(Verdict.SKIP, Verdict.BACK_OUT)),
    step("verify empty", PENDING, "verify"),
]  # fmt: skip

ASKED = ApprovalInfo(digest="c186ac71fab9a59d" * 4, expires=at(4 * 3600))

COMMANDS = 13
"""Events of a run."""

RUNS = [
    run_info(RunStatus.WAITING, reason="gpu-3: no valid host"),
    run_info(RunStatus.AWAITING, id="8c1d2m4p", workflow="rack.drain", target="rack/r07", author="ann@bastion-2",
             started=None, approval=ASKED, owner="", owner_alive=False, created=at(-600)),
    run_info(id="a91kk2zz", workflow="ceph.upgrade", target="ceph/ceph", owner_alive=False, created=at(-1200)),
    run_info(RunStatus.DONE, id="77ff3k2a", target="host/cmp-001", skipped=2, created=at(-7200), started=at(-7100),
             ended=at(-6000)),
    run_info(RunStatus.ROLLED_BACK, id="5d5d5d5d", target="host/cmp-009", reason="aborted by noc@bastion-1",
             created=at(-86400), started=at(-86400), ended=at(-86000)),
]  # fmt: skip

PLAN = Plan(
    workflow="hypervisor.drain", title="empty a hypervisor", site="fra1", target="host/cmp-003",
    values={"host": "cmp-003"}, author="noc@bastion-1", made=at(200),
    touches={"servers": 2, "projects": 1}, digest=ASKED.digest,
    window="night until 2026-01-31T23:00:00Z",
    checks=(
        PlannedCheck(name="headroom", ok=True, text="enough"),
        PlannedCheck(name="host.up", ok=False, text="cmp-003 is not up", hint="repair it first"),
        PlannedCheck(name="alerts", ok=True, warning=True, text="1 alert fires: HostDown"),
    ),
    choices=(PlannedChoice(key="lic-1", title="lic-1", why="pinned CPUs", options=("leave", "cold")),),
    steps=(
        PlanStep(kind="step", name="disable", text="no new servers", undoable=True,
                 command=DISABLE, undo_command=ENABLE),
        PlanStep(kind="each", name="live-migrate", limit=2, items=tuple(
            PlannedItem(key=f"vm-{n}", title=f"vm-{n}", command=migrate(f"vm-{n}")) for n in range(7))),
        PlanStep(kind="gate", name="all well"),
        PlanStep(kind="verify", name="empty"),
    ),
)  # fmt: skip


class Recorded:
    """The runs above; nothing can be changed."""

    async def plan(self, *request: Any, **more: Any) -> Plan:
        """The plan above, whatever is asked."""
        return PLAN

    async def runs(self) -> Sequence[RunInfo]:
        """All of them."""
        return RUNS

    async def info(self, run: str) -> RunInfo:
        """One of them."""
        return next(info for info in RUNS if info.id == run)

    async def steps(self, run: str) -> Sequence[StepInfo]:
        """The same for each that is under way."""
        return STEPS if run == RUNS[0].id else []

    async def events(self, run: str, after: int = 0, *, follow: bool = True) -> AsyncIterator[Event]:
        """What it did."""
        commands: Mapping[int, tuple[str, ...]] = {
            1: DISABLE,
            **{n + 2: migrate(f"vm-{n:04}") for n in range(COMMANDS - 1)},
        }
        for number, command in commands.items():
            if number > after:
                yield event(number, status="done", command=command)

    async def asked_plan(self, run: str) -> Plan:
        """The plan above."""
        return PLAN

    def waits_for_me(self, info: RunInfo) -> bool:
        """What is asked of me."""
        return info.status in (RunStatus.WAITING, RunStatus.AWAITING)

    async def close(self) -> None:
        """Nothing to close."""
