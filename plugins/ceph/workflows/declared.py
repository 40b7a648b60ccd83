"""The workflows as the manifest declares them: what they are, what they ask, where they are offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hsops.api import Danger, Input, Workflow

HERE = "hsops.plugins.ceph.workflows"
HOST = Input(name="host", title="storage host", type="ref", kind="ceph.host", required=True)
CLUSTER = Input(name="cluster", title="cluster", type="ref", kind="ceph.cluster", help="empty: the site's own")
OSD = Input(name="osd", title="OSD", type="ref", kind="ceph.osd", required=True)


def _of(kind: str, name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda values: f"{kind}/{values.get(name, '')}"


def _cluster(values: Mapping[str, Any]) -> str:
    """Work on the whole cluster: one at a time."""
    return "ceph/cluster"


ENTER = Workflow(
    name="ceph.maintenance.enter",
    title="take a storage host out of service",
    summary="check that every group survives it, hold its OSDs, stop its daemons, prove that all groups answer",
    run=f"{HERE}.maintenance:enter",
    inputs=(
        HOST,
        Input(
            name="daemons",
            title="its daemons",
            type="choice",
            choices=("stop", "leave"),
            default="stop",
            help="without an orchestrator; leave: only hold its OSDs, the host's own shutdown stops them",
        ),
    ),
    kinds=("ceph.host",),
    target=_of("host", "host"),
    key="shift+d",
    systems=("ceph",),
)
EXIT = Workflow(
    name="ceph.maintenance.exit",
    title="return a storage host",
    summary="start its daemons, release its OSDs, wait until the cluster is clean",
    run=f"{HERE}.maintenance:leave",
    inputs=(HOST,),
    kinds=("ceph.host",),
    target=_of("host", "host"),
    key="shift+r",
    danger=Danger.SAFE,
    systems=("ceph",),
)
DRAIN = Workflow(
    name="osd.drain",
    title="drain an OSD",
    summary="weight 0, wait until every group has left it, prove three ways that it may be destroyed",
    run=f"{HERE}.drain:drain",
    inputs=(OSD,),
    kinds=("ceph.osd",),
    target=_of("osd", "osd"),
    key="shift+d",
    systems=("ceph",),
)
RETURN = Workflow(
    name="osd.return",
    title="return a drained OSD",
    summary="give it its weight again and wait until the cluster is clean",
    run=f"{HERE}.drain:comeback",
    inputs=(
        OSD,
        Input(name="weight", title="weight", help="TiB; empty: what Ceph gives a disk of its size"),
    ),
    kinds=("ceph.osd",),
    target=_of("osd", "osd"),
    key="shift+r",
    systems=("ceph",),
)
REPLACE = Workflow(
    name="osd.replace",
    title="replace an OSD's disk",
    summary="drain it, destroy it, wait for the new disk under the same id, fill it, wait until clean",
    run=f"{HERE}.replace:replace",
    inputs=(
        OSD,
        Input(name="zap", title="wipe the old disk", type="bool", default="false", help="cephadm only"),
        Input(name="patience", title="wait for the new disk", type="duration", default="24h"),
    ),
    kinds=("ceph.osd",),
    target=_of("osd", "osd"),
    danger=Danger.DESTRUCTIVE,
    systems=("ceph",),
)

PG_NUM = Workflow(
    name="pool.pg-num",
    title="change a pool's number of placement groups",
    summary="autoscaler off, pg_num set, pgp_num watched until every group is placed for itself, clean again",
    run=f"{HERE}.pgnum:resize",
    inputs=(
        Input(name="pool", title="pool", type="ref", kind="ceph.pool", required=True),
        Input(name="pg_num", title="placement groups", type="int", required=True, help="a power of two"),
        Input(
            name="autoscale",
            title="the autoscaler afterwards",
            type="choice",
            choices=("keep off", "on"),
            default="keep off",
            help="where it was on; on again it may change pg_num by its own idea",
        ),
    ),
    kinds=("ceph.pool",),
    target=_cluster,
    systems=("ceph",),
)
REBALANCE = Workflow(
    name="ceph.rebalance",
    title="rebalance the placement groups",
    summary="let the balancer propose, show what would move, move it group by group, watch until clean",
    run=f"{HERE}.rebalance:rebalance",
    inputs=(
        CLUSTER,
        Input(name="misplaced", title="at most misplaced", help="a part, like 0.05; empty: the cluster's setting"),
        Input(name="deviation", title="allowed deviation", help="groups on an OSD, like 1; empty: as it is set"),
    ),
    kinds=("ceph.cluster",),
    target=_cluster,
    systems=("ceph",),
)
UPGRADE = Workflow(
    name="ceph.upgrade",
    title="upgrade Ceph",
    summary="by cephadm, or daemon by daemon onto installed packages: mgr, mon, osd, mds, rgw, clean after every host",
    run=f"{HERE}.upgrade:upgrade",
    inputs=(
        CLUSTER,
        Input(name="version", title="to version", help="18.2.4; without cephadm: what the packages must be"),
        Input(name="image", title="to image", help="cephadm only; instead of the version"),
        Input(name="types", title="daemons", default="mgr,mon,osd,mds,rgw", help="without cephadm"),
        Input(name="release", title="require release", help="reef: at the end, for good; empty: leave it"),
    ),
    kinds=("ceph.cluster",),
    target=_cluster,
    systems=("ceph",),
)

WORKFLOWS = (ENTER, EXIT, DRAIN, RETURN, REPLACE, PG_NUM, REBALANCE, UPGRADE)
