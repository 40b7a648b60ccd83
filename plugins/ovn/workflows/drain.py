"""``gateway.drain``: no gateway port lives on the chassis any more (OPERATIONS: ovn-nbctl(8), neutron l3_scheduler)."""

from __future__ import annotations

from hsops.api import Run
from hsops.plugins.ovn.workflows import parts


async def drain(run: Run) -> None:
    """The runbook."""
    place = await parts.locate(run, str(run.values["host"]))
    await parts.check(run, place)
    await run.note(
        f"new routers may still choose {place.hostname}: take enable-chassis-as-gw out of its ovn-cms-options with "
        f"`ovs-vsctl set open . external-ids:ovn-cms-options=…` there"
    )
    await parts.lower(run, place, int(run.values.get("parallel") or 2))
    await parts.prove_empty(run, place)
