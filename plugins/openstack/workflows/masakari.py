"""Masakari restarts the servers of a host that seems dead. One in maintenance must be left alone by it.

Masakari keeps no reason: whether it was hsops who put the host into maintenance shows in the reason of the compute
service, which says when masakari had been told before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import CheckResult, HsopsError, Json, Run
from hsops.plugins.openstack import commands
from hsops.plugins.openstack.address import path
from hsops.plugins.openstack.endpoints import MASAKARI
from hsops.plugins.openstack.workflows.checks import verdict

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

KEPT = "[masakari: was in maintenance]"
"""At the end of a disabled reason: masakari had the host in maintenance before, so the return leaves it there."""


class _Segment(msgspec.Struct):
    uuid: str
    name: str = ""


class _Segments(msgspec.Struct):
    segments: list[_Segment]


class Watched(msgspec.Struct):
    """A host of a failover segment."""

    uuid: str
    name: str
    on_maintenance: bool = False
    segment: str = ""


class _Hosts(msgspec.Struct):
    hosts: list[Watched]


async def watched(cloud: OpenStack, host: str) -> Watched | None:
    """The host as masakari has it; None when there is no masakari or no segment has the host."""
    if not cloud.endpoints.has_masakari:
        return None
    segments = await cloud.fetch(MASAKARI, "/segments", _Segments)
    for segment in segments.segments:
        found = await cloud.fetch(MASAKARI, path("segments", segment.uuid, "hosts"), _Hosts)
        for row in found.hosts:
            if row.name == host:
                row.segment = segment.uuid
                return row
    return None


async def tell(cloud: OpenStack, host: str, *, maintenance: bool) -> str:
    """Put a host into maintenance or take it out, unless it is so already. Gives what happened."""
    row = await watched(cloud, host)
    if row is None:
        return "no segment has it (any more)"
    word = "in maintenance" if maintenance else "watched"
    if row.on_maintenance == maintenance:
        return f"{word} already"
    body = {"host": {"on_maintenance": maintenance}}
    await cloud.write(MASAKARI, "PUT", path("segments", row.segment, "hosts", row.uuid), body)
    return word


async def look(run: Run, host: str) -> dict[str, Any]:
    """What masakari knows of the host: empty when nothing; with `trouble` when it does not answer."""

    async def ask() -> dict[str, Any]:
        cloud: OpenStack = run.system("openstack")
        try:
            row = await watched(cloud, host)
        except HsopsError as error:
            return {"trouble": error.what}
        return {} if row is None else {"segment": row.segment, "id": row.uuid, "held": row.on_maintenance}

    return await run.read("masakari", ask)


async def is_told(known: dict[str, Any]) -> CheckResult:
    """Masakari can be told of the maintenance, or there is none."""
    trouble = f"masakari does not answer: {known['trouble']}" if "trouble" in known else ""
    well = "no masakari watches this host" if not known else "masakari is told to leave the host alone"
    well = "masakari has it in maintenance already" if known.get("held") else well
    return verdict("masakari", trouble, well, "untold, it evacuates a host that reboots")


async def hold(run: Run, host: str, known: dict[str, Any]) -> bool:
    """Let masakari leave the host alone. Gives whether it did so before: then it is left to who began that."""
    if not known or "trouble" in known:
        return False
    if known["held"]:
        await run.note(f"masakari has {host} in maintenance already; the return leaves that as it is")
        return True
    await _set(run, host, known, maintenance=True)
    return False


async def release(run: Run, host: str, reason: str) -> None:
    """Let masakari watch the host again, if it was hsops that told it not to. `reason`: of the compute service."""
    known = await look(run, host)
    if "trouble" in known:
        await run.note(f"masakari does not answer ({known['trouble']}): end its maintenance of {host} by hand")
    elif known and known["held"] and reason.endswith(KEPT):
        await run.note(f"masakari had {host} in maintenance before hsops came: it stays so")
    elif known and known["held"]:
        await _set(run, host, known, maintenance=False)


async def _set(run: Run, host: str, known: dict[str, Any], *, maintenance: bool) -> None:
    def act(wanted: bool) -> Any:
        async def do() -> Json:
            return await tell(run.system("openstack"), host, maintenance=wanted)

        return do

    await run.step(
        "masakari maintenance" if maintenance else "masakari watches",
        do=act(maintenance),
        undo=act(not maintenance),
        command=commands.masakari(known["segment"], known["id"], maintenance=maintenance),
        undo_command=commands.masakari(known["segment"], known["id"], maintenance=not maintenance),
        text="masakari must not evacuate it while it reboots" if maintenance else "masakari may act on it again",
        planned="",
    )
