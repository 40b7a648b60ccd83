"""The narrow seam: what every transport can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hsops.plugins.ceph.command import Command


class Reply(NamedTuple):
    """What the cluster said. `code` is a positive errno, 0 for success; `text` is for people."""

    code: int
    out: bytes
    text: str


class Transport(Protocol):
    """A way to the cluster that stays open."""

    @property
    def name(self) -> str:
        """``agent`` or ``cli``, and where: ``agent on mon1``."""
        ...

    @property
    def lost(self) -> bool:
        """True: it will never answer again, open another one."""
        ...

    async def command(self, command: Command, timeout: float) -> Reply:  # noqa: ASYNC109 - each transport ends its own work
        """Ask. Raises Unreachable (TimedOut when no answer came in `timeout` seconds), AuthFailed, Unsupported."""
        ...

    async def aclose(self) -> None:
        """Close it; never raises."""
        ...


class Ended(NamedTuple):
    """How a program ended. `status` None: the connection was lost, nobody knows."""

    status: int | None
    out: bytes
    err: bytes


class Pipe(Protocol):
    """A running program with its standard streams, here or behind SSH."""

    async def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises EOFError when the program ended first."""
        ...

    async def line(self) -> bytes:
        """Bytes up to the next newline; shorter at the end of the stream."""
        ...

    async def write(self, data: bytes) -> None:
        """Write all of it. Raises EOFError when the program does not read any more."""
        ...

    async def complaint(self) -> Ended:
        """Wait for its end; what it wrote on standard error and its exit status."""
        ...

    async def aclose(self) -> None:
        """Close its input and end it; never raises."""
        ...


class Host(Protocol):
    """A machine where programs run."""

    @property
    def name(self) -> str:
        """``this machine`` or the host's name."""
        ...

    @property
    def lost(self) -> bool:
        """True when the way to it is gone."""
        ...

    async def run(self, argv: Sequence[str], timeout: float) -> Ended:  # noqa: ASYNC109 - it must end the program
        """Run a program to its end. Raises Unreachable, TimedOut, Unsupported (no such program)."""
        ...

    async def start(self, argv: Sequence[str]) -> Pipe:
        """Start a program and talk with it. Raises as `run` does."""
        ...

    async def aclose(self) -> None:
        """Leave it; never raises."""
        ...
