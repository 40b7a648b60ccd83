"""One command that somebody runs over SSH on the simulated host."""

from __future__ import annotations

import asyncio
import errno
import shlex
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from hsops.plugins.ceph.simulator import helper
from hsops.plugins.ceph.simulator.answers import daemons
from hsops.plugins.ceph.simulator.catalogue import answer
from hsops.plugins.ceph.simulator.command_line import CommandLine, parse
from hsops.plugins.ceph.simulator.result import Answerer, Result
from hsops.simulator.face import GARBAGE
from hsops.simulator.faults import Fault
from hsops.simulator.world import World

if TYPE_CHECKING:
    import asyncssh

NOT_FOUND = 127
PROGRAMS: dict[str, Answerer] = {"systemctl": daemons.systemctl, "ceph-volume": daemons.ceph_volume}
"""What else is installed there."""
CLOSEST = "no valid command found; 10 closest matches:\nError EINVAL: invalid command"


async def run(world: World, process: asyncssh.SSHServerProcess[bytes], *, has_rados: bool) -> None:
    """Execute the session's command and exit with its status."""
    try:
        argv = shlex.split(process.command or "")
    except ValueError:
        argv = []
    program = argv[0].rpartition("/")[2] if argv else ""
    if program == "true":
        process.exit(0)
    elif program.startswith("python3") and has_rados:
        await helper.serve(world, process)
    elif program == "ceph":
        await _ceph(world, process, parse(argv[1:]))
    elif program in PROGRAMS:
        result = PROGRAMS[program](world, argv[1:])
        _finish(process, b"", result.text, result.code)
    else:
        name = argv[0] if argv else "(no command)"
        process.stderr.write(f"sh: 1: {name}: not found\n".encode())
        process.exit(NOT_FOUND)


async def _ceph(world: World, process: asyncssh.SSHServerProcess[bytes], line: CommandLine) -> None:
    fault = world.faults.api("ceph", "", " ".join(line.words))
    if fault is not None and fault.kind in _SUFFER:
        await _SUFFER[fault.kind](world, process, fault)
        if fault.kind != "api.slow":
            return
    if not world.ceph.quorum:
        await asyncio.sleep(line.patience if line.patience is not None else 300)
        _finish(process, b"", "timed out", 1)
        return
    result = answer(world, line.words)
    if result.code == errno.EINVAL and result.text == "command not known":
        _finish(process, b"\n" if line.json else b"", CLOSEST, errno.EINVAL)
        return
    out = result.body()
    if fault is not None and fault.kind == "api.drip":
        await _drip(process, out, fault.number("rate", 20))
        out = b""
    plain = out if isinstance(result.out, bytes) else b""  # text that the program prints whatever the format
    _finish(process, b"\n" + out + b"\n" if line.json else plain, _text(result), result.code)


def _text(result: Result) -> str:
    if result.code:
        return f"Error {errno.errorcode.get(result.code, 'EINVAL')}: {result.text}"
    return result.text


def _finish(process: asyncssh.SSHServerProcess[bytes], out: bytes, text: str, status: int) -> None:
    if out:
        process.stdout.write(out)
    if text:
        process.stderr.write(text.encode() + b"\n")
    process.exit(status)


async def _slow(world: World, process: asyncssh.SSHServerProcess[bytes], fault: Fault) -> None:
    await asyncio.sleep(fault.number("seconds", 5))


async def _silent(world: World, process: asyncssh.SSHServerProcess[bytes], fault: Fault) -> None:
    await world.faults.over(fault)
    _finish(process, b"", "timed out", 1)


async def _garbage(world: World, process: asyncssh.SSHServerProcess[bytes], fault: Fault) -> None:
    _finish(process, GARBAGE, "", 0)


async def _error(world: World, process: asyncssh.SSHServerProcess[bytes], fault: Fault) -> None:
    _finish(process, b"\n", "Error EIO: simulated fault", errno.EIO)


async def _forbidden(world: World, process: asyncssh.SSHServerProcess[bytes], fault: Fault) -> None:
    _finish(process, b"\n", "Error EACCES: access denied", errno.EACCES)


Suffering: TypeAlias = "Callable[[World, asyncssh.SSHServerProcess[bytes], Fault], Awaitable[None]]"
_SUFFER: dict[str, Suffering] = {
    "api.slow": _slow, "api.silent": _silent, "api.garbage": _garbage, "api.error": _error, "api.forbidden": _forbidden,
}  # fmt: skip


async def _drip(process: asyncssh.SSHServerProcess[bytes], out: bytes, rate: float) -> None:
    for index in range(len(out)):
        process.stdout.write(out[index : index + 1])
        await asyncio.sleep(1 / rate)
