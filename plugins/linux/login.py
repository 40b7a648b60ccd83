"""One host over one SSH connection that stays open and is opened again when it was lost."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hsops.api import BadAnswer, Context, HsopsError, TimedOut, Unreachable
from hsops.plugins.linux.failures import explain
from hsops.plugins.linux.options import LinuxOptions, Member

if TYPE_CHECKING:
    import asyncssh

SESSIONS = 4
"""Sessions at once on a connection: OpenSSH allows 10 and counts an ended one until its process is reaped."""
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds to wait before a session that was refused is asked for again."""
KEEPALIVE = 5.0
"""Seconds of silence after which the other side is asked whether it is there; twice unanswered means lost."""
LARGEST = 1 << 22
"""Bytes of an answer beyond which nothing more is read."""

_FRAME = r"""S=$1; shift; PATH=$PATH:/usr/sbin:/sbin; export PATH; LC_ALL=C; export LC_ALL
printf '\n%s begin\n' "$S"; "$@" </dev/null; printf '\n%s end %s\n' "$S" "$?" """
"""Marks where the program's own output begins and ends: start-up files of login shells may print before it."""
_AS_ROOT = 'if [ "$(id -u)" = 0 ]; then exec "$@"; else exec sudo -n -- "$@"; fi'


class Ended(NamedTuple):
    """How a program on a host ended."""

    status: int
    out: str
    err: str


def as_root(argv: Sequence[str]) -> list[str]:
    """The command with the rights it needs: ``sudo -n`` when the login user is not root."""
    return ["sh", "-c", _AS_ROOT, "sh", *argv]


class Login:
    """A host that one can run programs on."""

    def __init__(self, member: Member, options: LinuxOptions, context: Context) -> None:
        self.member = member
        self._options = options
        self._context = context
        self._connection: asyncssh.SSHClientConnection | None = None
        self._opening = asyncio.Lock()
        self._sessions = asyncio.Semaphore(SESSIONS)

    @property
    def name(self) -> str:
        """The host's name."""
        return self.member.name

    @property
    def address(self) -> str:
        """Where it is asked for."""
        return self.member.address or self.member.name

    async def run(self, argv: Sequence[str], timeout: float | None = None) -> Ended:  # noqa: ASYNC109 - ends the program with it
        """Run a program to its end. Raises Unreachable, TimedOut, AuthFailed, BadAnswer."""
        limit = timeout or self._context.timeout
        connection = await self._connected()
        sentinel = f"hsops-{secrets.token_hex(8)}"
        line = shlex.join(["sh", "-c", _FRAME, "sh", sentinel, *argv])
        async with self._sessions:
            out, err = await self._exchange(connection, line, limit)
        return _framed(self._named, sentinel, out, err)

    async def _exchange(
        self,
        connection: asyncssh.SSHClientConnection,
        line: str,
        timeout: float,  # noqa: ASYNC109 - as above
    ) -> tuple[bytes, bytes]:
        import asyncssh  # noqa: PLC0415 - loaded already, by the connection

        process = await self._session(connection, line)
        try:
            async with asyncio.timeout(timeout):
                out, err = await asyncio.gather(_all(process.stdout), _all(process.stderr))
                await process.wait_closed()
        except TimeoutError as error:
            raise self._named(TimedOut(f"did not answer in {timeout:g} s", hint="is it overloaded?")) from error
        except (asyncssh.Error, OSError) as error:
            raise self._named(Unreachable(f"the connection was lost: {error}")) from error
        finally:
            process.close()
        if process.exit_status is None and process.exit_signal is None:
            raise self._named(Unreachable("the connection was lost while a command ran"))
        return out, err

    async def _session(self, connection: asyncssh.SSHClientConnection, line: str) -> asyncssh.SSHClientProcess[bytes]:
        import asyncssh  # noqa: PLC0415 - loaded already, by the connection

        for pause in (*PAUSES, None):
            try:
                return await connection.create_process(line, encoding=None)
            except (asyncssh.Error, OSError) as error:
                if pause is None or connection.is_closed() or not isinstance(error, asyncssh.ChannelOpenError):
                    raise self._named(Unreachable(f"opens no session: {error}")) from error
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _connected(self) -> asyncssh.SSHClientConnection:
        async with self._opening:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> asyncssh.SSHClientConnection:
        import asyncssh  # noqa: PLC0415 - 150 ms that only those pay who use it

        trusted = known_hosts(self._options, self._context)
        try:
            async with asyncio.timeout(self._context.timeout):
                return await asyncssh.connect(self.address, **await self._settings(trusted))
        except (asyncssh.Error, asyncssh.KeyImportError, asyncssh.ConfigParseError, OSError, ValueError) as error:
            raise self._named(explain(error, self.address, self.member.port, trusted)) from error

    async def _settings(self, trusted: str) -> dict[str, Any]:
        options, context = self._options, self._context
        given = {
            "port": self.member.port,
            "username": self.member.user,
            "client_keys": [context.path(options.key)] if options.key else None,
            "config": [context.path(options.config)] if options.config else None,
            "passphrase": await context.secret(options.passphrase) if options.passphrase else None,
        }
        return {
            "known_hosts": trusted,
            "keepalive_interval": KEEPALIVE,
            "keepalive_count_max": 2,
            "login_timeout": context.timeout,
            **{name: value for name, value in given.items() if value is not None},
        }

    def _named(self, error: HsopsError) -> HsopsError:
        error.system, error.thing = error.system or self._context.system, error.thing or self.name
        return error

    async def drop(self) -> None:
        """Let go of the connection: the next command opens another one. Never raises."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(2):
                    await connection.wait_closed()


async def _all(stream: asyncssh.SSHReader[bytes]) -> bytes:
    """All that comes; beyond `LARGEST` it is read and dropped, so that the other side does not stand still."""
    parts: list[bytes] = []
    size = 0
    while part := await stream.read(1 << 16):
        if size < LARGEST:
            parts.append(part)
        size += len(part)
    return b"".join(parts)


def known_hosts(options: LinuxOptions, context: Context) -> str:
    """The file of trusted host keys. Never nothing: that would mean to trust everybody."""
    return str(context.path(options.known_hosts) if options.known_hosts else Path.home() / ".ssh" / "known_hosts")


def _framed(named: Any, sentinel: str, out: bytes, err: bytes) -> Ended:
    """What stands between the marks; what came before them is a login shell's chatter."""
    text = out.decode(errors="replace")
    _, begun, rest = text.partition(f"\n{sentinel} begin\n")
    body, ended, tail = rest.partition(f"\n{sentinel} end ")
    words = tail.split(maxsplit=1)
    if not begun or not ended or not words or not words[0].isdigit():
        said = err.decode(errors="replace").strip().splitlines()
        raise named(
            BadAnswer(
                f"its shell does not run commands: {said[-1] if said else 'nothing came back'}",
                hint="the login user needs a POSIX shell; a forced command or nologin will not do",
            )
        )
    return Ended(int(words[0]), body, err.decode(errors="replace"))
