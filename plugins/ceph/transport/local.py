"""Programs on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

from hsops.api import TimedOut, Unreachable, Unsupported
from hsops.plugins.ceph.transport.base import Ended, Pipe

LAST_WORDS = 3.0
"""Seconds a program gets to end by itself once its input is closed."""
LIMIT = 1 << 20
"""Longest line that is read at once."""


class LocalHost:
    """This machine."""

    name = "this machine"
    lost = False

    async def run(self, argv: Sequence[str], timeout: float) -> Ended:  # noqa: ASYNC109 - ends the program with it
        """See `Host.run`."""
        process = await _spawn(argv)
        try:
            async with asyncio.timeout(timeout):
                out, err = await process.communicate()
        except TimeoutError as error:
            raise TimedOut(f"{argv[0]} did not end in {timeout:g} s") from error
        finally:
            await _end(process)
        return Ended(process.returncode, out, err)

    async def start(self, argv: Sequence[str]) -> Pipe:
        """See `Host.start`."""
        return LocalPipe(await _spawn(argv))

    async def aclose(self) -> None:
        """Nothing to leave."""


async def _spawn(argv: Sequence[str]) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=LIMIT, start_new_session=True
        )
    except (FileNotFoundError, PermissionError) as error:
        raise Unsupported(f"cannot run {argv[0]}: {error.strerror}", hint="is it installed here?") from error
    except OSError as error:
        raise Unreachable(f"cannot run {argv[0]}: {error.strerror}") from error


async def _end(process: Process) -> None:
    """Kill what still runs, with its children, and take its exit status."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


class LocalPipe:
    """A program of this machine and its streams."""

    def __init__(self, process: Process) -> None:
        self._process = process
        assert process.stdin is not None  # noqa: S101 - asked for by _spawn
        assert process.stdout is not None  # noqa: S101 - asked for by _spawn
        self._in, self._out = process.stdin, process.stdout

    async def read(self, size: int) -> bytes:
        """See `Pipe.read`."""
        return await self._out.readexactly(size)

    async def line(self) -> bytes:
        """See `Pipe.line`."""
        return await self._out.readline()

    async def write(self, data: bytes) -> None:
        """See `Pipe.write`."""
        try:
            self._in.write(data)
            await self._in.drain()
        except (ConnectionError, RuntimeError) as error:
            raise EOFError(str(error)) from error

    async def complaint(self) -> Ended:
        """See `Pipe.complaint`."""
        assert self._process.stderr is not None  # noqa: S101 - asked for by _spawn
        try:
            async with asyncio.timeout(LAST_WORDS):
                err = await self._process.stderr.read()
                await self._process.wait()
        except TimeoutError:
            err = b""
        return Ended(self._process.returncode, b"", err)

    async def aclose(self) -> None:
        """See `Pipe.aclose`: its end of input is the helper's word to end."""
        self._in.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self._process.wait()
        await _end(self._process)
