"""The helper's protocol, spoken by a simulated host that has python3-rados."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.plugins.ceph.simulator.catalogue import answer
from hsops.plugins.ceph.simulator.result import Result
from hsops.plugins.ceph.transport import agent_program as program
from hsops.simulator.world import World

if TYPE_CHECKING:
    import asyncssh

NAMED = ("image", "ceph_version")
"""Arguments that stand with their name on the command line."""


async def serve(world: World, process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Greet, take the settings, answer until the input ends."""
    process.stdout.write(program.GREETING + b"\n")
    tasks: set[asyncio.Task[None]] = set()
    try:
        settings = await _frame(process)
        if not world.ceph.quorum:
            await asyncio.sleep(float(settings["timeout"]))
            text = "RADOS timed out (error connecting to the cluster)"
            failure = {"class": "TimedOut", "errno": errno.ETIMEDOUT, "text": text}
            process.stdout.write(program.frame({"failed": failure}))
            return
        process.stdout.write(program.frame({"ready": program.GREETING.decode()}))
        while True:
            request = await _frame(process)
            task = asyncio.create_task(_one(world, process, request, float(settings["timeout"])))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    except (EOFError, OSError):
        pass  # the other side has gone: that is how the helper ends
    finally:
        for task in tuple(tasks):
            task.cancel()
        process.exit(0)


async def _frame(process: asyncssh.SSHServerProcess[bytes]) -> dict[str, Any]:
    head, size = program.LENGTHS.unpack(await process.stdin.readexactly(program.LENGTHS.size))
    header: dict[str, Any] = msgspec.json.decode(await process.stdin.readexactly(head))
    await process.stdin.readexactly(size)
    return header


async def _one(
    world: World, process: asyncssh.SSHServerProcess[bytes], request: dict[str, Any], patience: float
) -> None:
    words = _words(request["command"])
    result = await _suffered(world, words, patience)
    process.stdout.write(program.frame({"id": request["id"], "code": result.code, "text": result.text}, result.body()))


async def _suffered(world: World, words: list[str], patience: float) -> Result:
    """The answer, or what a fault or the loss of the quorum makes of it: ``status`` alone is still answered then."""
    fault = world.faults.api("ceph", "", " ".join(words))
    kind = fault.kind if fault else ""
    if fault is not None and kind == "api.slow":
        await asyncio.sleep(fault.number("seconds", 5))
    if kind == "api.garbage":
        return Result(b"\x00<<<not json")
    if kind == "api.forbidden":
        return Result(None, "access denied", errno.EACCES)
    if kind == "api.error":
        return Result(None, "simulated fault", errno.EIO)
    if kind in ("api.silent", "api.drip") or (not world.ceph.quorum and words != ["status"]):
        await asyncio.sleep(patience)
        return Result(None, "", errno.ETIMEDOUT)
    return answer(world, words)


def _words(command: dict[str, Any]) -> list[str]:
    words = str(command["prefix"]).split()
    for name, value in command.items():
        option = "--" + name.replace("_", "-")
        if name in ("prefix", "format"):
            continue
        if value is True:
            words.append(option)
        elif name in NAMED:
            words += [option, str(value)]
        else:
            words += [str(part) for part in value] if isinstance(value, list) else [str(value)]
    return words
