"""Break the cluster and mend it, for tests."""

from __future__ import annotations

from tests.lab import process
from tests.lab.ceph import daemons, topology
from tests.lab.ceph.client import ceph, ceph_json, clean
from tests.lab.place import place
from tests.lab.waiting import wait_until

FLAGS = frozenset(
    {"nobackfill", "nodeep-scrub", "nodown", "noin", "noout", "norebalance", "norecover", "noscrub", "noup", "pause"}
)
"""Those that operators set; the others belong to the cluster itself."""


def kill_osd(number: int) -> None:
    """Kill an OSD as a crash would and return at once: what the cluster makes of it is the test's own question."""
    process.kill(place("ceph"), f"osd.{number}")


def start_osd(number: int) -> None:
    """Start an OSD again and wait until the monitors count it as up."""
    where = place("ceph")
    daemons.start_osd(where, number)
    wait_until(lambda: _up(number), f"osd.{number} to be up")


def mend() -> None:
    """Undo what a test that broke off may have left: every OSD runs and is in, no flag is set, the cluster is clean."""
    where = place("ceph")
    for number in topology.OSDS:
        daemons.start_osd(where, number)
    tree = ceph_json(where, "osd", "dump")
    out = [str(osd["osd"]) for osd in tree["osds"] if not osd["in"]]
    if out:
        ceph(where, "osd", "in", *out)
    for flag in sorted(set(tree["flags_set"]) & FLAGS):
        ceph(where, "osd", "unset", flag)
    for name, flags in tree["crush_node_flags"].items():
        ceph(where, "osd", "unset-group", ",".join(flags), name)
    wait_clean()


def wait_clean(*, seconds: float = 300) -> None:
    """Wait for HEALTH_OK with every placement group active+clean."""
    where = place("ceph")
    wait_until(lambda: clean(where), "a clean cluster", seconds=seconds, pause=1)


def _up(number: int) -> bool:
    osds = ceph_json(place("ceph"), "osd", "dump")["osds"]
    return any(osd["osd"] == number and osd["up"] == 1 for osd in osds)
