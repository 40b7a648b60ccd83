"""Commands of the site that stop, start and make daemons, run at the other end of the plugin's own transport."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from hsops.api import Conflict, Unsupported
from hsops.plugins.ceph.options import Commands
from hsops.plugins.ceph.transport.base import Host

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


class Named(Protocol):
    """A daemon, as far as commands name it."""

    @property
    def type(self) -> str:
        """mon, mgr, osd, mds or rgw."""
        ...

    @property
    def id(self) -> str:
        """``3``, ``a``, ``mon1``"""
        ...

    @property
    def host(self) -> str:
        """Where it runs."""
        ...


class Hands:
    """What the site says how to do it. `host` None: nothing can be run."""

    def __init__(self, host: Host | None, commands: Commands | None = None) -> None:
        self._host = host
        self._commands = commands or Commands()

    def can(self, what: str) -> bool:
        """Whether the site has a command to ``stop``, ``start``, ``restart`` or ``create``."""
        return self._host is not None and bool(self._template(what))

    def line(self, what: str, daemon: Named) -> tuple[str, ...]:
        """The command line; without a command of the site what an operator would type on the host."""
        if template := self._template(what):
            return _filled(template, daemon)
        if what == "create":
            return ("ceph-volume", "lvm", "create", "--osd-id", daemon.id, "--data", "DEVICE")
        return ("systemctl", what, _unit(daemon))

    async def do(self, what: str, daemon: Named) -> str:
        """Run it. Raises Unsupported, Unreachable, Conflict when it says that it failed."""
        argv = self.line(what, daemon)
        if self._host is None or not self.can(what):
            raise Unsupported(f"the site has no command to {what} a daemon", hint=f"set commands.{what} in the site")
        ended = await self._host.run(argv, self._commands.timeout)
        if ended.status:
            said = ended.err.decode(errors="replace").strip() or ended.out.decode(errors="replace").strip()
            raise Conflict(
                f"{argv[0]} ended with {ended.status}: {said[-300:]}", thing=f"{daemon.type}.{daemon.id}",
                hint=f"look at the daemon on {daemon.host}",
            )  # fmt: skip
        return f"{what} asked for"

    def _template(self, what: str) -> Sequence[str]:
        found: tuple[str, ...] = getattr(self._commands, what)
        return found


def _unit(daemon: Named) -> str:
    name = "radosgw" if daemon.type == "rgw" else daemon.type
    return f"ceph-{name}@{'rgw.' if daemon.type == 'rgw' else ''}{daemon.id}"


def _filled(template: Sequence[str], daemon: Named) -> tuple[str, ...]:
    """Names come from the cluster and may reach a second shell behind ``ssh``: nothing but plain names goes in."""
    parts = {"type": daemon.type, "id": daemon.id, "host": daemon.host}
    for part, value in parts.items():
        if not _NAME.match(value) and any(f"{{{part}}}" in word for word in template):
            raise Unsupported(f"{value!r} cannot stand in a command", thing=f"{daemon.type}.{daemon.id}")
    filled = list(template)
    for part, value in parts.items():
        filled = [word.replace(f"{{{part}}}", value) for word in filled]
    return tuple(filled)
