"""The named checks before an OSD is emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.api import CheckResult, Run
from hsops.plugins.ceph import orchestra, words
from hsops.plugins.ceph.workflows.basics import check_clean, cluster, verdict
from hsops.plugins.ceph.workflows.hostchecks import upgrade_none
from hsops.plugins.ceph.workflows.osdfacts import OsdFacts

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient

MOVING = ("norebalance", "nobackfill", "norecover", "pause")
"""Flags with which nothing moves."""


async def check_osd(run: Run, facts: OsdFacts) -> None:
    """All of them."""
    await check_clean(run)
    await run.check("ceph.osd.serves", lambda: serves(facts))
    await run.check("ceph.osd.room", lambda: fits(facts))
    await run.check("ceph.moves", lambda: moves(cluster(run)))
    await run.check("ceph.upgrade.none", lambda: upgrade_none(cluster(run)))


async def serves(facts: OsdFacts) -> CheckResult:
    """Emptying needs it up; a weight of nought means that somebody empties it already."""
    words_ = [] if facts.up else ["down"]
    words_ += ["out"] if not facts.inside else []
    words_ += ["destroyed"] if facts.destroyed else []
    words_ += ["without weight already: somebody drains it"] if facts.weight == 0 else []
    text = f"{facts.name} is {', '.join(words_)}" if words_ else ""
    return verdict("ceph.osd.serves", text, f"{facts.name} is up and in on {facts.host}, weight {facts.weight:g}")


async def fits(facts: OsdFacts) -> CheckResult:
    """Its data must fit on those that take them, below near full."""
    after = facts.fill_after
    if after is None:
        text = f"nobody can take its {words.size(facts.used)}: it is the only OSD of its host, and each host has a copy"
        return verdict("ceph.osd.room", text, "", "add an OSD there, or a host")
    well = f"its {words.size(facts.used)} fit on {facts.where}: they will be {words.percent(after)} full"
    full = f"{facts.where} would be {words.percent(after)} full, near full is {words.percent(facts.limit)}"
    return verdict("ceph.osd.room", full if after >= facts.limit else "", well, "free some room, or add OSDs")


async def moves(client: CephClient) -> CheckResult:
    """With these flags nothing would move, and the run would wait in vain."""
    from hsops.plugins.ceph import command as commands  # noqa: PLC0415 - beside `words` it would shadow a local
    from hsops.plugins.ceph.wire.osds import Dump  # noqa: PLC0415 - as above

    flags = [flag for flag in (await client.ask(commands.OSD_DUMP, Dump)).flags_set if flag in MOVING]
    text = f"set for the cluster: {', '.join(flags)}" if flags else ""
    return verdict("ceph.moves", text, "nothing keeps data from moving", "ceph osd unset FLAG")


async def unmanaged(client: CephClient) -> CheckResult:
    """Cephadm builds a new OSD on any free disk that a managed specification matches, also on the old one."""
    specs = [spec for spec in await client.ask(orchestra.SERVICES, list[orchestra.Spec]) if spec.service_type == "osd"]
    managed = [spec.service_name for spec in specs if not spec.unmanaged]
    text = f"cephadm would use the freed disk at once, by {', '.join(managed)}" if managed else ""
    hint = "ceph orch set-unmanaged SERVICE; forced: fine when the disk is pulled and its successor should be taken"
    return verdict("ceph.spec.unmanaged", text, "no specification takes the freed disk by itself", hint)
