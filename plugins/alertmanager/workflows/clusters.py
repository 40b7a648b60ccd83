"""Which Alertmanagers there are. Members of one cluster share their silences: one is made in each cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hsops.api import Run, Unreachable
from hsops.plugins.alertmanager.client import AlertmanagerConnection
from hsops.plugins.alertmanager.silencer import AlertmanagerSilencer


class Cluster(NamedTuple):
    """The site's systems that are members of one cluster, as JSON in the journal."""

    members: tuple[str, ...]
    url: str
    settling: bool = False

    @property
    def name(self) -> str:
        """Its first member."""
        return self.members[0]


def connections(run: Run) -> list[AlertmanagerConnection]:
    """Every Alertmanager of the site that answers. Raises Unreachable when none does."""
    found = [one.connection for one in run.silencers() if isinstance(one, AlertmanagerSilencer)]
    if not found:
        hint = "has its site file one? `hsops status` tells what its systems say"
        raise Unreachable("no Alertmanager of this site answers", thing=run.site, hint=hint)
    return found


def member(run: Run, cluster: Cluster) -> AlertmanagerConnection:
    """One of its members that answers. Raises Unreachable."""
    for one in connections(run):
        if one.system in cluster.members:
            return one
    raise Unreachable("no member of this cluster answers", system=cluster.name)


async def clusters(run: Run) -> list[dict[str, Any]]:
    """All, as JSON. Members that see a common peer are of one cluster."""
    groups: list[tuple[set[str], list[AlertmanagerConnection], bool]] = []
    for one in connections(run):
        status = (await one.status()).cluster
        peers = {peer.get("name", "") for peer in status.peers or ()} - {""}
        settling = status.status == "settling"
        for names, members, _ in groups:
            if names & peers:
                names.update(peers)
                members.append(one)
                break
        else:
            groups.append((peers, [one], settling))
    return [
        {"members": [one.system for one in members], "url": members[0].url, "settling": settling}
        for _, members, settling in groups
    ]


def decoded(rows: Sequence[dict[str, Any]]) -> list[Cluster]:
    """What the journal has."""
    return [Cluster(tuple(row["members"]), row["url"], row["settling"]) for row in rows]
