"""Break the cluster and mend it, for tests."""

from __future__ import annotations

from tests.lab import process
from tests.lab.ceph import daemons, service, topology
from tests.lab.ceph.client import ceph, ceph_json, clean
from tests.lab.place import Place, place
from tests.lab.waiting import wait_until

FLAGS = frozenset(
    {"nobackfill", "nodeep-scrub", "nodown", "noin", "noout", "norebalance", "norecover", "noscrub", "noup", "pause"}
)
"""Those that operators set; the others belong to the cluster itself."""
WEIGHT = 0.0039
"""TiB: the CRUSH weight that Ceph gives an OSD of 4 GiB."""
OURS = "hsops-"
"""What the names of pools begin with that a test makes."""


def kill_osd(number: int) -> None:
    """Kill an OSD as a crash would and return at once: what the cluster makes of it is the test's own question."""
    process.kill(place("ceph"), f"osd.{number}")


def start_osd(number: int) -> None:
    """Start an OSD again and wait until the monitors count it as up."""
    where = place("ceph")
    daemons.start_osd(where, number)
    wait_until(lambda: _up(number), f"osd.{number} to be up")


def mend() -> None:
    """Undo what a test that broke off may have left.

    Every daemon runs, every OSD is in with its full weight, no flag is set, no group is an exception, the balancer and
    the pools are as the lab made them, the cluster is clean.
    """
    where = place("ceph")
    for name in topology.MONS:
        daemons.start_mon(where, name)
    daemons.start_mgr(where)
    _mend_osds(where)
    _mend_settings(where)
    wait_clean()


def _mend_osds(where: Place) -> None:
    for osd in ceph_json(where, "osd", "tree")["nodes"]:
        if osd["type"] == "osd" and osd["status"] == "destroyed":
            service.create(where, "osd", str(osd["id"]))
    for number in topology.OSDS:
        daemons.start_osd(where, number)
    for osd in ceph_json(where, "osd", "tree")["nodes"]:
        if osd["type"] == "osd" and abs(osd["crush_weight"] - WEIGHT) > WEIGHT / 10:
            ceph(where, "osd", "crush", "reweight", f"osd.{osd['id']}", str(WEIGHT))
    tree = ceph_json(where, "osd", "dump")
    out = [str(osd["osd"]) for osd in tree["osds"] if not osd["in"]]
    if out:
        ceph(where, "osd", "in", *out)
    for flag in sorted(set(tree["flags_set"]) & FLAGS):
        ceph(where, "osd", "unset", flag)
    for name, flags in tree["crush_node_flags"].items():
        ceph(where, "osd", "unset-group", ",".join(flags), name)


def _mend_settings(where: Place) -> None:
    dump = ceph_json(where, "osd", "dump")
    for group in dump["pg_upmap_items"]:
        ceph(where, "osd", "rm-pg-upmap-items", group["pgid"])
    for pool in dump["pools"]:
        if pool["pool_name"].startswith(OURS):
            ceph(where, "osd", "pool", "rm", pool["pool_name"], pool["pool_name"], "--yes-i-really-really-mean-it")
    ceph(where, "osd", "pool", "unset", "noautoscale")
    for option in ("mgr/balancer/upmap_max_deviation", "target_max_misplaced_ratio"):
        ceph(where, "config", "rm", "mgr", option)
    ceph(where, "balancer", "on")


def wait_clean(*, seconds: float = 300) -> None:
    """Wait for HEALTH_OK with every placement group active+clean."""
    where = place("ceph")
    wait_until(lambda: clean(where), "a clean cluster", seconds=seconds, pause=1)


def _up(number: int) -> bool:
    osds = ceph_json(place("ceph"), "osd", "dump")["osds"]
    return any(osd["osd"] == number and osd["up"] == 1 for osd in osds)
