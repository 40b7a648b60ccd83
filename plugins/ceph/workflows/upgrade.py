"""``ceph.upgrade``: by cephadm where it is, else a rolling restart onto packages that are installed already.

Order: managers, monitors, OSDs, metadata servers, gateways; within a type host by host, clean between the hosts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from hsops.api import CheckResult, Json, Run, UserError
from hsops.plugins.ceph import calls, orchestra
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.inventory import ORDER, Daemon, inventory
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.wire.status import Versions
from hsops.plugins.ceph.workflows.basics import (
    check_clean,
    check_cluster,
    cluster,
    verdict,
    verify_clean,
    wait_clean,
)
from hsops.plugins.ceph.workflows.facts import HostFacts
from hsops.plugins.ceph.workflows.flags import no_autoscale, noout, restore_autoscale, unset_noout
from hsops.plugins.ceph.workflows.hostchecks import others_in, room, upgrade_none
from hsops.plugins.ceph.workflows.orchestrated import check_target, roll, target_of
from hsops.plugins.ceph.workflows.rolling import restart_all

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

RELEASES = ("nautilus", "octopus", "pacific", "quincy", "reef", "squid", "tentacle")


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to upgrade."""

    daemons: tuple[Daemon, ...]
    cephadm: bool
    can_restart: bool
    noout: bool
    noautoscale: bool | None
    """None: this Ceph does not know the switch."""
    required: str
    versions: dict[str, int]
    lines: dict[str, tuple[str, ...]]
    """The command that restarts a daemon."""


async def upgrade(run: Run) -> None:
    """The runbook."""
    types = _types(run)
    release = _release(run)

    async def look() -> dict[str, Any]:
        return await _read(cluster(run))

    known = msgspec.convert(await run.read("cluster", look), Cluster)
    chosen = [one for one in known.daemons if one.type in types]
    target = target_of(run) if known.cephadm else {}
    await _check(run, known, chosen, target)
    await run.touches(daemons=len(chosen), hosts=len({one.host for one in chosen}))
    if known.noautoscale is False:
        await no_autoscale(run)
    if known.cephadm:
        await roll(run, target)
        await wait_clean(run)
    else:
        if not known.noout:
            await noout(run)
        await restart_all(run, chosen, known.lines, by_command=known.can_restart)
        if not known.noout:
            await unset_noout(run)
    wanted = str(run.values.get("version") or "")
    await run.verify("one version", lambda: _one_version(cluster(run), wanted))
    if known.noautoscale is False:
        await restore_autoscale(run)
    if release and release != known.required:
        await _require(run, release, known.required)
    await verify_clean(run)


def _types(run: Run) -> Sequence[str]:
    given = [word.strip() for word in str(run.values.get("types") or ",".join(ORDER)).split(",") if word.strip()]
    strange = [word for word in given if word not in ORDER]
    if strange or not given:
        raise UserError(f"no such type of daemon: {', '.join(strange)}", hint=f"choose of {', '.join(ORDER)}")
    return given


def _release(run: Run) -> str:
    release = str(run.values.get("release") or "")
    if release and release not in RELEASES:
        raise UserError(f"{release!r} is no release of Ceph", hint=f"one of {', '.join(RELEASES)}")
    return release


async def _read(client: CephClient) -> dict[str, Any]:
    dump = await client.ask(commands.OSD_DUMP, Dump)
    daemons = [one for one in await inventory(client) if one.up]
    answer = await client.reply(calls.AUTOSCALE)
    known = Cluster(
        daemons=tuple(daemons), cephadm=await orchestra.has_cephadm(client), can_restart=client.hands.can("restart"),
        noout="noout" in dump.flags_set, noautoscale=None if answer.code else answer.out.strip().endswith(b"on"),
        required=dump.require_osd_release, versions=(await client.ask(commands.VERSIONS, Versions)).overall,
        lines={one.name: client.hands.line("restart", one) for one in daemons},
    )  # fmt: skip
    found: dict[str, Any] = msgspec.to_builtins(known)
    return found


async def _check(run: Run, known: Cluster, chosen: Sequence[Daemon], target: Mapping[str, str]) -> None:
    nobody = HostFacts(
        host="", crush=False, held=False, cephadm=known.cephadm, can_stop=False, can_start=False, parts=()
    )  # fmt: skip
    await check_cluster(run)
    await check_clean(run)
    await run.check("ceph.others.in", lambda: others_in(cluster(run), nobody))
    await run.check("ceph.upgrade.none", lambda: upgrade_none(cluster(run)))
    await run.check("ceph.mgr.two", lambda: _two_managers(known))
    await run.check("ceph.all.up", lambda: _all_up(cluster(run)))
    await run.check("ceph.room", lambda: room(cluster(run)))
    if known.cephadm:
        await run.check("ceph.upgrade.image", lambda: check_target(cluster(run), target))
    else:
        await run.check("ceph.daemons", lambda: _some(chosen))


async def _two_managers(known: Cluster) -> CheckResult:
    """With one there is nobody to see the groups while it restarts, and cephadm does not begin."""
    names = [one.name for one in known.daemons if one.type == "mgr"]
    trouble = f"only {names[0]} runs" if len(names) == 1 else "" if names else "no manager runs"
    hint = "start another one; forced: nobody sees the groups while it restarts"
    return verdict("ceph.mgr.two", trouble, f"{len(names)} managers run", hint)


async def _all_up(client: CephClient) -> CheckResult:
    """What is down would come back in another version at any moment."""
    dump = await client.ask(commands.OSD_DUMP, Dump)
    gone = {str(osd.osd) for osd in dump.osds if "destroyed" in osd.state}
    down = [one.name for one in await inventory(client) if not one.up and one.id not in gone]
    trouble = f"down: {', '.join(down[:10])}" if down else ""
    return verdict("ceph.all.up", trouble, "every daemon runs", "start them first")


async def _some(chosen: Sequence[Daemon]) -> CheckResult:
    trouble = "" if chosen else "no daemon of these types runs"
    return verdict("ceph.daemons", trouble, f"{len(chosen)} daemons to restart")


async def _one_version(client: CephClient, wanted: str) -> CheckResult:
    """There is no message of success: the versions themselves are it."""
    overall = (await client.ask(commands.VERSIONS, Versions)).overall
    several = "; ".join(f"{count} x {text}" for text, count in sorted(overall.items(), key=lambda pair: -pair[1]))
    trouble = several if len(overall) != 1 else ""
    if not trouble and wanted and wanted not in next(iter(overall)).split():
        trouble = f"{several}, and not {wanted}: are the packages installed?"
    return verdict("one version", trouble, several)


async def _require(run: Run, release: str, before: str) -> None:
    async def do() -> Json:
        client = cluster(run)
        if (await client.ask(commands.OSD_DUMP, Dump)).require_osd_release != release:
            await client.body(calls.require_release(release))
        return f"{before} -> {(await client.ask(commands.OSD_DUMP, Dump)).require_osd_release}"

    await run.step(
        "require-osd-release", do=do, command=calls.require_release(release).line(),
        text="no older OSD may join any more: there is no way back",
    )  # fmt: skip
