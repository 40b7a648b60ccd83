"""Addresses as ``ovn-nbctl --db`` takes them: ``tcp:10.0.0.1:6641``, ``ssl:[2001:db8::1]:6641``, ``unix:/path``."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from hsops.api import UserError

_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Address:
    """One address. `scheme` is tcp, ssl or unix; `host` is a path with unix."""

    scheme: str
    host: str
    port: int = 0

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"unix:{self.host}" if self.scheme == "unix" else f"{self.scheme}:{host}:{self.port}"

    async def open(self, tls: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect. Raises OSError."""
        if self.scheme == "unix":
            return await asyncio.open_unix_connection(self.host, limit=_LIMIT)
        return await asyncio.open_connection(
            self.host, self.port, ssl=tls if self.scheme == "ssl" else None, limit=_LIMIT
        )


def parse(text: str) -> Address:
    """One address. Raises UserError."""
    scheme, _, rest = text.strip().partition(":")
    if scheme == "unix" and rest:
        return Address(scheme, rest)
    host, _, port = rest.rpartition(":")
    if scheme in ("tcp", "ssl") and host and port.isdigit() and 0 < int(port) < 65536:
        return Address(scheme, host.removeprefix("[").removesuffix("]"), int(port))
    hint = "tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH; several with commas between"
    raise UserError(f"{text!r} is no address of a database", hint=hint)


def parse_all(text: str) -> tuple[Address, ...]:
    """The members of a cluster, with commas between. Raises UserError."""
    return tuple(parse(word) for word in text.split(","))
