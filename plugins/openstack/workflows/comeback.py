"""``hypervisor.return``: the host serves again, if it was hsops that took it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.api import CheckResult, Conflict, Json, Run
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.kinds.service import OURS
from hsops.plugins.openstack.workflows import checks
from hsops.plugins.openstack.workflows.facts import Host, find_host
from hsops.plugins.openstack.workflows.silence import expire

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack


async def comeback(run: Run) -> None:
    """The runbook."""
    host = Host.of(await run.read("host", lambda: find_host(_cloud(run), str(run.values["host"]))))
    reason = await run.read("reason", lambda: _reason(run, host))
    await run.check("service.up", lambda: checks.service_up(_cloud(run), host))
    ours = await run.check("reason.ours", lambda: _reason_ours(reason))
    await run.check("agents.alive", lambda: checks.agents_alive(_cloud(run), host))
    await run.touches(servers=0)
    await _enable(run, host, reason, forced=not ours)
    await run.verify("serves", lambda: _serves(_cloud(run), host))
    await _unmute(run, host, drain_of(reason))


def drain_of(reason: str) -> str:
    """Id of the run that disabled it: ``hsops:ID text``; empty when it was somebody else."""
    return reason.partition(" ")[0].removeprefix(OURS) if reason.startswith(OURS) else ""


def _cloud(run: Run) -> OpenStack:
    cloud: OpenStack = run.system("openstack")
    return cloud


async def _reason(run: Run, host: Host) -> str:
    """Why it is disabled; ``enabled`` when it is not."""
    service = await compute.service(_cloud(run), host.host)
    return (service.disabled_reason or "no reason given") if service.status == "disabled" else "enabled"


async def _reason_ours(reason: str) -> CheckResult:
    well = "it is enabled already" if reason == "enabled" else f"hsops disabled it: {reason}"
    trouble = "" if reason == "enabled" or drain_of(reason) else f"somebody else disabled it: {reason}"
    return checks.verdict("reason.ours", trouble, well, "ask them; force it when you know that they are done")


async def _enable(run: Run, host: Host, reason: str, *, forced: bool) -> None:
    async def enable() -> Json:
        service = await compute.service(_cloud(run), host.host)
        if service.status == "enabled":
            return "enabled already"
        if not service.is_ours and not (forced and service.disabled_reason == reason):
            raise Conflict(
                f"it was disabled by somebody else meanwhile: {service.disabled_reason}",
                system=_cloud(run).system,
                thing=host.host,
                hint="ask them, then start again",
            )
        await compute.enable(_cloud(run), service)
        return "enabled"

    async def disable() -> Json:
        service = await compute.service(_cloud(run), host.host)
        if service.status == "enabled" and reason != "enabled":
            await compute.disable(_cloud(run), service, reason)
            return f"disabled: {reason}"
        return f"left as it is: {service.status}"

    await run.step(
        "enable",
        do=enable,
        undo=disable,
        command=commands.enable(host.host),
        undo_command=commands.disable(host.host, reason) if reason != "enabled" else (),
        text="new servers may come",
        planned="",
    )


async def _serves(cloud: OpenStack, host: Host) -> CheckResult:
    service = await compute.service(cloud, host.host)
    trouble = "" if (service.status, service.state) == ("enabled", "up") else f"it is {service.status}, {service.state}"
    return checks.verdict("serves", trouble, f"nova-compute on {host.host} is enabled and up")


async def _unmute(run: Run, host: Host, drain: str) -> None:
    """Alerts come back when the host is back, not before."""
    if not drain:
        await run.note("no silence of a drain is known")
        return

    async def end() -> Json:
        return await expire(run.silencers(), drain, host.host, run.author)

    await run.step("end silence", do=end, command=(), text=f"end the silence of run {drain}", planned=0)
