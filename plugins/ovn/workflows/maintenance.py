"""OVN's part in taking a host out of service, for the workflows that span layers: `HostMaintenance`."""

from __future__ import annotations

from hsops.api import NotFound, Run
from hsops.plugins.ovn import inventory
from hsops.plugins.ovn.workflows import parts


class ChassisMaintenance:
    """Out: the gateway ports go to other chassis. Back: they come back. Where servers run is Nova's part."""

    async def role(self, run: Run, host: str) -> str:
        """``gateway chassis with 4 ports``; empty for a chassis that is no candidate for any."""

        async def look() -> str:
            try:
                place = await inventory.find(parts.ovn_of(run), host)
            except NotFound:
                return ""
            held = await inventory.held(parts.ovn_of(run), place)
            return f"gateway chassis with {len(held)} port{'' if len(held) == 1 else 's'}" if place.seats else ""

        return await run.read("role in ovn", look)

    async def checks(self, run: Run, host: str) -> None:
        """The drain's checks."""
        await parts.check(run, await parts.locate(run, host))

    async def enter(self, run: Run, host: str) -> None:
        """Lower it everywhere. Looks anew: other hosts may have left since the checks."""
        await parts.lower(run, await parts.locate(run, host), 2)

    async def verify(self, run: Run, host: str) -> None:
        """It holds no gateway port."""
        await parts.prove_empty(run, await parts.locate(run, host))

    async def leave(self, run: Run, host: str) -> None:
        """Give its priorities back once its controller follows."""
        await parts.restore(run, await parts.locate(run, host))


MAINTENANCE = ChassisMaintenance()
