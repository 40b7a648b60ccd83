"""One JSON-RPC connection to an OVSDB server: requests, notifications, and proof that the other end still lives."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hsops.api import BadAnswer, HsopsError, TimedOut, Unreachable
from hsops.plugins.ovn.ovsdb.framing import Framer

PROBE = 5.0
"""Seconds of silence after which we ask whether the server lives, as it asks us."""
_CHUNK = 1 << 18


class Message(msgspec.Struct):
    """A request, a notification (no id) or an answer. An answer with an error may have no result at all."""

    id: Any = None
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"[]")
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Any = None


_DECODER = msgspec.json.Decoder(Message)


class Rpc:
    """An open connection. `notify` gets the method and raw params of every notification, on the loop."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, system: str, address: str, timeout: float
    ) -> None:
        self.system = system
        self.address = address
        self.lost: HsopsError | None = None
        """Why the connection has ended."""
        self.notify: Callable[[str, msgspec.Raw], None] = lambda method, params: None
        self.ended: list[Callable[[], None]] = []
        """Called once when the connection has ended."""
        self._reader, self._writer = reader, writer
        self._timeout = timeout
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._heard = time.monotonic()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._probe())]

    async def call(self, method: str, params: Sequence[Any]) -> msgspec.Raw:
        """The result of a request. Raises Unreachable, TimedOut, or BadAnswer when the server refuses it."""
        if self.lost is not None:
            raise self.lost
        number = next(self._ids)
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._send({"method": method, "params": params, "id": number})
        try:
            return await asyncio.wait_for(answer, self._timeout)
        except TimeoutError:
            raise TimedOut(
                f"no answer to {method} within {self._timeout:g} s", system=self.system, thing=self.address
            ) from None
        finally:
            self._waiting.pop(number, None)

    async def aclose(self) -> None:
        """Close the connection; never raises."""
        self._end(Unreachable("the connection is closed", system=self.system, thing=self.address))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _send(self, message: Any) -> None:
        self._writer.write(msgspec.json.encode(message))

    async def _read(self) -> None:
        framer = Framer(self.system)
        try:
            while data := await self._reader.read(_CHUNK):
                self._heard = time.monotonic()
                for message in framer.feed(data):
                    self._dispatch(_DECODER.decode(message))
            self._end(Unreachable("the server closed the connection", system=self.system, thing=self.address))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._end(BadAnswer(f"not OVSDB's JSON-RPC: {error}", system=self.system, thing=self.address))
        except HsopsError as error:
            self._end(error)
        except OSError as error:
            self._end(Unreachable(str(error), system=self.system, thing=self.address))

    def _dispatch(self, message: Message) -> None:
        if message.method == "echo":
            self._send({"id": message.id, "result": message.params, "error": None})
        elif message.method:
            self.notify(message.method, message.params)
        else:
            answer = self._waiting.get(message.id)
            if answer is not None and not answer.done():
                if message.error is None:
                    answer.set_result(message.result)
                else:
                    answer.set_exception(BadAnswer(_words(message.error), system=self.system, thing=self.address))

    async def _probe(self) -> None:
        while self.lost is None:
            await asyncio.sleep(PROBE)
            if time.monotonic() - self._heard >= PROBE:
                try:
                    await self.call("echo", ["hsops"])
                except HsopsError as error:
                    self._end(error)

    def _end(self, error: HsopsError) -> None:
        if self.lost is not None:
            return
        self.lost = error
        self._writer.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)
        for callback in self.ended:
            callback()


def _words(error: Any) -> str:
    """``{"error": "unknown database", "details": "…"}`` as a sentence."""
    if isinstance(error, dict):
        return ": ".join(str(error[key]) for key in ("error", "details") if error.get(key))
    return str(error)
