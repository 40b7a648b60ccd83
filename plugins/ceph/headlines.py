"""The cluster in two phrases for the overview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hsops.api import Headline, Health, Lookup, plain
from hsops.plugins.ceph import words
from hsops.plugins.ceph.rows.cluster import Cluster
from hsops.plugins.ceph.rows.osd import Osd

SAID_BY_NUMBERS = ("Degraded data redundancy", "Reduced data availability")
"""Checks whose content the further phrases give anyway."""


def headlines(rows: Lookup) -> Sequence[Headline]:
    """Health with the first reason and the recovery; then how full it is."""
    found: list[Headline] = []
    for cluster in rows("ceph.cluster"):
        found += _of(cluster, rows("ceph.osd"))
    return sorted(found, key=lambda line: -line.health)


def _of(cluster: Cluster, osds: Sequence[Osd]) -> Iterator[Headline]:
    if not cluster.has_quorum:
        yield Headline(Health.CRITICAL, f"no quorum of {cluster.mons} monitors, data stale", "ceph.cluster")
        return
    kind = "ceph.osd" if cluster.up < cluster.osds else "ceph.check" if cluster.reasons else "ceph.cluster"
    yield Headline(cluster.health(), " · ".join(_phrases(cluster)), kind)
    if cluster.fill is not None:
        yield Headline(_fill_health(osds), f"{words.percent(cluster.fill)} of {words.size(cluster.size)}", "ceph.host")


def _phrases(cluster: Cluster) -> Iterator[str]:
    yield f"{cluster.status} {_first(cluster)}".rstrip()
    if not cluster.manager:
        yield "no manager, the rest is old"
    if cluster.inactive:
        yield f"{cluster.inactive:,} PGs inactive"
    if cluster.degraded:
        yield f"{words.percent(cluster.degraded)} degraded"
    if cluster.misplaced:
        yield f"{words.percent(cluster.misplaced)} misplaced"
    if cluster.recovering:
        eta = "" if cluster.recovered_in is None else f", ~{words.duration(cluster.recovered_in)}"
        yield f"recovering {words.size(cluster.recovering)}/s{eta}"


def _first(cluster: Cluster) -> str:
    """What is wrong first; else whether the cluster is clean, which HEALTH_OK does not mean."""
    down = cluster.osds - cluster.up
    if down:
        return f"{down} OSD{'s' if down > 1 else ''} down"
    reasons = [reason for reason in cluster.reasons if not reason.startswith(SAID_BY_NUMBERS)]
    if reasons:
        more = f" (+{len(reasons) - 1})" if len(reasons) > 1 else ""
        return f"{plain(reasons[0], 80)}{more}"
    if not cluster.manager:
        return ""
    if cluster.clean:
        return f"{cluster.pgs:,} PGs clean"
    if cluster.settling:
        return "OSDs just changed, PGs settling"
    return f"{cluster.pgs - cluster.clean_pgs:,} of {cluster.pgs:,} PGs not clean"


def _fill_health(osds: Sequence[Osd]) -> Health:
    """By what the monitors say of single OSDs: the first full one stops writes, not the average."""
    states = {state for osd in osds for state in osd.states}
    if "full" in states:
        return Health.CRITICAL
    return Health.WARN if states & {"nearfull", "backfillfull"} else Health.OK
