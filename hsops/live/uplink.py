"""One system of a site: its connection, opened late and once, and how the system itself says it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hsops.errors import AuthFailed, BadAnswer, HsopsError, TimedOut
from hsops.live.state import SourceStatus, status_after
from hsops.model import SystemHealth
from hsops.plugin import Connection, Plugin


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """How a system is: the state of its connection and its own word on its health."""

    site: str
    system: str
    plugin: Plugin
    status: SourceStatus = SourceStatus.CONNECTING
    health: SystemHealth | None = None
    error: str = ""
    hint: str = ""
    at: float | None = None
    exit_code: int = 0


class SystemUplink:
    """Opens the connection when the first one asks, shares it, and opens a new one when it was lost.

    All that ask while an attempt is under way get its result. Refused credentials are not tried a second time, not
    even by `probe`, until somebody calls `forgive`: more attempts would lock the account.
    `open_connection` is the plugin's connect, bound to its options.
    """

    def __init__(
        self, site: str, name: str, plugin: Plugin, timeout: float, open_connection: Callable[[], Awaitable[Any]]
    ) -> None:
        self.site = site
        self.name = name
        self.plugin = plugin
        self.timeout = timeout
        self.status = SystemStatus(site, name, plugin)
        self._open = open_connection
        self._connection: Connection | None = None
        self._attempt: asyncio.Task[Connection] | None = None
        self._refused: AuthFailed | None = None
        self._in_vain = False

    async def connection(self) -> Any:
        """The open connection. Raises HsopsError; one failed attempt answers all that wait for it."""
        if self._refused is not None:
            raise self._refused
        if self._connection is not None and getattr(self._connection, "lost", False):
            await self._drop()
        if self._connection is not None:
            return self._connection
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._establish(), name=f"connect {self.site}/{self.name}")
            self._attempt.add_done_callback(_seen)
        return await asyncio.shield(self._attempt)

    def forgive(self) -> None:
        """A person asks: refused credentials are worth another attempt."""
        self._refused = None
        self._in_vain = False

    async def _establish(self) -> Connection:
        try:
            self._connection = await self._connect()
        except AuthFailed as error:
            self._refused = error
            raise
        return self._connection

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self.timeout * 2):
                connection: Connection = await self._open()
        except TimeoutError as error:
            raise self._named(TimedOut("no connection in time", hint="is the address right and reachable?")) from error
        except HsopsError as error:
            raise self._named(error) from error
        except Exception as error:
            raise self._named(BadAnswer(f"the plugin failed: {type(error).__name__}: {error}")) from error
        return connection

    def _named(self, error: HsopsError) -> HsopsError:
        error.system = error.system or self.name
        return error

    async def probe(self) -> SystemStatus:
        """Ask the system how it is. Never raises HsopsError; the answer is kept in `status`."""
        if self._in_vain:
            return self.status
        try:
            connection = await self.connection()
            async with asyncio.timeout(self.timeout):
                health = await connection.health()
        except HsopsError as error:
            self._in_vain = isinstance(error, AuthFailed)
            self.status = self._failed(error)
        except TimeoutError:
            self.status = self._failed(TimedOut("no answer in time", hint="is it overloaded or behind a firewall?"))
        except Exception as error:  # noqa: BLE001 - a plugin's own fault must not stop the other systems
            self.status = self._failed(BadAnswer(f"the plugin failed: {type(error).__name__}: {error}"))
        else:
            self.status = SystemStatus(self.site, self.name, self.plugin, SourceStatus.LIVE, health, at=time.time())
        return self.status

    def _failed(self, error: HsopsError) -> SystemStatus:
        old = self.status
        status = status_after(error, had_data=old.at is not None)
        return SystemStatus(
            self.site, self.name, self.plugin, status, old.health, error.what, error.hint, old.at, error.exit_code
        )

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def aclose(self) -> None:
        """Close the connection, if there is one, and end the attempt to open it."""
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.gather(self._attempt, return_exceptions=True)
        await self._drop()


def _seen(attempt: asyncio.Task[Connection]) -> None:
    """Nobody may wait any more for an attempt that fails; that is no error of the program."""
    if not attempt.cancelled():
        attempt.exception()
