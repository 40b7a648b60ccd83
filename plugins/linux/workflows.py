"""Guided workflows of this plugin alone: hosts that need no drain. What spans systems is `hosts.upgrade`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hsops.api import CheckResult, Danger, Input, Run, UserError, Workflow
from hsops.plugins.linux.actions import is_own
from hsops.plugins.linux.host import Host
from hsops.plugins.linux.system import HOST_SYSTEM, fleet_of, may

_HERE = "hsops.plugins.linux.workflows:"

REBOOT = Workflow(
    name="host.reboot",
    title="reboot a host, with proof",
    summary="no drain: tell it to reboot, then prove that it did and that it is well",
    run=_HERE + "reboot",
    inputs=(
        Input(name="host", title="host", type="ref", kind=Host.KIND, required=True),
        Input(name="kernel", title="kernel wanted", help="a version or its beginning; empty: the newest installed"),
    ),
    kinds=(Host.KIND,),
    target=lambda values: f"host/{values.get('host', '')}",
    danger=Danger.DISRUPTIVE,
    systems=("linux",),
)

UPGRADE = Workflow(
    name="packages.upgrade",
    title="upgrade packages",
    summary="no drain and no reboot: install everything pending, some hosts at a time",
    run=_HERE + "upgrade",
    inputs=(
        Input(name="hosts", title="hosts", required=True, help="names with commas; all: every host of the site file"),
        Input(name="batch", title="hosts at a time", type="int", default="4"),
    ),
    target=lambda values: "hosts",
    danger=Danger.DISRUPTIVE,
    systems=("linux",),
)

WORKFLOWS = (REBOOT, UPGRADE)


async def reboot(run: Run) -> None:
    """The runbook."""
    host = str(run.values["host"])
    await run.check("host.answers", partial(_answers, run, host))
    await run.check(f"root@{host}", partial(may, run, host))
    await run.check("bastion.elsewhere", partial(_elsewhere, run, host))
    await run.touches(hosts=1)
    await HOST_SYSTEM.reboot(run, [host], kernel=str(run.values.get("kernel") or ""))


async def upgrade(run: Run) -> None:
    """The runbook."""
    hosts = await run.read("hosts", partial(_hosts, run))
    for host in hosts:
        updates = await HOST_SYSTEM.updates(run, host)
        await run.note(f"{host}: {len(updates)} updates: {', '.join(updates[:12])}" if updates else f"{host}: none")
    await run.touches(hosts=len(hosts))
    size = max(1, int(run.values.get("batch") or 1))
    for start in range(0, len(hosts), size):
        if start:
            await run.gate("between hosts")
        await HOST_SYSTEM.upgrade(run, hosts[start : start + size])


async def _hosts(run: Run) -> list[str]:
    known: Sequence[str] = fleet_of(run).names
    wanted = list(dict.fromkeys(str(run.values["hosts"]).replace(",", " ").split()))
    if wanted == ["all"]:
        return list(known)
    strange = [host for host in wanted if host not in known]
    if strange or not wanted:
        raise UserError(f"not in the site file: {', '.join(strange)}", hint=f"there are {', '.join(known[:8])}")
    return wanted


async def _answers(run: Run, host: str) -> CheckResult:
    facts = await fleet_of(run).facts(host)
    text = f"{facts.os or 'it'} answers, kernel {facts.kernel}" + (f"; {facts.pending}" if facts.pending else "")
    return CheckResult(name="host.answers", ok=True, text=text)


async def _elsewhere(run: Run, host: str) -> CheckResult:
    own = await is_own(fleet_of(run), host)
    text = f"hsops itself runs on {host}" if own else f"{host} is not the machine that hsops runs on"
    return CheckResult(name="bastion.elsewhere", ok=not own, text=text, hint="start it elsewhere" if own else "")
