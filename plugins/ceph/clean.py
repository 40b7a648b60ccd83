"""Whether the cluster is clean: more than HEALTH_OK, which is said while placement groups still wait to move.

Clean: the monitors have a quorum, the manager serves, every group is active+clean (scrubbing allowed), none is
remapped, none counts on an OSD that is down; and that over several reports of the manager, since it lags the OSD map by
3 to 5 seconds (seen: 65 active+clean one second after an OSD was stopped).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hsops.api import CheckResult, Gate, HsopsError
from hsops.plugins.ceph import calls
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.client import CephClient
from hsops.plugins.ceph.rows.pg import Pg, is_clean
from hsops.plugins.ceph.sources.pgs import Dump as Groups
from hsops.plugins.ceph.wire.daemons import Reported
from hsops.plugins.ceph.wire.osds import Dump
from hsops.plugins.ceph.wire.status import Status

NAME = "ceph.clean"
REPORTS = 4
"""Reports of the manager, newer than the first one seen, that all must say clean. One comes every 2 seconds."""
PAUSE = 0.5
SILENCE = 60.0
"""Seconds for all of these reports, after which a manager that serves is one that does not report."""
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `left`: copies and groups that are not where they should be."""

    clean: bool
    text: str
    left: float
    pending: bool = False
    """Clean so far, yet the reports are not new enough to tell."""


class Watch:
    """Looks at a cluster after a change, again and again, until the reports are newer than the change and all clean."""

    def __init__(self, reports: int = REPORTS) -> None:
        self._wanted = reports
        self._first: int | None = None
        self._osds: tuple[int, ...] = ()

    async def look(self, client: CephClient) -> Look:
        """Raises HsopsError when nobody answers."""
        status = await client.status()
        found = judge(status)
        report = await client.ask(calls.PG_VERSION, Reported) if found.clean else None
        osds = (status.osdmap.num_osds, status.osdmap.num_up_osds, status.osdmap.num_in_osds)
        if report is None or not report.pg_ready or osds != self._osds or self._first is None:
            self._osds = osds
            self._first = report.pg_map.version if report is not None and report.pg_ready else None
        if not found.clean or report is None:
            return found
        seen = 0 if self._first is None else report.pg_map.version - self._first
        if seen < 0:  # another manager counts anew
            self._first, seen = report.pg_map.version, 0
        if seen < self._wanted:
            return Look(False, f"{found.text}, {seen} of {self._wanted} reports", 0.0, True)
        return await unreported(client) or found


async def now(client: CephClient) -> Look:
    """Whether it is clean by what is known at this moment: for a check before anything was changed."""
    found = judge(await client.status())
    return (await unreported(client) or found) if found.clean else found


async def settled(client: CephClient) -> Look:
    """As `Watch` sees it: at once when it is not clean, else after as many reports as it takes."""
    watch = Watch()
    end = time.monotonic() + SILENCE
    while True:
        found = await watch.look(client)
        if found.clean or not found.pending:
            return found
        if time.monotonic() > end:
            return Look(False, f"the manager does not report: {found.text}", 1.0)
        await asyncio.sleep(PAUSE)


def judge(status: Status) -> Look:
    """By the status alone."""
    if not status.quorum_names:
        return Look(False, "the monitors have no quorum: what they say is old", 1.0)
    if not status.mgrmap.available:
        return Look(False, "no manager serves: nobody knows the placement groups", 1.0)
    pgmap = status.pgmap
    amiss = {one.state_name: one.count for one in pgmap.pgs_by_state if not _well(one.state_name)}
    known = sum(one.count for one in pgmap.pgs_by_state)
    left = float(sum(amiss.values()) + pgmap.degraded_objects + pgmap.misplaced_objects)
    if amiss:
        worst = sorted(amiss.items(), key=lambda pair: -pair[1])
        shown = ", ".join(f"{count} {state}" for state, count in worst[:_SHOWN])
        return Look(False, f"{pgmap.num_pgs - sum(amiss.values())} of {pgmap.num_pgs} groups clean; {shown}", left)
    if known != pgmap.num_pgs:
        return Look(False, f"the manager knows the state of {known} of {pgmap.num_pgs} groups", 1.0)
    if status.osdmap.num_remapped_pgs or pgmap.misplaced_objects or pgmap.degraded_objects:
        return Look(False, f"{status.osdmap.num_remapped_pgs} groups remapped", max(left, 1.0))
    return Look(True, f"{pgmap.num_pgs} groups active+clean", 0.0)


def _well(state: str) -> bool:
    return is_clean(state) and not {"remapped", "degraded", "undersized"} & set(state.split("+"))


async def unreported(client: CephClient) -> Look | None:
    """Groups that call themselves clean and count on an OSD that is down, or serve elsewhere than they belong."""
    dump, groups = await asyncio.gather(
        client.ask(commands.OSD_DUMP, Dump), client.ask(commands.PGS, Groups)
    )  # fmt: skip
    if not groups.pg_ready or groups.pg_stats is None:
        return Look(False, "the manager has just started and does not know the groups yet", 1.0)
    down = {osd.osd for osd in dump.osds if not osd.up}
    late = [pg for pg in groups.pg_stats if pg.up != pg.acting or not down.isdisjoint(pg.acting)]
    if not late:
        return None
    return Look(False, f"{len(late)} groups have not reported since the OSD map changed", float(len(late)))


def groups_on(groups: Sequence[Pg], osd: int) -> int:
    """How many groups map to an OSD or are served by it."""
    return sum(1 for pg in groups if osd in pg.up or osd in pg.acting)


def result(found: Look) -> CheckResult:
    """As a check."""
    hint = "" if found.clean else "wait until it has recovered: ceph pg stat"
    return CheckResult(name=NAME, ok=found.clean, text=found.text, hint=hint)


class CleanGate:
    """The gate: between two hosts nothing goes on unless the cluster is clean."""

    name = NAME

    def __init__(self, client: CephClient) -> None:
        self._client = client

    async def baseline(self) -> Any:
        """What was amiss as the run began, to be told; it excuses nothing."""
        return {"found": (await now(self._client)).text}

    async def look(self, baseline: Any) -> CheckResult:
        """Clean over several reports that are newer than this call."""
        try:
            found = await settled(self._client)
        except HsopsError as error:
            return CheckResult(name=NAME, ok=False, text=str(error), hint="a cluster that does not answer is not clean")
        return result(found)


def gates(client: CephClient) -> Sequence[Gate]:
    """What the plugin has of gates."""
    return (CleanGate(client),)
