"""librados in a helper process that lives as long as the connection: a command costs no new process."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec

from hsops.api import BadAnswer, HsopsError, TimedOut, Unreachable, Unsupported
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.failures import of_connect, of_library
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.transport import agent_program
from hsops.plugins.ceph.transport.base import Host, Pipe, Reply

CHATTER = 100
"""Lines a login shell may print before the helper's greeting."""
GRACE = 5.0
"""Seconds for the interpreter's start, beyond those that librados may take to connect."""
LARGEST = 1 << 30
"""Bytes of an answer beyond which it is not the helper that speaks."""


class Answer(msgspec.Struct):
    """Header of a frame from the helper."""

    id: int = -1
    code: int = 0
    text: str = ""
    ready: str = ""
    failed: dict[str, Any] | None = None


_header = msgspec.json.Decoder(Answer)


async def start(host: Host, options: CephOptions, timeout: float) -> AgentTransport:  # noqa: ASYNC109 - told to librados
    """Start the helper. Raises Unsupported (no interpreter, no python3-rados), AuthFailed, Unreachable."""
    source = Path(agent_program.__file__).read_text(encoding="utf-8")  # noqa: ASYNC240 - a few kB of our own package
    pipe = await host.start((options.python, "-u", "-c", source))
    try:
        async with asyncio.timeout(timeout + GRACE):
            await _greet(pipe, host)
            await pipe.write(agent_program.frame(_settings(options, timeout)))
            answer, _ = await _read(pipe)
    except TimeoutError as error:
        await pipe.aclose()
        raise TimedOut(f"the helper on {host.name} does not answer") from error
    except (EOFError, HsopsError) as error:
        await pipe.aclose()
        raise error if isinstance(error, HsopsError) else Unreachable(f"the helper on {host.name} ended") from error
    if answer.failed is not None:
        await pipe.aclose()
        raise of_connect(answer.failed)
    return AgentTransport(host, pipe)


def _settings(options: CephOptions, timeout: float) -> dict[str, Any]:
    return {"conf": options.conf, "keyring": options.keyring, "name": options.client, "timeout": max(1, round(timeout))}


async def _greet(pipe: Pipe, host: Host) -> None:
    """Read up to the greeting. Raises Unsupported with what was said instead."""
    for _ in range(CHATTER):
        line = await pipe.line()
        if line.rstrip(b"\r\n") == agent_program.GREETING:
            return
        if not line:
            break
    ended = await pipe.complaint()
    said = ended.err.decode(errors="replace").strip().splitlines()
    why = said[-1] if said else f"it ended with {ended.status}"
    raise Unsupported(f"no helper on {host.name}: {why}", hint="set python to an interpreter with python3-rados")


async def _read(pipe: Pipe) -> tuple[Answer, bytes]:
    """The next frame. Raises EOFError, BadAnswer."""
    head, body = agent_program.LENGTHS.unpack(await pipe.read(agent_program.LENGTHS.size))
    if head > LARGEST or body > LARGEST:
        raise BadAnswer("the helper's stream is garbled", hint="does something else write to its output?")
    try:
        return _header.decode(await pipe.read(head)), await pipe.read(body)
    except msgspec.DecodeError as error:
        raise BadAnswer(f"the helper's stream is garbled: {error}") from error


class AgentTransport:
    """Sends requests to the helper and hands each answer to the one who waits for it."""

    def __init__(self, host: Host, pipe: Pipe) -> None:
        self._host = host
        self._pipe = pipe
        self._waiting: dict[int, asyncio.Future[tuple[Answer, bytes]]] = {}
        self._last = 0
        self._over: HsopsError | None = None
        self._reader = asyncio.create_task(self._listen())

    @property
    def name(self) -> str:
        """See `Transport.name`."""
        return f"agent on {self._host.name}"

    @property
    def lost(self) -> bool:
        """See `Transport.lost`."""
        return self._over is not None or self._host.lost

    async def command(self, command: Command, timeout: float) -> Reply:  # noqa: ASYNC109 - the helper's own comes first
        """See `Transport.command`."""
        if self._over is not None:
            raise self._over
        self._last += 1
        number = self._last
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout + 1):
                await self._pipe.write(_request(number, command))
                answer, body = await future
        except TimeoutError as error:
            raise TimedOut(f"no answer in {timeout:g} s", thing=str(command)) from error
        except EOFError as error:
            raise self._gone() from error
        finally:
            self._waiting.pop(number, None)
        if answer.failed is not None:
            raise of_library(answer.failed)
        return Reply(answer.code, body, answer.text)

    def _gone(self) -> HsopsError:
        return Unreachable(f"the helper on {self._host.name} ended", hint="it is started again by itself")

    async def _listen(self) -> None:
        try:
            while True:
                answer, body = await _read(self._pipe)
                future = self._waiting.get(answer.id)
                if future is not None and not future.done():
                    future.set_result((answer, body))
        except (EOFError, OSError):
            self._fail(self._gone())
        except HsopsError as error:
            self._fail(error)

    def _fail(self, error: HsopsError) -> None:
        self._over = error
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        self._fail(self._gone())
        await self._pipe.aclose()
        await self._host.aclose()


def _request(number: int, command: Command) -> bytes:
    return agent_program.frame({"id": number, "manager": command.manager, "command": command.request()})
