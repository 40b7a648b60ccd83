"""A reboot and the proof that it was one.

It was away from the network, its boot id is another, it was booted after it was told to, the kernel wanted runs, and
no unit has failed that had not failed before. A host that only lost its network, or whose reboot command did nothing,
does not pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from hsops.api import BadAnswer, HsopsError, Outcome, Progress, TimedOut, Unreachable
from hsops.plugins.linux.client import Fleet
from hsops.plugins.linux.probe import Facts

COMMAND = ("sh", "-c", "if [ -d /run/systemd/system ]; then exec systemctl reboot; else exec reboot; fi")
SHOWN = ("systemctl", "reboot")
_LOOK_EVERY = 1.0
_SAME = 15.0
"""Seconds for which a host may answer with its old boot id after it was away: its shutdown may still be under way."""
_WOBBLE = 30.0
"""Seconds by which clocks and the moment of a look may differ."""


class Before(msgspec.Struct, frozen=True):
    """What held before; journalled."""

    at: float
    """When it was looked at: epoch of the bastion."""
    boot_id: str
    kernel: str
    newest: str
    failed: tuple[str, ...] = ()


async def before(fleet: Fleet, host: str) -> dict[str, Any]:
    """What the proof will compare with. Raises HsopsError."""
    facts = await fleet.facts(host)
    found: dict[str, Any] = msgspec.to_builtins(
        Before(time.time(), facts.boot_id, facts.kernel, facts.newest, facts.failed or ())
    )
    return found


async def reboot(fleet: Fleet, host: str, told: Mapping[str, Any], kernel: str, progress: Progress) -> Outcome:
    """Reboot, unless it has happened already, and prove it."""
    old = msgspec.convert(told, Before)
    facts = await _now(fleet, host)
    if facts is not None and facts.boot_id == old.boot_id:
        await _tell(fleet, host)
        progress("told to reboot")
        trouble = await _away(fleet, host, old, progress)
        if trouble:
            return Outcome(status="failed", text=trouble)
    back = await _back(fleet, host, old, progress)
    if isinstance(back, str):
        return Outcome(status="failed", text=back)
    fleet.forget(host)
    faults = proof(old, back, kernel or old.newest, time.time())
    if faults:
        return Outcome(status="failed", text="; ".join(faults))
    return Outcome(status="done", text=f"another boot id, kernel {back.kernel}, up for {back.uptime or 0:.0f} s")


async def wait_back(fleet: Fleet, host: str) -> str:
    """Backing out of a reboot is to wait until it is over. Raises TimedOut."""
    end = time.monotonic() + fleet.options.up_within
    while time.monotonic() < end:
        if await _now(fleet, host) is not None:
            return f"{host} answers"
        await asyncio.sleep(_LOOK_EVERY)
    raise TimedOut("is not back from its reboot", system=fleet.system, thing=host, hint="look at its console")


def proof(old: Before, now: Facts, kernel: str, clock: float) -> list[str]:
    """What speaks against a reboot that went well; `clock` is when `now` was seen."""
    faults = []
    if old.boot_id and now.boot_id == old.boot_id:
        faults.append("its boot id is the same: it did not really reboot")
    if now.uptime is not None and now.uptime > clock - old.at + _WOBBLE:
        faults.append(f"it is up for {now.uptime:.0f} s, longer than since it was told to reboot")
    if kernel and now.kernel != kernel and not now.kernel.startswith(kernel):
        faults.append(f"it runs kernel {now.kernel or 'unknown'}, not {kernel}")
    fresh = sorted(set(now.failed or ()) - set(old.failed))
    if fresh:
        faults.append(f"units failed that had not before: {', '.join(fresh)}")
    return faults


async def _now(fleet: Fleet, host: str) -> Facts | None:
    """What it says; None when it does not answer."""
    try:
        return await fleet.facts(host)
    except HsopsError:
        await fleet.login(host).drop()
        return None


async def _tell(fleet: Fleet, host: str) -> None:
    """The answer may be lost with the connection. Raises UserError when the command is refused."""
    with contextlib.suppress(Unreachable, BadAnswer):  # cut off in mid-answer: that is how it goes down
        await fleet.must(host, COMMAND, root=True)


async def _away(fleet: Fleet, host: str, old: Before, progress: Progress) -> str:
    """Wait until it is off the network, or already another one. Gives why that does not happen."""
    began = time.monotonic()
    while time.monotonic() - began < fleet.options.down_within:
        await fleet.login(host).drop()  # a connection that is open proves nothing
        facts = await _now(fleet, host)
        if facts is None or facts.boot_id != old.boot_id:
            progress("off the network")
            return ""
        progress("still there")
        await asyncio.sleep(_LOOK_EVERY)
    return f"it did not go down within {fleet.options.down_within:.0f} s: it was told to reboot and did not"


async def _back(fleet: Fleet, host: str, old: Before, progress: Progress) -> Facts | str:
    """What it says when it is up again, or why it is not."""
    began, same_since = time.monotonic(), 0.0
    while time.monotonic() - began < fleet.options.up_within:
        facts = await _now(fleet, host)
        if facts is not None and facts.boot_id != old.boot_id and not facts.starting:
            return facts
        if facts is not None and facts.boot_id == old.boot_id:
            same_since = same_since or time.monotonic()
            if time.monotonic() - same_since > _SAME:
                return "it was away and is back with the same boot id: it did not really reboot"
        else:
            same_since = 0.0
        progress("away" if facts is None else "starting" if facts.starting else "still there")
        await asyncio.sleep(_LOOK_EVERY)
    return f"it is not back after {fleet.options.up_within / 60:.0f} min: look at its console"
