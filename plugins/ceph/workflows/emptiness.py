"""Whether an OSD may be destroyed. One witness is not enough.

``safe-to-destroy`` said safe 7 seconds after ``osd out`` while 23 groups were degraded: the statistics of an OSD that
is out are zeroed. So three must agree: its verdict, the clean gate, and that no group maps to the OSD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsops.api import CheckResult, Sample
from hsops.plugins.ceph import calls, clean
from hsops.plugins.ceph import command as commands
from hsops.plugins.ceph.sources.pgs import Dump as Groups
from hsops.plugins.ceph.wire.daemons import Verdict
from hsops.plugins.ceph.workflows.basics import verdict

if TYPE_CHECKING:
    from hsops.plugins.ceph.client import CephClient


async def groups_of(client: CephClient, osd: int) -> int | None:
    """How many groups map to it or are served by it; None while the manager does not know."""
    answer = await client.ask(commands.PGS, Groups)
    if not answer.pg_ready or not answer.pg_stats:
        return None
    return clean.groups_on(answer.pg_stats, osd)


async def why_not(client: CephClient, osd: int) -> str:
    """What speaks against destroying it by its own two witnesses; empty when they agree."""
    groups = await groups_of(client, osd)
    if groups is None:
        return "the manager does not know the placement groups"
    if groups:
        return f"{groups} groups map to it"
    said = await client.ask(calls.safe_to_destroy(osd), Verdict)
    if osd in said.safe_to_destroy and osd not in (*said.active, *said.missing_stats, *said.stored_pgs):
        return ""
    lists = (("active", said.active), ("stored_pgs", said.stored_pgs), ("missing_stats", said.missing_stats))
    named = [name for name, osds in lists if osd in osds]
    return f"safe-to-destroy says no: {', '.join(named) or 'it is in no list'}"


class Leaving:
    """Looks for a wait: the groups that still map to the OSD, then until the three agree."""

    def __init__(self, osd: int) -> None:
        self._osd = osd
        self._watch = clean.Watch()

    async def look(self, client: CephClient) -> Sample:
        """`left` counts groups on the OSD, and copies in the wrong place."""
        groups = await groups_of(client, self._osd)
        found = await self._watch.look(client)
        if groups is None or groups:
            return Sample(done=False, text=f"{groups} groups on it; {found.text}", left=(groups or 0) + found.left)
        if not found.clean:
            return Sample(done=False, text=found.text, left=found.left)
        against = await why_not(client, self._osd)
        return Sample(done=not against, text=against or "empty, and safe to destroy", left=0.0)


async def proof(client: CephClient, osd: int) -> CheckResult:
    """All three, over several reports."""
    found = await clean.settled(client)
    against = "" if found.clean else f"not clean: {found.text}"
    against = against or await why_not(client, osd)
    return verdict("safe to destroy", against, f"no group maps to osd.{osd}, the cluster is clean, Ceph agrees")
