"""``rack.drain`` and ``rack.return``: the hosts of a rack, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.api import Run, UserError
from hsops.runbooks.bastion import elsewhere
from hsops.runbooks.onhost import Totals
from hsops.runbooks.team import Team, gather, known


async def drain(run: Run) -> None:
    """The checks of all hosts come before the first effect on any of them."""
    teams = await _teams(run)
    await elsewhere(run, [team.host for team in teams])
    for team in teams:
        await known(team)
        await team.checks()
    for number, team in enumerate(teams):
        if number:
            await run.gate("between hosts")
        await team.leave_service()
        await team.prove_empty()
        for before in teams[: number + 1]:
            await before.silence.keep("the rack is being drained")
    for team in teams:  # nothing has come back meanwhile
        await team.prove_empty()
    if not run.planning:
        rack = run.values["rack"]
        await run.note(f"{rack} is out of service; when the work is done: hsops run rack.return --rack {rack}")


async def comeback(run: Run) -> None:
    """Last out, first in."""
    teams = list(reversed(await _teams(run)))
    for team in teams:
        await known(team)
    for number, team in enumerate(teams):
        if number:
            await run.gate("between hosts")
        await team.come_back()


async def _teams(run: Run) -> Sequence[Team]:
    racks = await run.racks()
    rack = str(run.values["rack"])

    async def hosts() -> list[str]:
        if rack not in racks:
            known_racks = f"there are {', '.join(racks)}" if racks else "say `racks:` in the site file"
            raise UserError("there is no such rack", thing=rack, hint=known_racks)
        return list(racks[rack])

    found = await run.read("hosts", hosts)
    totals = Totals(run)
    await run.touches(hosts=len(found))
    return [await gather(totals.view(host), host) for host in found]
