"""Cuts the stream into messages: OVSDB sends JSON texts one after the other with nothing between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from hsops.api import BadAnswer

LARGEST = 512 * 1024 * 1024
"""Bytes of a message: 20,000 ports are 8 MB; a server that sends this much is lying or broken."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|["{}]', re.DOTALL)
"""A whole string, a brace, or the quote of a string whose end has not arrived."""


class Framer:
    """Feed it what arrives; it gives the messages that are complete.

    A message that ends where the chunk ends is recognised by decoding it, which runs at the speed of msgspec; only
    when something follows it in the same chunk is its end looked for brace by brace.
    """

    def __init__(self, system: str) -> None:
        self._system = system
        self._buffer = bytearray()
        self._depth = 0
        self._seen = 0
        """How far the buffer was looked through, with `_depth` braces open."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are complete now. Raises BadAnswer for what is no message."""
        self._buffer += data
        if len(self._buffer) > LARGEST:
            raise BadAnswer(f"a message of more than {LARGEST} bytes", system=self._system)
        if self._is_one():
            yield self._take(len(self._buffer))
            return
        while (end := self._end()) is not None:
            yield self._take(end)

    def _is_one(self) -> bool:
        """Whether the buffer is exactly one message."""
        if self._seen or not self._buffer.rstrip().endswith(b"}"):
            return False
        try:
            msgspec.json.decode(self._buffer, type=msgspec.Raw)
        except msgspec.DecodeError:
            return False
        return self._buffer.lstrip().startswith(b"{")

    def _take(self, end: int) -> bytes:
        message = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._seen = self._depth = 0
        return message

    def _end(self) -> int | None:
        """Where the first message ends; remembers how far it looked."""
        if not self._seen and self._buffer.lstrip()[:1] not in (bytearray(b"{"), bytearray()):
            raise BadAnswer(f"no OVSDB server: {bytes(self._buffer[:40])!r}", system=self._system)
        for token in _TOKEN.finditer(self._buffer, self._seen):
            byte = token.group()
            if byte == b'"':
                return None
            if byte == b"{":
                self._depth += 1
            elif byte == b"}":
                self._depth -= 1
                if self._depth == 0:
                    return token.end()
            self._seen = token.end()
        return None
