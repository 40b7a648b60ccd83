"""``host.drain`` and ``host.return``: one host, through every system of the site that has to do with it."""

from __future__ import annotations

from hsops.api import Run
from hsops.runbooks.bastion import elsewhere
from hsops.runbooks.team import gather, known


async def drain(run: Run) -> None:
    """All checks of all systems, the silence, every part in order, then the proof of every part."""
    host = str(run.values["host"])
    team = await gather(run, host)
    await elsewhere(run, [host])
    await known(team)
    await team.checks()
    await team.leave_service()
    await team.prove_empty()
    await team.silence.keep("the work begins")
    if not run.planning:
        await run.note(f"{host} is out of service; when the work is done: hsops run host.return --host {host}")


async def comeback(run: Run) -> None:
    """Every part in the reverse order, then the alerts."""
    team = await gather(run, str(run.values["host"]))
    await known(team)
    await team.come_back()
