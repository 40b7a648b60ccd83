"""A new ``ceph`` process for every command: works everywhere, costs half a second of a core each time."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.api import BadAnswer
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.failures import of_client
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.transport.base import Host, Reply

GRACE = 5.0
"""Seconds for the program itself beyond the time it may spend on connecting."""


class CliTransport:
    """The command line client on a host."""

    def __init__(self, host: Host, program: Sequence[str]) -> None:
        self._host = host
        self._program = tuple(program)

    @property
    def name(self) -> str:
        """See `Transport.name`."""
        return f"cli on {self._host.name}"

    @property
    def lost(self) -> bool:
        """See `Transport.lost`."""
        return self._host.lost

    async def command(self, command: Command, timeout: float) -> Reply:  # noqa: ASYNC109 - passed to the program too
        """See `Transport.command`."""
        argv = (*self._program, "--connect-timeout", str(max(1, round(timeout))), *command.argv(()))
        ended = await self._host.run(argv, timeout + GRACE)
        text = ended.err.decode(errors="replace").strip()
        if ended.status is None or ended.status < 0:
            raise BadAnswer("the ceph program was killed", thing=command.prefix, hint="is there memory left?")
        if ended.status:
            failure = of_client(ended.status, text)
            if failure is not None:
                raise failure
        return Reply(ended.status, ended.out, text)

    async def aclose(self) -> None:
        """See `Transport.aclose`."""
        await self._host.aclose()


def program(options: CephOptions) -> tuple[str, ...]:
    """The beginning of every command line."""
    words = [options.ceph]
    for flag, value in (("--conf", options.conf), ("--keyring", options.keyring), ("--name", options.client)):
        if value:
            words += [flag, value]
    return tuple(words)
