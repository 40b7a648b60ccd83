"""The orchestrator (cephadm), where there is one: its commands and its answers.

The shapes are those of ``mgr/orchestrator/module.py``; several commands answer in plain text whatever the format.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping

import msgspec

from hsops.api import HsopsError, Unsupported
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.command import Command
from hsops.plugins.ceph.failures import of_command
from hsops.plugins.ceph.wire.decode import decode

STATUS = Command("orch status", manager=True)
HOSTS = Command("orch host ls", manager=True)
SERVICES = Command("orch ls", manager=True)
REMOVALS = Command("orch osd rm status", manager=True)
UPGRADE = Command("orch upgrade status", manager=True, json=False)
PAUSE = Command("orch upgrade pause", manager=True, json=False)
RESUME = Command("orch upgrade resume", manager=True, json=False)
STOP = Command("orch upgrade stop", manager=True, json=False)
MAINTENANCE = "maintenance"


def ok_to_stop(host: str) -> Command:
    """Whether all daemons of the host may stop."""
    return Command("orch host ok-to-stop", {"hostname": host}, manager=True, json=False)


def enter(host: str) -> Command:
    """Stop all its daemons and hold its OSDs. Never forced."""
    return Command("orch host maintenance enter", {"hostname": host}, manager=True, json=False)


def leave(host: str) -> Command:
    """Start them again."""
    return Command("orch host maintenance exit", {"hostname": host}, manager=True, json=False)


def remove(osd: int, *, zap: bool) -> Command:
    """Drain and destroy an OSD, keep its id for the new disk."""
    flags = ("replace", "zap") if zap else ("replace",)
    return Command("orch osd rm", {"osd_id": (str(osd),)}, manager=True, json=False, flags=flags)


def remove_stop(osd: int) -> Command:
    """Cancel that."""
    return Command("orch osd rm stop", {"osd_id": (str(osd),)}, manager=True, json=False)


def upgrade(verb: str, target: Mapping[str, str]) -> Command:
    """``orch upgrade check`` or ``start``, to an image or a version."""
    return Command(f"orch upgrade {verb}", manager=True, json=False, options=target)


class State(msgspec.Struct):
    """``orch status``"""

    available: bool = False
    backend: str = ""
    paused: bool = False


class Host(msgspec.Struct):
    """A line of ``orch host ls``. `status`: empty, maintenance or offline, in small or capital letters."""

    hostname: str
    status: str = ""


class Spec(msgspec.Struct):
    """A line of ``orch ls``."""

    service_name: str = ""
    service_type: str = ""
    unmanaged: bool = False


class Removal(msgspec.Struct):
    """A line of ``orch osd rm status``."""

    osd_id: int
    started: bool = False
    draining: bool = False
    stopped: bool = False
    replace: bool = False
    zap: bool = False


class Upgrade(msgspec.Struct):
    """``orch upgrade status``. The flag for paused came with 17; before it stands in the message only."""

    target_image: str | None = None
    in_progress: bool = False
    services_complete: list[str] | None = None
    progress: str | None = None
    message: str | None = None
    is_paused: bool = False

    @property
    def paused(self) -> bool:
        """It waits for a person."""
        return self.is_paused or "paused" in (self.message or "").lower() or "error" in (self.message or "").lower()

    @property
    def text(self) -> str:
        """What it does, in one phrase."""
        if not self.in_progress:
            return "no upgrade runs"
        done = ", ".join(self.services_complete or ())
        parts = (self.progress or "", f"done: {done}" if done else "", self.message or "")
        return "; ".join(part for part in parts if part) or "under way"


async def backend(client: CephClient) -> str:
    """``cephadm`` or ``rook``; empty when there is none. Raises Unsupported for one that does not answer."""
    reply = await client.reply(STATUS)
    if reply.code in (errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP):
        return ""
    if reply.code:
        raise of_command(STATUS, reply.code, reply.text)
    state = decode(STATUS, reply.out, State)
    if not state.available:
        raise Unsupported("the orchestrator does not work", system=client.system, thing=state.backend)
    return state.backend


async def has_cephadm(client: CephClient) -> bool:
    """Whether maintenance, replacement and upgrades go through cephadm."""
    return await backend(client) == "cephadm"


async def hosts(client: CephClient) -> dict[str, str]:
    """Host name to its status in small letters."""
    return {host.hostname: host.status.lower() for host in await client.ask(HOSTS, list[Host])}


async def removals(client: CephClient) -> dict[int, Removal]:
    """OSDs that are being removed. Without any, the answer is a sentence and no JSON."""
    body = (await client.body(REMOVALS)).strip()
    if not body.startswith(b"["):
        return {}
    return {one.osd_id: one for one in decode(REMOVALS, body, list[Removal])}


async def upgrade_status(client: CephClient) -> Upgrade:
    """The upgrade that runs, if any."""
    return decode(UPGRADE, await client.body(UPGRADE), Upgrade)


async def upgrading(client: CephClient) -> str:
    """The target of an upgrade that runs or is paused; empty when there is none or no cephadm."""
    try:
        if not await has_cephadm(client):
            return ""
    except HsopsError:
        return "unknown: the orchestrator does not answer"
    now = await upgrade_status(client)
    return (now.target_image or "some image") if now.in_progress else ""
