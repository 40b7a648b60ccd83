"""``silence.maintenance``: mute what the work will set off, hold it until its end, prove that all is well then.

The run owns the silence. It is over when its time is, or when somebody expires it: that is how the run is told that the
work has ended early. With `most` it is made for `duration` at a time and extended while the run goes on: when the run
dies, alerts come back within `duration`. Backing out ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from hsops.api import Json, Run, Sample
from hsops.plugins.alertmanager import amtool
from hsops.plugins.alertmanager.workflows import checks
from hsops.plugins.alertmanager.workflows.clusters import Cluster
from hsops.plugins.alertmanager.workflows.scope import Scope, learn, read
from hsops.plugins.alertmanager.workflows.state import DUE, HELD, LOST, MOVED, OVER, Seen, Silences, as_json, worst

EVERY = 5.0
"""Seconds between two looks at the silence."""
SETTLES = 300.0
"""Seconds that alerts get to end once the silence has."""
SPARE = 600.0
"""Seconds that the wait has beyond the end: clocks differ."""


async def maintenance(run: Run) -> None:
    """The runbook."""
    scope = read(await run.read("scope", lambda: learn(run)))
    await run.check("end.near", lambda: checks.end_near(scope))
    await run.check("cluster.ready", lambda: checks.cluster_ready(scope))
    await run.check("mutes.part", lambda: checks.not_all(scope))
    await run.check("silenced.once", lambda: checks.not_twice(run, scope))
    await run.touches(alerts=len(scope.firing), alertmanagers=len(scope.clusters))
    await run.note(f"mutes now: {scope.told}" if scope.firing else "nothing fires now that it would mute")
    mine = Silences(run, scope)
    held = await _mute(run, scope, mine, "silence")
    if not scope.starts:
        await run.verify("muted", lambda: checks.muted(run, scope))
    if not run.values.get("hold"):
        await run.note("the silence ends by itself; nobody looks what fires then")
        return
    await _hold(run, scope, mine, held)
    await _end(run, scope, mine, held)


async def _mute(run: Run, scope: Scope, mine: Silences, name: str, ends: float = 0.0) -> dict[str, str]:
    """One silence in each cluster; gives their ids."""
    held: dict[str, str] = {}
    for cluster in scope.clusters:
        held[cluster.name] = await run.step(
            _step(scope, name, cluster),
            do=lambda cluster=cluster: mine.create(cluster, ends or scope.ends),  # type: ignore[misc] # a lambda's default
            undo=lambda cluster=cluster: mine.end(cluster),  # type: ignore[misc] # a lambda's default
            command=amtool.add(
                scope.matchers,
                seconds=scope.seconds,
                author=run.author,
                comment=mine.comment,
                starts=scope.scheduled,
                ends=ends,
                url=cluster.url,
            ),
            undo_command=amtool.expire_found(scope.matchers, author=run.author, url=cluster.url),
            text=f"mute {', '.join(map(str, scope.matchers))}" + (f" from {scope.scheduled}" * bool(scope.starts)),
            planned="ID",
        )
    return held


def _step(scope: Scope, name: str, cluster: Cluster) -> str:
    """Names of steps say the cluster where there are several."""
    return name if len(scope.clusters) == 1 else f"{name} {cluster.name}"


async def _hold(run: Run, scope: Scope, mine: Silences, held: dict[str, str]) -> None:
    """Until it is over. What is to be done meanwhile is done by steps of its own, between two waits."""
    ends = scope.ends
    while True:
        state = await _watch(run, scope, mine, held, ends)
        if state["what"] == OVER:
            return
        ends = float(state["ends"])
        if state["what"] == LOST:
            await run.note("Alertmanager has lost the silence: made again")
            held |= await _mute(run, scope, mine, "silence again", ends)
        elif state["what"] == DUE:
            ends = min(ends + scope.seconds, scope.last)
            held |= await _extend(run, scope, mine, held, ends)
        elif state["what"] == MOVED:
            await run.note(f"somebody extended it until {amtool.stamp(ends)}")


async def _watch(run: Run, scope: Scope, mine: Silences, held: dict[str, str], ends: float) -> dict[str, Any]:
    """Wait until something is to be done, and say what, as the journal keeps it."""

    async def see() -> Sequence[Seen]:
        return [await mine.see(cluster, held[cluster.name], ends) for cluster in scope.clusters]

    async def look() -> Sample:
        seen = await see()
        until = max(one.ends for one in seen)
        text = f"{sum(one.mutes for one in seen)} alerts muted, until {amtool.stamp(until)}"
        return Sample(done=worst(seen) != HELD, text=text)

    async def tell() -> dict[str, Any]:
        seen = await see()
        return {"what": worst(seen), "ends": max(one.ends for one in seen), "seen": as_json(seen)}

    if run.planning:
        longer = f", extended while the run goes on until {amtool.stamp(scope.last)}" * (scope.last > scope.ends + 1)
        await run.note(f"it holds until {amtool.stamp(scope.ends)}{longer}; expire it to end the run early")
    timeout = ends - scope.began + SPARE
    await run.wait("maintenance", look, timeout=timeout, every=EVERY, stuck_after=inf)
    return {"what": OVER} if run.planning else await run.read("state", tell)


async def _extend(run: Run, scope: Scope, mine: Silences, held: dict[str, str], ends: float) -> dict[str, str]:
    extended: dict[str, str] = {}
    for cluster in scope.clusters:
        id_ = held[cluster.name]
        extended[cluster.name] = await run.step(
            _step(scope, "extend", cluster),
            do=lambda cluster=cluster, id_=id_: mine.extend(cluster, id_, ends),  # type: ignore[misc] # a lambda's default
            command=amtool.update(id_, ends=ends, url=cluster.url),
            text=f"until {amtool.stamp(ends)}",
        )
    return extended


async def _end(run: Run, scope: Scope, mine: Silences, held: dict[str, str]) -> None:
    """Nothing of it stays, in no cluster; then what fires is looked at."""
    for cluster in scope.clusters:

        async def end(cluster: Cluster = cluster) -> Json:
            return await mine.end(cluster)

        await run.step(
            _step(scope, "expire", cluster),
            do=end,
            command=amtool.expire(held[cluster.name], url=cluster.url),
            text="alerts are heard again",
        )
    await run.wait("alerts end", lambda: checks.quiet(run, scope), timeout=SETTLES, every=EVERY, stuck_after=SETTLES)
    await run.verify("nothing new fires", lambda: checks.nothing_new(run, scope))
    await _tell_old(run, scope)


async def _tell_old(run: Run, scope: Scope) -> None:
    async def old() -> str:
        return checks.names(await checks.left(run, scope, before=True))

    still = "" if run.planning else await run.read("still firing", old)
    if still:
        await run.note(f"fired before the maintenance and fires still: {still}")
