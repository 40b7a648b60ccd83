"""The named checks before a host is taken out of service. Each can be forced on its own, with a reason."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from hsops.api import CheckResult, Run
from hsops.plugins.ceph import calls, orchestra
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.failures import of_command
from hsops.plugins.ceph.inventory import inventory, same_host
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.workflows.basics import check_clean, cluster, verdict
from hsops.plugins.ceph.workflows.facts import NOOUT, HostFacts

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient
    from hsops.plugins.ceph.command import Command

FULL = ("OSD_NEARFULL", "OSD_BACKFILLFULL", "OSD_FULL", "POOL_FULL", "POOL_NEARFULL")


async def check_host(run: Run, facts: HostFacts) -> None:
    """All of them."""
    await check_clean(run)
    await run.check("ceph.host.free", lambda: host_free(facts))
    await run.check("ceph.others.in", lambda: others_in(cluster(run), facts))
    await run.check("ceph.upgrade.none", lambda: upgrade_none(cluster(run)))
    await run.check("ceph.mgr.standby", lambda: standby(cluster(run), facts))
    await run.check("ceph.mons.quorum", lambda: quorum_stays(cluster(run), facts))
    await run.check("ceph.osds.stoppable", lambda: osds_stoppable(cluster(run), facts))
    await run.check("ceph.room", lambda: room(cluster(run)))
    if facts.cephadm:
        await run.check("ceph.orch.stoppable", lambda: orch_stoppable(cluster(run), facts))


async def host_free(facts: HostFacts) -> CheckResult:
    """Whoever set ``noout`` for it has plans with it."""
    trouble = f"noout is set for {facts.host} already" if facts.held else ""
    down = [part.name for part in facts.parts if not part.up]
    trouble = trouble or (f"down already: {', '.join(down)}" if down else "")
    hint = "is it in maintenance? ceph.maintenance.exit first; forced, what was set before stays set when backed out"
    return verdict("ceph.host.free", trouble, f"all daemons of {facts.host} run and nobody holds it", hint)


async def others_in(client: CephClient, facts: HostFacts) -> CheckResult:
    """One host at a time: two down hosts of different racks may hold all copies of a group."""
    dump = await client.ask(commands.OSD_DUMP, Dump)
    held = [name for name, flags in dump.crush_node_flags.items() if NOOUT in flags and not same_host(name, facts.host)]
    if facts.cephadm:
        states = await orchestra.hosts(client)
        held += [name for name, state in states.items() if state and not same_host(name, facts.host)]
    held += ["the whole cluster (noout)"] if NOOUT in dump.flags_set else []
    text = f"in maintenance or offline: {', '.join(sorted(set(held)))}" if held else ""
    return verdict("ceph.others.in", text, "no other host is in maintenance", "bring it back first, one at a time")


async def upgrade_none(client: CephClient) -> CheckResult:
    """Cephadm refuses maintenance while an upgrade runs or is paused."""
    target = await orchestra.upgrading(client)
    text = f"an upgrade to {target} runs or is paused" if target else ""
    return verdict("ceph.upgrade.none", text, "no upgrade runs", "let it end, or: ceph orch upgrade stop")


async def standby(client: CephClient, facts: HostFacts) -> CheckResult:
    """When the active manager is on this host another one must be ready elsewhere."""
    active = facts.active_manager
    others = [
        one.name for one in await inventory(client)
        if one.type == "mgr" and one.up and not same_host(one.host, facts.host)
    ]  # fmt: skip
    text = f"{active.name} serves on this host and no manager stands by elsewhere" if active and not others else ""
    well = f"{', '.join(others)} can take over" if active else "the active manager is on another host"
    return verdict("ceph.mgr.standby", text, well, "start another manager; without one nobody knows the groups")


async def quorum_stays(client: CephClient, facts: HostFacts) -> CheckResult:
    """The monitors that are left must be a majority. The cluster is asked too, but believes any name."""
    mons = [one for one in await inventory(client) if one.type == "mon"]
    gone = [part.id for part in facts.of("mon")]
    left = [one.id for one in mons if one.up and one.id not in gone]
    lost = f"only {len(left)} of {len(mons)} monitors would be left" if len(left) * 2 <= len(mons) else ""
    if gone and not lost:
        lost = await refusal(client, calls.mons_ok_to_stop(gone))
    return verdict("ceph.mons.quorum", lost, f"{len(left)} of {len(mons)} monitors stay", "bring the others up first")


async def osds_stoppable(client: CephClient, facts: HostFacts) -> CheckResult:
    """Every group must stay active. Only OSDs that exist are asked about: unknown ones are fine to Ceph."""
    if not facts.osds:
        return CheckResult(name="ceph.osds.stoppable", ok=True, text="no OSD here")
    why = await refusal(client, calls.osds_ok_to_stop(facts.osds))
    well = f"all groups stay active without {', '.join(f'osd.{osd}' for osd in facts.osds)}"
    return verdict("ceph.osds.stoppable", why, well, "groups would stop answering clients: wait until it is clean")


async def orch_stoppable(client: CephClient, facts: HostFacts) -> CheckResult:
    """What cephadm thinks of it."""
    why = await refusal(client, orchestra.ok_to_stop(facts.host))
    return verdict("ceph.orch.stoppable", why, f"cephadm agrees to stop {facts.host}")


async def refusal(client: CephClient, command: Command) -> str:
    """Why the cluster says no; empty when it says yes. Raises HsopsError for anything else."""
    reply = await client.reply(command)
    if reply.code in (errno.EBUSY, errno.EINVAL):
        return str(of_command(command, reply.code, reply.text).what)
    if reply.code:
        raise of_command(command, reply.code, reply.text)
    return ""


async def room(client: CephClient) -> CheckResult:
    """Nothing may be near full while copies are missing."""
    raised = (await client.status()).health.checks
    texts = [raised[code].summary.message for code in FULL if code in raised]
    return verdict("ceph.room", "; ".join(texts), "nothing is near full", "free some room, or add OSDs")
