"""``hypervisors.rebalance``: move running servers from hot hosts to cold ones, a few, by a plan that shows its gain.

The plan is made once. Before each move the server and its target are looked at again, and the rest is left where it is
as soon as the hosts are even enough. Nova's scheduler checks every target too, so traits, zones and server groups hold
whatever has changed meanwhile. Backing out moves nothing further and nothing back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hsops.api import CheckResult, Item, Outcome, Progress, Run, Sample
from hsops.plugins.openstack import commands, compute
from hsops.plugins.openstack.workflows import checks, live
from hsops.plugins.openstack.workflows.balance import Move, Spread
from hsops.plugins.openstack.workflows.facts import find_host
from hsops.plugins.openstack.workflows.journey import Watch, done, gone
from hsops.plugins.openstack.workflows.leaving import Terms, cloud_of
from hsops.plugins.openstack.workflows.weighing import Scope, places, spread_now, weigh

SETTLES = 120.0
"""Seconds until placement shows the moves."""
_NOISE = 0.005
"""Half a percent: other work changes the spread as well."""


async def rebalance(run: Run) -> None:
    """The runbook."""
    scope = await _scope(run)
    plan = await run.read("plan", lambda: _plan(run, scope))
    before, after = Spread(**plan["before"]), Spread(**plan["after"])
    moves = [Move(**one) for one in plan["moves"]]
    await run.check("hosts.two", lambda: _two(run, scope))
    await run.check("neutron.up", lambda: checks.neutron_up(cloud_of(run)))
    await run.check("login", lambda: checks.login_lasts(cloud_of(run)))
    gain = f"{before.heat:.0%} → {after.heat:.0%}"
    await run.touches(servers=len(moves), hosts=len({host for one in moves for host in (one.source, one.dest)}))
    if not moves:
        await run.note(_nothing(before, scope))
        return
    await run.touches(spread=gain)
    await run.note(f"between the hottest and the coldest host of a zone: now {before}; after the moves {after}")
    await _move(run, scope, moves)
    await _prove(run, scope, before)


def _nothing(now: Spread, scope: Scope) -> str:
    if now.heat <= scope.threshold:
        return f"even enough, nothing to move: {now}"
    return f"no server could be moved that would even them out: {now}"


async def _scope(run: Run) -> Scope:
    values = run.values
    name = str(values.get("host") or "")
    only = str((await run.read("host", lambda: find_host(cloud_of(run), name)))["host"]) if name else ""
    return Scope(
        aggregate=str(values.get("aggregate") or ""),
        zone=str(values.get("zone") or ""),
        only=only,
        threshold=max(0, int(values.get("threshold") or 0)) / 100,
        most=max(0, int(values.get("moves") or 0)),
    )


async def _plan(run: Run, scope: Scope) -> dict[str, Any]:
    plan = await weigh(cloud_of(run), scope)
    return {
        "moves": [asdict(move) for move in plan.moves],
        "before": asdict(plan.before),
        "after": asdict(plan.after),
    }


async def _two(run: Run, scope: Scope) -> CheckResult:
    found = await places(cloud_of(run), scope)
    text = "" if len(found) > 1 else "there are no two hosts here that are enabled and up"
    return checks.verdict("hosts.two", text, f"{len(found)} hosts are enabled and up", "widen the aggregate or zone")


async def _move(run: Run, scope: Scope, moves: Sequence[Move]) -> None:
    terms = Terms.of(run.values)
    items = [
        Item(
            key=one.server,
            title=f"{one.name or one.server}: {one.source} → {one.dest}",
            command=commands.live_migrate(one.server, one.dest),
            data={"source": one.source, "dest": one.dest},
        )
        for one in moves
    ]

    async def act(item: Item, progress: Progress) -> Outcome:
        return await _one(run, scope, terms, item, progress)

    await run.each("move", items, act, limit=terms.parallel, text="to colder hosts")


async def _one(run: Run, scope: Scope, terms: Terms, item: Item, progress: Progress) -> Outcome:
    source, dest = str(item.data["source"]), str(item.data["dest"])
    watch = Watch(cloud_of(run), item.key, terms.trip(source, to=dest), progress)
    row = await watch.look()
    if row is None:
        return gone()
    if row.host == source and not row.task and row.status == "ACTIVE":
        needless = await _needless(run, scope, dest)
        if needless:
            return done(needless)
    elif row.host not in (source, dest):
        return done(f"not needed: it is on {row.host} meanwhile")
    elif row.host == source and row.status != "MIGRATING" and not row.task:
        return done(f"not needed: it is {row.status} meanwhile")
    return await live.migrate(watch)


async def _needless(run: Run, scope: Scope, dest: str) -> str:
    """Why it need not move any more; empty when it should."""
    now = await spread_now(cloud_of(run), scope)
    if now.heat <= scope.threshold:
        return f"not needed: even enough, {now}"
    service = await compute.service(cloud_of(run), dest)
    if (service.status, service.state) != ("enabled", "up"):
        return f"stays: {dest} is {service.status} and {service.state} meanwhile"
    return ""


async def _prove(run: Run, scope: Scope, before: Spread) -> None:
    async def look() -> Sample:
        now = await spread_now(cloud_of(run), scope)
        better = now.heat <= max(before.heat + _NOISE, scope.threshold)
        return Sample(done=better, text=f"spread: {now}; before: {before}", left=now.heat)

    sample = await run.wait("spread", look, timeout=SETTLES, every=2.0, stuck_after=SETTLES)
    if not run.planning:
        await run.note(sample.text)
