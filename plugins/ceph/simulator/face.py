"""The SSH server of the simulated monitor host."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncssh

from hsops.plugins.ceph.simulator import shell
from hsops.simulator.files import write_private
from hsops.simulator.world import World

USER = "ceph"
KEY = "ssh-ed25519"
COMMANDS = {
    **{verb: ["systemctl", verb, "ceph-{type}@{id}"] for verb in ("stop", "start", "restart")},
    "create": ["ceph-volume", "lvm", "create", "--osd-id", "{id}", "--data", "/dev/sdx"],
}
"""How the site handles daemons; one host can reach all others here."""


class CephFace:
    """Ceph behind SSH. `has_rados`: whether the host has python3-rados, so that the helper can run there."""

    name = "ceph"
    has_rados = False

    def __init__(self) -> None:
        self._world: World | None = None
        self._server: asyncssh.SSHAcceptor | None = None
        self._host_key: asyncssh.SSHKey | None = None
        self._client_key: asyncssh.SSHKey | None = None
        self._address = ("", 0)
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._switching: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """See `Face.start`: keys, known hosts and an empty client configuration go into the world's folder."""
        if world.folder is None:
            raise ValueError("the Ceph face needs a folder for its keys: World(folder=…)")
        self._world, self._loop = world, asyncio.get_running_loop()
        self._host_key, self._client_key = asyncssh.generate_private_key(KEY), asyncssh.generate_private_key(KEY)
        self._address = (host, 0)
        await self._listen()
        world.faults.subscribe(self._changed)
        return {"plugin": "ceph", "ssh": self._settings(world.folder / "ceph"), "commands": COMMANDS}

    def _settings(self, folder: Path) -> Mapping[str, Any]:
        assert self._host_key is not None  # noqa: S101 - start() made it
        assert self._client_key is not None  # noqa: S101 - start() made it
        host, port = self._address
        trusted = f"[{host}]:{port} {self._host_key.export_public_key().decode().strip()}\n"
        return {
            "host": host,
            "port": port,
            "user": USER,
            "key": str(write_private(folder / "id_ed25519", self._client_key.export_private_key().decode())),
            "known_hosts": str(write_private(folder / "known_hosts", trusted)),
            "config": str(write_private(folder / "ssh_config", "")),
        }

    async def _listen(self) -> None:
        assert self._client_key is not None  # noqa: S101 - start() made it
        allowed = asyncssh.import_authorized_keys(self._client_key.export_public_key().decode())
        host, port = self._address
        self._server = await asyncssh.listen(
            host, port, server_host_keys=[self._host_key], authorized_client_keys=allowed, encoding=None,
            process_factory=self._run, server_factory=lambda: _Server(self._connections), reuse_address=True,
        )  # fmt: skip
        self._address = (host, self._server.get_port())

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        assert self._world is not None  # noqa: S101 - nobody connects before start()
        with contextlib.suppress(ConnectionError, asyncssh.Error):  # the client went away before its answer
            await shell.run(self._world, process, has_rados=self.has_rados)

    def _changed(self) -> None:
        if self._loop is not None and (self._switching is None or self._switching.done()):
            self._switching = self._loop.create_task(self._follow())

    async def _follow(self) -> None:
        """Close or open the port, until it is as the faults want it."""
        assert self._world is not None  # noqa: S101 - subscribed by start()
        while (refused := self._world.faults.refused("ceph")) == (self._server is not None):
            if refused:
                await self._close()
            else:
                await self._listen()

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for connection in tuple(self._connections):
                connection.abort()
            await server.wait_closed()

    async def stop(self) -> None:
        """See `Face.stop`."""
        if self._world is not None:
            self._world.faults.unsubscribe(self._changed)
        if self._switching is not None:
            await asyncio.wait([self._switching])
        await self._close()


class _Server(asyncssh.SSHServer):
    """Remembers the open connections, to drop them when the port closes."""

    def __init__(self, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections
        self._mine: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """One more."""
        self._mine = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        """One less."""
        if self._mine is not None:
            self._connections.discard(self._mine)
