"""An upgrade by cephadm: ``orch upgrade check``, ``start``, then its states until it has ended.

It says nothing when it succeeds and pauses with a health check when it fails (UPGRADE_FAILED_PULL,
UPGRADE_NO_STANDBY_MGR, UPGRADE_EXCEPTION …). Such a pause fails the item: who answers *retry* resumes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hsops.api import CheckResult, HsopsError, Item, Json, Outcome, Progress, Run, Unreachable, UserError
from hsops.plugins.ceph import orchestra
from hsops.plugins.ceph.workflows.basics import cluster, verdict
from hsops.plugins.ceph.workflows.hostchecks import refusal

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

EVERY = 2.0
"""Seconds between looks."""
ENDED = 3
"""Looks in a row without an upgrade that mean its end: while managers change it is not seen for a moment."""


def target_of(run: Run) -> dict[str, str]:
    """What to upgrade to, as cephadm takes it. Raises UserError."""
    image, version = str(run.values.get("image") or ""), str(run.values.get("version") or "")
    if image:
        return {"image": image}
    if version:
        return {"ceph_version": version}
    raise UserError("cephadm needs to know what to upgrade to", hint="--version 18.2.4 or --image REGISTRY/ceph:TAG")


async def check_target(client: CephClient, target: Mapping[str, str]) -> CheckResult:
    """Whether the image can be pulled."""
    trouble = await refusal(client, orchestra.upgrade("check", target))
    return verdict("ceph.upgrade.image", trouble, f"{' '.join(target.values())} can be had", "is the name right?")


async def roll(run: Run, target: Mapping[str, str]) -> None:
    """Start it and follow it. Undo stops it where it is: what is upgraded stays so."""
    start = orchestra.upgrade("start", target)

    async def do(item: Item, progress: Progress) -> Outcome:
        now = await orchestra.upgrade_status(cluster(run))
        if not now.in_progress:
            await cluster(run).body(start)
        elif now.paused:
            await cluster(run).body(orchestra.RESUME)
        return await _follow(run, progress)

    async def undo(item: Item) -> Json:
        if not (await orchestra.upgrade_status(cluster(run))).in_progress:
            return "no upgrade runs"
        await cluster(run).body(orchestra.STOP)
        return "stopped where it was"

    item = Item(
        key="cluster", title=f"upgrade to {' '.join(target.values())}", command=start.line(),
        undo_command=orchestra.STOP.line(),
    )  # fmt: skip
    await run.each("orch upgrade", [item], do, text="cephadm: mgr, mon, crash, osd, mds, rgw", undo=undo)


async def _follow(run: Run, progress: Progress) -> Outcome:
    quiet = 0
    while quiet < ENDED:
        try:
            now = await orchestra.upgrade_status(cluster(run))
        except Unreachable:
            await asyncio.sleep(EVERY)  # the manager that serves is being upgraded itself
            continue
        except HsopsError as error:
            return Outcome(status="failed", text=str(error))
        if now.in_progress and now.paused:
            return Outcome(status="failed", text=await _why(cluster(run), now))
        quiet = 0 if now.in_progress else quiet + 1
        done, left = _counts(now.progress or "")
        progress(now.text, fraction=done / (done + left) if done + left else None, left=float(left))
        await asyncio.sleep(EVERY)
    return Outcome(status="done", text="cephadm has ended it")


def _counts(text: str) -> tuple[int, int]:
    """``3/10 daemons upgraded``: done and left."""
    done, _, total = text.partition(" ")[0].partition("/")
    return (int(done), int(total) - int(done)) if done.isdigit() and total.isdigit() else (0, 0)


async def _why(client: CephClient, now: orchestra.Upgrade) -> str:
    checks = (await client.status()).health.checks
    told = [f"{code}: {check.summary.message}" for code, check in checks.items() if code.startswith("UPGRADE_")]
    return "; ".join(told) or f"paused: {now.message or 'by somebody'}"
