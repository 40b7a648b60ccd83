"""The work behind ``hsops runs approve``, ``reject`` and ``waive``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from hsops.cli import following
from hsops.cli.confirm import confirmed
from hsops.cli.opening import run
from hsops.cli.output import streams
from hsops.cli.plan_text import plan_lines
from hsops.cli.runbooks import found_run, open_store
from hsops.errors import Conflict, plain
from hsops.policy import PROD

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine
    from hsops.workflow.values import RunInfo

REFUSED = 3


def approve(flag: str, start: str, key: str, reason: str, *, yes: bool) -> int:
    """Show the plan, ask, sign where that is needed, approve."""
    path = Path(key).expanduser() if key else None

    async def work() -> int:
        async with open_store(flag) as engine:
            info = await engine.info(await found_run(engine, start))
            await _show(engine, info)
            if not yes and not await confirmed(f"This is run {info.id} of {info.author}."):
                return REFUSED
            signature = await _signature(engine, info, path)
            digest = info.approval.digest if info.approval is not None else ""
            after = await engine.approve(info.id, reason=reason, signature=signature, digest=digest)
            streams.say(_next(after))
        return 0

    return run(work())


async def _show(engine: Engine, info: RunInfo) -> None:
    """The plan as it was stored when approval was asked for."""
    if info.approval is None:
        raise Conflict(f"asks for no approval, it is {info.status}", thing=f"run {info.id}")
    plan = await engine.asked_plan(info.id)
    if plan is None:
        streams.say(plain(f"run {info.id} of {info.author} has begun: {info.reason}"))
        return
    for line in plan_lines(plan):
        streams.say(line)


async def _signature(engine: Engine, info: RunInfo, key: Path | None) -> bytes | None:
    """Over what is approved; None where no signature is needed and no key is named."""
    if key is None and info.tier != PROD:
        return None
    from hsops.workflow.signers import sign  # noqa: PLC0415 - late: only who approves needs it

    payload = await engine.approval_payload(info.id)
    streams.say(f"signing with {key or 'the first key of the agent'}")
    return await asyncio.to_thread(sign, payload, key)


def reject(flag: str, start: str, reason: str) -> int:
    """Refuse a run."""

    async def work() -> int:
        async with open_store(flag) as engine:
            info = await engine.reject(await found_run(engine, start), reason=reason)
        streams.say(plain(f"run {info.id} is rejected, nothing was changed"))
        return 0

    return run(work())


def waive(flag: str, start: str, gate: str, reason: str) -> int:
    """Let a run pass a gate."""

    async def work() -> int:
        async with open_store(flag) as engine:
            info = await engine.waive(await found_run(engine, start), gate, reason)
        streams.say(plain(f"run {info.id}: {gate} is waived once: {reason}"))
        return 0

    return run(work())


def _next(info: RunInfo) -> str:
    if info.owner_alive or info.status.over:
        return plain(f"run {info.id} is approved; {info.owner or 'it'} goes on with it")
    return following.ending(info)
