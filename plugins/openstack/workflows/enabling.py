"""The parts of giving a hypervisor back: `hypervisor.return` and the host workflows put them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hsops.api import CheckResult, Conflict, Json, Run, Sample
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.kinds.service import OURS
from hsops.plugins.openstack.workflows import checks, evacuated
from hsops.plugins.openstack.workflows.facts import Host
from hsops.plugins.openstack.workflows.leaving import cloud_of

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

COMES_BACK = 600.0
"""Seconds for nova-compute to report after its host has started."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the compute service stands before the return."""

    reason: str
    """Why it is disabled; ``enabled`` when it is not."""
    forced_down: bool

    @property
    def is_enabled(self) -> bool:
        """Whether servers may come already."""
        return self.reason == "enabled"

    @property
    def drain(self) -> str:
        """Id of the run that disabled it: ``hsops:ID text``; empty when it was somebody else."""
        return self.reason.partition(" ")[0].removeprefix(OURS) if self.reason.startswith(OURS) else ""


async def standing(run: Run, host: Host) -> Standing:
    """Look at it once, for the whole run."""

    async def look() -> dict[str, Any]:
        service = await compute.service(cloud_of(run), host.host)
        reason = (service.disabled_reason or "no reason given") if service.status == "disabled" else "enabled"
        return {"reason": reason, "forced_down": service.forced_down}

    return Standing(**await run.read("reason", look))


async def reason_ours(now: Standing) -> CheckResult:
    """Whoever disabled it has plans with it."""
    well = "it is enabled already" if now.is_enabled else f"hsops disabled it: {now.reason}"
    trouble = "" if now.is_enabled or now.drain else f"somebody else disabled it: {now.reason}"
    return checks.verdict("reason.ours", trouble, well, "ask them; force it when you know that they are done")


async def unforce(run: Run, host: Host) -> None:
    """It was forced down when it was dead; nova-compute has cleaned up, so it may count as alive again."""

    async def set_to(down: bool) -> Json:
        service = await compute.service(cloud_of(run), host.host)
        if service.forced_down == down:
            return "so already"
        if not down:
            result = await evacuated.cleaned_up(cloud_of(run), host)
            if not result.ok:
                raise Conflict(result.text, system=cloud_of(run).system, thing=host.host, hint=result.hint)
        await compute.force_down(cloud_of(run), service, down=down)
        return "forced down" if down else "not forced down any more"

    await run.step(
        "not forced down",
        do=lambda: set_to(False),
        undo=lambda: set_to(True),
        command=commands.force_down(host.host, down=False),
        undo_command=commands.force_down(host.host, down=True),
        text="nova may believe its reports again",
        planned="",
    )
    await reports(run, host)


async def reports(run: Run, host: Host) -> None:
    """Wait until nova counts it as up."""

    async def look() -> Sample:
        service = await compute.service(cloud_of(run), host.host)
        word = "forced down" if service.forced_down else service.state
        return Sample(done=word == "up", text=f"nova-compute on {host.host} is {word}")

    await run.wait("nova-compute reports", look, timeout=COMES_BACK, every=2.0, stuck_after=COMES_BACK)


async def enable(run: Run, host: Host, now: Standing, *, forced: bool) -> None:
    """New servers may come, unless somebody else has disabled it meanwhile."""

    async def enable() -> Json:
        service = await compute.service(cloud_of(run), host.host)
        if service.status == "enabled":
            return "enabled already"
        if not service.is_ours and not (forced and service.disabled_reason == now.reason):
            raise Conflict(
                f"it was disabled by somebody else meanwhile: {service.disabled_reason}",
                system=cloud_of(run).system,
                thing=host.host,
                hint="ask them, then start again",
            )
        await compute.enable(cloud_of(run), service)
        return "enabled"

    async def disable() -> Json:
        service = await compute.service(cloud_of(run), host.host)
        if service.status == "enabled" and not now.is_enabled:
            await compute.disable(cloud_of(run), service, now.reason)
            return f"disabled: {now.reason}"
        return f"left as it is: {service.status}"

    await run.step(
        "enable",
        do=enable,
        undo=disable,
        command=commands.enable(host.host),
        undo_command=() if now.is_enabled else commands.disable(host.host, now.reason),
        text="new servers may come",
        planned="",
    )


async def serves(cloud: OpenStack, host: Host) -> CheckResult:
    """The proof."""
    service = await compute.service(cloud, host.host)
    trouble = "" if (service.status, service.state) == ("enabled", "up") else f"it is {service.status}, {service.state}"
    return checks.verdict("serves", trouble, f"nova-compute on {host.host} is enabled and up")
