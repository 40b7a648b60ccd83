"""Health checks of the Ceph cluster, with the codes and words that Ceph uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsops.simulator.cephvalues import Pg

if TYPE_CHECKING:
    from hsops.simulator.ceph import Ceph

CLUSTER_FLAGS = ("pauserd", "pausewr", "noup", "nodown", "noin", "noout", "nobackfill", "norebalance", "norecover",
                 "noscrub", "nodeep-scrub", "notieragent", "nosnaptrim")  # fmt: skip
SLOW = 0.2
"""Seconds of commit latency from which an OSD counts as having slow operations."""


@dataclass(frozen=True, slots=True)
class Check:
    """One health check. `severity` is HEALTH_WARN or HEALTH_ERR."""

    code: str
    severity: str
    summary: str
    count: int
    detail: tuple[str, ...] = ()


def status(checks: list[Check]) -> str:
    """HEALTH_OK, HEALTH_WARN or HEALTH_ERR."""
    severities = {check.severity for check in checks}
    return next((word for word in ("HEALTH_ERR", "HEALTH_WARN") if word in severities), "HEALTH_OK")


def checks(ceph: Ceph) -> list[Check]:
    """All that is wrong, sorted by code."""
    found = [*_monitors(ceph), *_osds(ceph), *_hosts(ceph), *_flags(ceph), *_groups(ceph), *_full(ceph)]
    found += ceph.services.checks()
    return sorted(found, key=lambda check: check.code)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")


def _monitors(ceph: Ceph) -> Iterator[Check]:
    down = [m for m in ceph.monitors if not m.up or m.name in ceph.fleet.down]
    if down:
        alive = ",".join(m.name for m in ceph.monitors if m not in down)
        summary = f"{len(down)}/{len(ceph.monitors)} mons down, quorum {alive}"
        detail = tuple(f"mon.{m.name} (rank {m.rank}) addr {m.address}:6789/0 is down (out of quorum)" for m in down)
        yield Check("MON_DOWN", "HEALTH_WARN", summary, len(down), detail)


def _osds(ceph: Ceph) -> Iterator[Check]:
    down = [osd for osd in ceph.osds.values() if not osd.up and osd.inside and not osd.destroyed]
    if down:
        detail = tuple(f"osd.{o.id} (root=default,host={o.host}) is down" for o in down)
        yield Check("OSD_DOWN", "HEALTH_WARN", f"{_plural(len(down), 'osd')} down", len(down), detail)
    slow = [osd for osd in ceph.osds.values() if osd.up and osd.latency >= SLOW]
    if slow:
        summary = f"{len(slow) * 4} slow ops, oldest one blocked for 31 sec, daemons [{','.join(o.name for o in slow)}]"
        yield Check("SLOW_OPS", "HEALTH_WARN", f"{summary} have slow ops.", len(slow) * 4)


def _hosts(ceph: Ceph) -> Iterator[Check]:
    hosts = [(name, osds) for name, osds in ceph.hosts.items() if osds and not any(o.up for o in osds)]
    hosts = [(name, osds) for name, osds in hosts if any(o.inside for o in osds)]
    if hosts:
        count = sum(len(osds) for _, osds in hosts)
        detail = tuple(f"host {name} (root=default) ({len(osds)} osds) is down" for name, osds in hosts)
        summary = f"{_plural(len(hosts), 'host')} ({count} osds) down"
        yield Check("OSD_HOST_DOWN", "HEALTH_WARN", summary, len(hosts), detail)


def _flags(ceph: Ceph) -> Iterator[Check]:
    flags = [flag for flag in CLUSTER_FLAGS if flag in ceph.flags]
    if flags:
        yield Check("OSDMAP_FLAGS", "HEALTH_WARN", f"{','.join(flags)} flag(s) set", len(flags))
    if ceph.node_flags:
        detail = tuple(f"{node} has flags {','.join(sorted(f))}" for node, f in sorted(ceph.node_flags.items()))
        words = ", ".join(sorted(set().union(*ceph.node_flags.values()))).upper()
        summary = f"{len(detail)} OSDs or CRUSH {{nodes, device-classes}} have {{{words}}} flags set"
        yield Check("OSD_FLAGS", "HEALTH_WARN", summary, len(detail), detail)


def _groups(ceph: Ceph) -> Iterator[Check]:
    groups = list(ceph.unsettled.values())
    inactive = [pg for pg in groups if "active" not in pg.state or pg.state.startswith("stale")]
    if inactive:
        detail = tuple(f"pg {pg.id} is {pg.state}, last acting {_ids(pg.acting)}" for pg in inactive[:50])
        summary = f"Reduced data availability: {_plural(len(inactive), 'pg')} inactive"
        peering = sum(1 for pg in inactive if "peering" in pg.state)
        summary += f", {_plural(peering, 'pg')} peering" if peering else ""
        yield Check("PG_AVAILABILITY", "HEALTH_WARN", summary, len(inactive), detail)
    bad = [pg for pg in groups if "degraded" in pg.state or "undersized" in pg.state]
    if bad:
        yield _degraded(ceph, bad)
    moved = sum(pg.misplaced for pg in groups)
    if moved:
        copies = sum(pool.objects * pool.size for pool in ceph.pools.values())
        share = 100 * moved / max(1, copies)
        yield Check("OBJECT_MISPLACED", "HEALTH_WARN", f"{moved}/{copies} objects misplaced ({share:.3f}%)", moved)


def _degraded(ceph: Ceph, bad: list[Pg]) -> Check:
    copies = sum(pool.objects * pool.size for pool in ceph.pools.values())
    missing = sum(pg.degraded for pg in bad)
    degraded = sum(1 for pg in bad if "degraded" in pg.state)
    undersized = sum(1 for pg in bad if "undersized" in pg.state)
    summary = f"Degraded data redundancy: {missing}/{copies} objects degraded ({100 * missing / max(1, copies):.3f}%)"
    summary += f", {_plural(degraded, 'pg')} degraded" if degraded else ""
    summary += f", {_plural(undersized, 'pg')} undersized" if undersized else ""
    detail = tuple(f"pg {pg.id} is {pg.state}, acting {_ids(pg.acting)}" for pg in bad[:50])
    return Check("PG_DEGRADED", "HEALTH_WARN", summary, len(bad), detail)


def _full(ceph: Ceph) -> Iterator[Check]:
    for word, severity in (("full", "HEALTH_ERR"), ("backfillfull", "HEALTH_WARN"), ("nearfull", "HEALTH_WARN")):
        osds = [osd for osd in ceph.osds.values() if ceph.fullness(osd) == word]
        if osds:
            detail = tuple(f"osd.{osd.id} is {word}" for osd in osds)
            yield Check(f"OSD_{word.upper()}", severity, f"{len(osds)} {word} osd(s)", len(osds), detail)


def _ids(osds: tuple[int, ...]) -> str:
    return "[" + ",".join(map(str, osds)) + "]"
