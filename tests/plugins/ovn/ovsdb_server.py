"""An OVSDB server for tests that says what the test wants, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from hsops.plugins.ovn.ovsdb.framing import Framer

Say = Callable[[Any], None]
Script = Callable[[dict[str, Any], "Peer"], Awaitable[None]]
CONNECTED = [{"rows": [{"model": "clustered", "connected": True, "leader": False, "index": 7}]}]


class Peer:
    """The server's end of one connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    def say(self, message: Any) -> None:
        """Send a message, or bytes as they are."""
        self.writer.write(message if isinstance(message, bytes) else msgspec.json.encode(message))

    def answer(self, request: dict[str, Any], result: Any) -> None:
        """The result of a request."""
        self.say({"id": request["id"], "result": result, "error": None})


@asynccontextmanager
async def speaking(script: Script) -> AsyncIterator[str]:
    """Serve with `script`, called for every message of every client; gives the address."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer, peer = Framer("test"), Peer(writer)
        try:
            while data := await reader.read(1 << 16):
                for message in framer.feed(data):
                    await script(msgspec.json.decode(message), peer)
        except OSError:
            return
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
