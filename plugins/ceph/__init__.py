"""Ceph: health with its reasons, hosts and OSDs, placement groups, pools."""

from __future__ import annotations

from hsops.api import Drill, Layer, Panel, Plugin, Source
from hsops.plugins.ceph.headlines import headlines
from hsops.plugins.ceph.offers import ACTIONS
from hsops.plugins.ceph.options import CephOptions
from hsops.plugins.ceph.pg_map import pg_map
from hsops.plugins.ceph.quality import QUALITY
from hsops.plugins.ceph.rows import check, cluster, host, osd, pg, pool
from hsops.plugins.ceph.sources import cluster as cluster_source
from hsops.plugins.ceph.sources import osds, pgs, pools
from hsops.plugins.ceph.workflows import WORKFLOWS

HERE = "hsops.plugins.ceph"

PLUGIN = Plugin(
    name="ceph",
    title="Ceph",
    layer=Layer.STORAGE,
    options=CephOptions,
    connect=f"{HERE}.client:connect",
    kinds=(cluster.KIND, check.KIND, host.KIND, osd.KIND, pool.KIND, pg.KIND),
    sources=(
        Source(kinds=("ceph.cluster", "ceph.check"), poll=cluster_source.poll, every=2.0, background=4.0),
        Source(kinds=("ceph.host", "ceph.osd"), poll=osds.poll, every=2.0, background=4.0),
        Source(kinds=("ceph.pool",), poll=pools.poll, every=5.0, background=30.0),
        Source(kinds=("ceph.pg",), poll=pgs.poll, every=5.0, background=10.0),
    ),
    panels=(
        Panel(kind="ceph.cluster", drill=Drill(kind="ceph.check", match=lambda row, other: True)),
        Panel(kind="ceph.check"),
        Panel(kind="ceph.host", drill=Drill(kind="ceph.osd", match=lambda row, other: other.host == row.name)),
        Panel(
            kind="ceph.osd",
            drill=Drill(kind="ceph.pg", match=lambda row, other: row.id in other.acting or row.id in other.missing),
        ),
        Panel(kind="ceph.pool", drill=Drill(kind="ceph.pg", match=lambda row, other: other.pool == row.id)),
        Panel(kind="ceph.pg", special="pg-map", feed=pg_map),
    ),
    headlines=headlines,
    raw=f"{HERE}.raw:raw",
    actions=ACTIONS,
    workflows=WORKFLOWS,
    discover=f"{HERE}.discover:discover",
    maintenance=f"{HERE}.workflows.maintenance:MAINTENANCE",
    gates=f"{HERE}.clean:gates",
    racks=f"{HERE}.racks:racks",
    simulator=f"{HERE}.simulator:CephFace",
    quality=QUALITY,
)
