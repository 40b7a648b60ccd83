"""The connection to one cluster: asks, decodes, turns failures into decisions."""

from __future__ import annotations

import asyncio
import time
from typing import Any, TypeVar, cast

from hsops.api import Context, HsopsError, SystemHealth
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.failures import of_command
from hsops.plugins.ceph.hands import Hands
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.rows.cluster import row_of
from hsops.plugins.ceph.transport.base import Reply, Transport
from hsops.plugins.ceph.transport.choose import open_transport
from hsops.plugins.ceph.wire.decode import decode
from hsops.plugins.ceph.wire.status import Status, Versions

T = TypeVar("T")
VERSION_FOR = 300.0
"""Seconds for which the daemons' version is taken for known."""


async def connect(options: CephOptions, context: Context) -> CephClient:
    """Open the way to the cluster and ask it once. Raises Unreachable, AuthFailed, BadAnswer, Unsupported."""
    transport, host = await open_transport(options, context)
    client = CephClient(transport, context.system, context.timeout, Hands(host, options.commands))
    try:
        await client.status()
    except BaseException:
        await client.aclose()
        raise
    return client


class CephClient:
    """An open connection to a cluster."""

    def __init__(self, transport: Transport, system: str, timeout: float, hands: Hands | None = None) -> None:
        self.system = system
        self.hands = hands or Hands(None)
        """What stops, starts and makes daemons where no orchestrator does."""
        self.timeout = timeout
        self._transport = transport
        self._memories: dict[type[Any], Any] = {}
        self._asking_status = asyncio.Lock()
        self._status: Status | None = None
        self._status_at = 0.0
        self._version = ""
        self._version_at = -VERSION_FOR

    @property
    def lost(self) -> bool:
        """Whether the connection is gone for good."""
        return self._transport.lost

    @property
    def via(self) -> str:
        """How commands go: ``agent on mon1``."""
        return self._transport.name

    def memory(self, kind: type[T]) -> T:
        """What a source keeps from one poll to the next, as long as the connection lives. Made at first use."""
        if kind not in self._memories:
            self._memories[kind] = kind()
        return cast("T", self._memories[kind])

    async def body(self, command: Command, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - passed on
        """The answer's bytes. Raises HsopsError: what the transport cannot do and what the cluster refuses."""
        reply = await self.reply(command, timeout)
        if reply.code:
            error = of_command(command, reply.code, reply.text)
            error.system = error.system or self.system
            raise error
        return reply.out

    async def reply(self, command: Command, timeout: float | None = None) -> Reply:  # noqa: ASYNC109 - passed on
        """What the cluster says, a refusal too. Raises HsopsError for what the transport cannot do."""
        try:
            return await self._transport.command(command, timeout or self.timeout)
        except HsopsError as error:
            error.system = error.system or self.system
            raise

    async def ask(self, command: Command, type_: type[T], timeout: float | None = None) -> T:  # noqa: ASYNC109 - passed on
        """The answer, decoded. Raises HsopsError; BadAnswer when it is not what it should be."""
        body = await self.body(command, timeout)
        try:
            return decode(command, body, type_)
        except HsopsError as error:
            error.system = error.system or self.system
            raise

    async def status(self, max_age: float = 0.0) -> Status:
        """``ceph status``; one that is at most `max_age` seconds old will do. Sources that ask at once share it."""
        async with self._asking_status:
            if self._status is None or time.monotonic() - self._status_at > max_age:
                asked = time.monotonic()
                self._status = await self.ask(commands.STATUS, Status)
                self._status_at = asked
            return self._status

    def forget_status(self) -> None:
        """The next one who wants the status asks anew, however young it is."""
        self._status = None

    def forget(self, kind: type[Any]) -> None:
        """Drop a source's memory."""
        self._memories.pop(kind, None)

    async def version(self) -> str:
        """``16.2.15``; several, the most common first, while daemons are being upgraded."""
        if time.monotonic() - self._version_at >= VERSION_FOR:
            overall = (await self.ask(commands.VERSIONS, Versions)).overall
            by_count = sorted(overall, key=lambda text: -overall[text])
            self._version = " ".join(dict.fromkeys(_short(text) for text in by_count))
            self._version_at = time.monotonic()
        return self._version

    async def health(self) -> SystemHealth:
        """One cheap call; a cluster without quorum is critical whatever it still says."""
        row = row_of(await self.status(), await self.version() if self._has_quorum() else self._version)
        return SystemHealth(row.health(), row.word, row.version)

    def _has_quorum(self) -> bool:
        return self._status is None or bool(self._status.quorum_names)

    async def aclose(self) -> None:
        """Close everything; never raises."""
        await self._transport.aclose()


def _short(text: str) -> str:
    """``ceph version 16.2.15 (618f…) pacific (stable)`` -> ``16.2.15``."""
    words = text.split()
    return words[2] if len(words) > 2 and words[:2] == ["ceph", "version"] else text
