"""``hypervisor.return``: the host serves again, if it was hsops that took it out."""

from __future__ import annotations

from hsops.api import Json, Run
from hsops.plugins.openstack.workflows import checks, enabling, evacuated, homecoming, masakari, smoke
from hsops.plugins.openstack.workflows.facts import Host
from hsops.plugins.openstack.workflows.leaving import cloud_of, locate
from hsops.plugins.openstack.workflows.silence import expire


async def comeback(run: Run) -> None:
    """The runbook."""
    host = await locate(run, str(run.values["host"]))
    now = await enabling.standing(run, host)
    if now.forced_down:
        await run.check("domains.stale", lambda: evacuated.cleaned_up(cloud_of(run), host))
    else:
        await run.check("service.up", lambda: checks.service_up(cloud_of(run), host))
    ours = await run.check("reason.ours", lambda: enabling.reason_ours(now))
    await run.check("agents.alive", lambda: checks.agents_alive(cloud_of(run), host))
    most = int(run.values.get("most") or 0) if run.values.get("move_back") else 0
    guests = await homecoming.read(run, host, most) if most else []
    await run.touches(servers=len(guests))
    if now.forced_down:
        await enabling.unforce(run, host)
    await enabling.enable(run, host, now, forced=not ours)
    await run.verify("serves", lambda: enabling.serves(cloud_of(run), host))
    image = str(run.values.get("smoke") or "")
    if image:
        await smoke.try_out(run, host, image)
    await masakari.release(run, host.host, now.reason)
    if most:
        await homecoming.bring(run, host, guests, int(run.values.get("parallel") or 1))
    await _unmute(run, host, now.drain)


async def _unmute(run: Run, host: Host, drain: str) -> None:
    """Alerts come back when the host is back, not before."""
    if not drain:
        await run.note("no silence of a drain is known")
        return

    async def end() -> Json:
        return await expire(run.silencers(), drain, host.host, run.author)

    await run.step("end silence", do=end, command=(), text=f"end the silence of run {drain}", planned=0)
