"""The hosts of the simulated site: one SSH port for all of them, the login name says which one is meant.

It answers what the plugin runs: the probe, reboots, packages, services. At most `MOST` machines take part: a site file
with ten thousand hosts would open as many connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from hsops.plugins.linux.probe import MARK, SLOW
from hsops.simulator.face import GARBAGE
from hsops.simulator.faults import Fault
from hsops.simulator.files import write_private
from hsops.simulator.machines import Machine
from hsops.simulator.world import World

KEY = "ssh-ed25519"
MOST = 60
BOOT = 2.0
"""Real seconds that a reboot takes."""
OLD, NEW = "6.1.0-25-amd64", "6.1.0-26-amd64"
_SINCE = 40 * 86400.0
"""Seconds before the world's begin at which its hosts were booted."""


@dataclass(slots=True)
class _Disk:
    """What a host keeps over a reboot."""

    updates: list[str] = field(default_factory=list)
    kernel: str = OLD
    newest: str = OLD


class LinuxFace:
    """Hosts behind SSH."""

    name = "linux"

    def __init__(self) -> None:
        self._world: World | None = None
        self._server: asyncssh.SSHAcceptor | None = None
        self._disks: dict[str, _Disk] = {}
        self._boots: set[asyncio.Task[None]] = set()

    @property
    def world(self) -> World:
        """What it shows."""
        assert self._world is not None  # noqa: S101 - nobody connects before start()
        return self._world

    async def start(self, world: World, host: str = "127.0.0.1") -> Mapping[str, Any]:
        """See `Face.start`: keys and known hosts go into the world's folder."""
        if world.folder is None:
            raise ValueError("the Linux face needs a folder for its keys: World(folder=…)")
        self._world = world
        host_key, client_key = asyncssh.generate_private_key(KEY), asyncssh.generate_private_key(KEY)
        allowed = asyncssh.import_authorized_keys(client_key.export_public_key().decode())
        self._server = await asyncssh.listen(
            host, 0, server_host_keys=[host_key], authorized_client_keys=allowed, encoding=None,
            process_factory=self._run, server_factory=lambda: _Server(self._is_there),
        )  # fmt: skip
        port, folder = self._server.get_port(), world.folder / "linux"
        trusted = f"[{host}]:{port} {host_key.export_public_key().decode().strip()}\n"
        machines = list(world.fleet)[:MOST]
        self._disks = {one.name: _disk(number) for number, one in enumerate(machines)}
        return {
            "plugin": "linux",
            "hosts": [{"name": one.name, "address": host, "port": port, "user": one.name} for one in machines],
            "key": str(write_private(folder / "id_ed25519", client_key.export_private_key().decode())),
            "known_hosts": str(write_private(folder / "known_hosts", trusted)),
            "config": str(write_private(folder / "ssh_config", "")),
            "down_within": 30.0,
            "up_within": 120.0,
        }

    def _is_there(self, host: str) -> bool:
        return host in self._disks and self.world.fleet[host].up and not self.world.faults.refused("linux")

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        host = str(process.get_extra_info("username"))
        if not self._is_there(host):  # a connection that was open when it went down
            process.get_extra_info("connection").abort()
            return
        with contextlib.suppress(ConnectionError, asyncssh.Error, ValueError):
            words = shlex.split(process.command or "")
            sentinel, argv = words[4], words[5:]
            fault = self.world.faults.api("linux", "", " ".join(argv[-2:]))
            if fault is not None and await self._suffered(process, fault):
                return
            out, status = self._answer(host, argv)
            process.stdout.write(f"\n{sentinel} begin\n{out}\n{sentinel} end {status}\n".encode())
            process.exit(0)

    async def _suffered(self, process: asyncssh.SSHServerProcess[bytes], fault: Fault) -> bool:
        if fault.kind == "api.slow":
            await asyncio.sleep(fault.number("seconds", 5))
            return False
        if fault.kind == "api.silent":
            await self.world.faults.over(fault)
        process.stdout.write(GARBAGE)
        process.exit(1)
        return True

    # -- programs

    def _answer(self, host: str, argv: Sequence[str]) -> tuple[str, int]:
        """What the program prints, and its exit status."""
        if argv[:2] == ["sh", "-c"]:
            return self._script(host, argv[2], argv[4:])
        if argv[:1] == ["systemctl"]:
            return ("active" if argv[1] == "is-active" else ""), 0
        return "", 0 if list(argv) == ["true"] else 127

    def _script(self, host: str, script: str, rest: Sequence[str]) -> tuple[str, int]:
        if script.startswith(MARK):
            return self._probe(host, slow=rest[:1] == [SLOW]), 0
        if "exec sudo -n" in script:
            return self._answer(host, rest)
        if "exec reboot" in script:
            self._reboot(host)
        elif 'mkdir "$d"' in script:
            self._install(self._disks[host])
        return "ended 0\nSetting up the simulated packages ...", 0

    def _install(self, disk: _Disk) -> None:
        if disk.updates:
            disk.newest = NEW
        disk.updates.clear()

    def _reboot(self, host: str) -> None:
        task = asyncio.get_running_loop().create_task(self._boot(host))
        self._boots.add(task)
        task.add_done_callback(self._boots.discard)

    async def _boot(self, host: str) -> None:
        await asyncio.sleep(0.1)
        self.world.power(host, up=False)
        await asyncio.sleep(BOOT)
        self._disks[host].kernel = self._disks[host].newest
        self.world.power(host, up=True)

    def _probe(self, host: str, *, slow: bool) -> str:
        machine, disk, now = self.world.fleet[host], self._disks[host], self.world.clock.now()
        booted = machine.changed or self.world.started - _SINCE
        lines = [*_facts(machine, booted, now), ("kernel", disk.kernel)]
        lines += [("installed", kernel) for kernel in sorted({disk.kernel, disk.newest})]
        used = int(self.world.disk_use(host, now) * machine.disk) >> 10
        lines.append(("fs", f"/dev/sda1 {machine.disk >> 10} {used} {(machine.disk >> 10) - used} 1% /"))
        if disk.newest != disk.kernel:
            lines.append(("reboot", "/run/reboot-required"))
        if slow:
            lines += [("manager", "apt"), *(("apt", line) for line in disk.updates)]
        return "".join(f"{key}\t{value}\n" for key, value in lines)

    async def stop(self) -> None:
        """See `Face.stop`."""
        for task in tuple(self._boots):
            task.cancel()
        await asyncio.gather(*self._boots, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()


def _disk(number: int) -> _Disk:
    """Every third host has updates waiting."""
    waiting = ["libc6 [2.36-9] (2.36-10 Simulated:1 [amd64])", f"linux-image-{NEW} (6.1.112-1 Simulated:1 [amd64])"]
    return _Disk(updates=waiting if number % 3 == 0 else [])


def _facts(machine: Machine, booted: float, now: float) -> list[tuple[str, object]]:
    memory = machine.memory >> 10
    return [
        ("boot_id", uuid.uuid5(uuid.NAMESPACE_DNS, f"{machine.name} {booted}")),
        ("machine_id", uuid.uuid5(uuid.NAMESPACE_DNS, machine.name).hex),
        ("hostname", machine.name),
        ("uptime", f"{max(0.0, now - booted):.2f} 0.00"),
        ("load", f"{machine.cpus * 0.3:.2f} {machine.cpus * 0.28:.2f} {machine.cpus * 0.25:.2f} 1/900 1"),
        ("cpus", machine.cpus),
        ("os", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"'),
        ("os", "ID=debian"),
        ("MemTotal:", memory),
        ("MemAvailable:", memory // 2),
        ("systemd", "running"),
        ("units", "known"),
        ("synced", "yes"),
    ]


class _Server(asyncssh.SSHServer):
    """Hangs up on who asks for a host that is down."""

    def __init__(self, is_there: Callable[[str], bool]) -> None:
        self._there = is_there
        self._mine: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Remembered for the answer."""
        self._mine = conn

    def begin_auth(self, username: str) -> bool:
        """The login name is the host."""
        if not self._there(username) and self._mine is not None:
            self._mine.abort()
        return True
