"""Programs on another host, over one SSH connection that stays open."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsops.api import Context, TimedOut, Unreachable, Unsupported
from hsops.plugins.ceph.options import Ssh
from hsops.plugins.ceph.transport.base import Ended, Pipe
from hsops.plugins.ceph.transport.ssh_failures import explain

if TYPE_CHECKING:
    import asyncssh

SESSIONS = 6
"""Sessions at once: OpenSSH allows 10 on a connection and counts an ended one until its process is reaped."""
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds to wait before a session that was refused is asked for again."""
KEEPALIVE = 5.0
"""Seconds of silence after which the other side is asked whether it is there; twice unanswered means lost."""
NOT_FOUND, NOT_EXECUTABLE = 127, 126


async def connect(ssh: Ssh, context: Context) -> SshHost:
    """Open the connection. Raises Unreachable, AuthFailed (key or host key), Unsupported."""
    import asyncssh  # noqa: PLC0415 - 150 ms that only those pay who use it

    settings = await _settings(ssh, context)
    try:
        async with asyncio.timeout(context.timeout):
            connection = await asyncssh.connect(ssh.host, **settings)
    except (asyncssh.Error, asyncssh.KeyImportError, asyncssh.ConfigParseError, OSError, ValueError) as error:
        raise explain(error, ssh, known_hosts(ssh, context)) from error
    return SshHost(ssh.host, connection)


async def _settings(ssh: Ssh, context: Context) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "known_hosts": known_hosts(ssh, context),
        "keepalive_interval": KEEPALIVE,
        "keepalive_count_max": 2,
        "login_timeout": context.timeout,
    }
    given = {
        "port": ssh.port,
        "username": ssh.user,
        "client_keys": [context.path(ssh.key)] if ssh.key else None,
        "config": [context.path(ssh.config)] if ssh.config else None,
        "passphrase": await context.secret(ssh.passphrase) if ssh.passphrase else None,
    }
    return settings | {name: value for name, value in given.items() if value is not None}


def known_hosts(ssh: Ssh, context: Context) -> str:
    """The file of trusted host keys. Never nothing: that would mean to trust everybody."""
    return str(context.path(ssh.known_hosts) if ssh.known_hosts else Path.home() / ".ssh" / "known_hosts")


class SshHost:
    """A host at the other end of an open connection."""

    def __init__(self, name: str, connection: asyncssh.SSHClientConnection) -> None:
        self.name = name
        self._connection = connection
        self._free = asyncio.Semaphore(SESSIONS)

    @property
    def lost(self) -> bool:
        """See `Host.lost`."""
        return self._connection.is_closed()

    async def run(self, argv: Sequence[str], timeout: float) -> Ended:  # noqa: ASYNC109 - ends the program with it
        """See `Host.run`."""
        async with self._free:
            process = await self._open(argv)
            try:
                async with asyncio.timeout(timeout):
                    out, err = await process.communicate()
            except TimeoutError as error:
                raise TimedOut(f"{argv[0]} on {self.name} did not end in {timeout:g} s") from error
            finally:
                _end(process)
        return self._judge(argv, Ended(process.exit_status, out or b"", err or b""))

    async def start(self, argv: Sequence[str]) -> Pipe:
        """See `Host.start`. It holds one session for its life, beyond those of `run`."""
        return SshPipe(await self._open(argv))

    async def _open(self, argv: Sequence[str]) -> asyncssh.SSHClientProcess[bytes]:
        import asyncssh  # noqa: PLC0415 - loaded already, by connect

        for pause in (*PAUSES, None):
            try:
                return await self._connection.create_process(shlex.join(argv), encoding=None)
            except (asyncssh.Error, OSError) as error:
                if pause is None or self.lost or not isinstance(error, asyncssh.ChannelOpenError):
                    raise Unreachable(f"{self.name} opens no session: {error}", hint="is MaxSessions 10?") from error
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _judge(self, argv: Sequence[str], ended: Ended) -> Ended:
        if ended.status is None:
            raise Unreachable(f"the connection to {self.name} was lost while {argv[0]} ran")
        if ended.status in (NOT_FOUND, NOT_EXECUTABLE):
            raise Unsupported(f"{self.name} cannot run {argv[0]}", hint=f"install it on {self.name} or name its path")
        return ended

    async def aclose(self) -> None:
        """See `Host.aclose`."""
        self._connection.close()
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(2):
                await self._connection.wait_closed()


def _end(process: asyncssh.SSHClientProcess[bytes]) -> None:
    """A time-out here leaves the program running there: tell it to end, then close the session."""
    if process.exit_status is None and not process.is_closing():
        with contextlib.suppress(OSError):
            process.kill()
    process.close()


@contextlib.contextmanager
def _as_end() -> Iterator[None]:
    """A lost connection is the end of the stream."""
    import asyncssh  # noqa: PLC0415 - loaded already, by connect

    try:
        yield
    except (asyncssh.Error, OSError) as error:
        raise EOFError(str(error)) from error


class SshPipe:
    """A program of another host and its streams."""

    def __init__(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        self._process = process

    async def read(self, size: int) -> bytes:
        """See `Pipe.read`."""
        with _as_end():
            return await self._process.stdout.readexactly(size)

    async def line(self) -> bytes:
        """See `Pipe.line`."""
        with _as_end():
            return await self._process.stdout.readline()

    async def write(self, data: bytes) -> None:
        """See `Pipe.write`."""
        with _as_end():
            self._process.stdin.write(data)
            await self._process.stdin.drain()

    async def complaint(self) -> Ended:
        """See `Pipe.complaint`."""
        err = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                err = await self._process.stderr.read()
                await self._process.wait_closed()
        return Ended(self._process.exit_status, b"", err)

    async def aclose(self) -> None:
        """See `Pipe.aclose`."""
        with contextlib.suppress(OSError):
            self._process.stdin.write_eof()
        self._process.close()
