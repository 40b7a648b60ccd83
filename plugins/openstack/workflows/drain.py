"""``hypervisor.drain``: disable, move everything away, prove that nothing is left.

The proof takes two witnesses that do not know each other: nova's servers of that host in every state, and placement's
allocations of its provider. An empty answer of one alone ends nothing.

Backing out enables the service again, if the reason is still ours, lets masakari watch the host, and ends the silence.
Servers that have moved stay where they are: moving them back would be as much of a risk as the drain was.
"""

from __future__ import annotations

from hsops.api import Run
from hsops.plugins.openstack.workflows import leaving, masakari
from hsops.plugins.openstack.workflows.questions import ask
from hsops.plugins.openstack.workflows.silence import Silence, mute, tell_alerts


async def drain(run: Run) -> None:
    """The runbook."""
    terms = leaving.Terms.of(run.values)
    host = await leaving.locate(run, str(run.values["host"]))
    found = await leaving.survey(run, host)
    known = await leaving.check(run, host, found, terms.to)
    ways = await ask(run, found)
    await run.touches(servers=len(found), projects=len({guest.project for guest in found}))
    silence = Silence(run, host.host, float(run.values.get("silence") or 0))
    await tell_alerts(run, host.host)
    is_silent = await mute(run, silence)
    kept = await masakari.hold(run, host.host, known.masakari)
    await leaving.disable(run, host, str(run.values.get("reason") or "drain"), kept=kept)
    moved = await leaving.move_away(run, found, ways, terms.trip(host.host, silence.renew), terms.parallel)
    await leaving.prove(run, host, leaving.Left.of(found, ways, moved, known.stale))
    if is_silent:
        await silence.keep()
    if not run.planning:
        await run.note(f"{host.host} is ready for work; then: hsops run hypervisor.return --host {host.node}")
