"""Bring the cluster up: monitors, manager, OSDs, pools, and wait until it is clean."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import process
from tests.lab.ceph import topology
from tests.lab.ceph.client import ceph, ceph_json, clean
from tests.lab.ceph.daemons import start_mgr, start_mon, start_osd
from tests.lab.command import run
from tests.lab.errors import LabError
from tests.lab.place import TEMPLATES, Place
from tests.lab.report import say
from tests.lab.system import Description, System, once
from tests.lab.waiting import answers, wait_until

HERE = Path(__file__).parent
PAYLOAD = 24 << 20
"""Bytes put into each pool, so that usage is not nought."""


def up(place: Place) -> None:
    """Create what is missing and start what does not run; returns when the cluster is clean."""
    for part in ("socket", "crash", "data"):
        place.make(part)
    with once(place, "configuration") as todo:
        if todo:
            _configure(place)
    with ThreadPoolExecutor(len(topology.MONS)) as pool:
        list(pool.map(lambda name: start_mon(place, name), topology.MONS))
    wait_until(lambda: _quorum(place), "all monitors in the quorum")
    with once(place, "settings") as todo:
        if todo:
            _settings(place)
    start_mgr(place)
    with ThreadPoolExecutor(2) as pool:  # making a store is work for a whole core
        list(pool.map(lambda number: start_osd(place, number), topology.OSDS))
    say("ceph", "all daemons started")
    _pools(place)
    wait_until(lambda: clean(place), "a clean cluster", seconds=300, pause=0.5)
    _must_live(place)
    wait_until(lambda: answers(metrics_url(place)), "the manager's metrics")


def _configure(place: Place) -> None:
    """Configuration, keys and the first monitor map."""
    fsid = str(uuid.uuid4())
    locations = [f"[osd.{n}]\ncrush_location = root=default host={topology.host_of_osd(n)}" for n in topology.OSDS]
    place.render(
        "ceph.conf", place.folder / "ceph.conf", fsid=fsid, members=",".join(topology.MONS), pool_pgs=topology.POOL_PGS,
        mon_host=",".join(topology.address_of_mon(place.port, name) for name in topology.MONS),
        first_port=place.port + 100, last_port=place.port + 599, locations="\n".join(locations),
    )  # fmt: skip
    _keys(place)
    addresses = [word for name in topology.MONS for word in ("--addv", name, topology.address_of_mon(place.port, name))]
    run(
        ["monmaptool", "--create", "--clobber", "--fsid", fsid, *addresses, "--set-min-mon-release", "16",
         "--enable-all-features", place.folder / "monmap"]
    )  # fmt: skip


def _keys(place: Place) -> None:
    admin, mon = keyring(place), str(place.folder / "mon.keyring")
    caps = [word for service in ("mon", "osd", "mds", "mgr") for word in ("--cap", service, "allow *")]
    run(["ceph-authtool", "--create-keyring", admin, "--gen-key", "-n", "client.admin", *caps])
    run(["ceph-authtool", "--create-keyring", mon, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"])
    run(["ceph-authtool", mon, "--import-keyring", admin])


def _settings(place: Place) -> None:
    """Module options, forced: a manager that never ran has not told the monitors about them."""
    for option, value in (
        ("mgr/prometheus/server_addr", "127.0.0.1"),
        ("mgr/prometheus/server_port", str(topology.metrics_port(place.port))),
        ("mgr/prometheus/scrape_interval", "2"),
    ):
        ceph(place, "config", "set", "--force", "mgr", option, value)


def _quorum(place: Place) -> bool:
    for name in topology.MONS:
        process.must_live(place, f"mon.{name}")
    return len(ceph_json(place, "quorum_status")["quorum"]) == len(topology.MONS)


def _pools(place: Place) -> None:
    wanted = len(topology.OSDS)
    wait_until(lambda: ceph_json(place, "osd", "stat")["num_up_osds"] == wanted, "all OSDs to be up", pause=0.5)
    for pool in topology.POOLS:
        with once(place, f"pool-{pool}") as todo:
            if todo:
                _pool(place, pool)


def _pool(place: Place, name: str) -> None:
    groups = str(topology.POOL_PGS)
    ceph(place, "osd", "pool", "create", name, groups, groups, "replicated", "--autoscale-mode", "off")
    ceph(place, "osd", "pool", "application", "enable", name, "rbd")
    payload = place.folder / "payload"
    payload.write_bytes(bytes(PAYLOAD))
    run(["rados", "--conf", place.folder / "ceph.conf", "--pool", name, "put", "payload", payload])
    payload.unlink()


def _must_live(place: Place) -> None:
    for name in process.recorded(place):
        process.must_live(place, name)


def check(place: Place) -> str:
    """Write an object, read it back, remove it; then the cluster must be clean."""
    text = str(uuid.uuid4())
    rados = ["rados", "--conf", str(place.folder / "ceph.conf"), "--pool", topology.POOLS[0]]
    run([*rados, "put", "check", "-"], stdin=text)
    read = run([*rados, "get", "check", "-"])
    run([*rados, "rm", "check"])
    if read != text:
        raise LabError(f"ceph: an object came back as {read!r} instead of {text!r}")
    wait_until(lambda: clean(place), "a clean cluster", pause=0.5)
    groups = ceph_json(place, "status")["pgmap"]["num_pgs"]
    return f"object written and read back, HEALTH_OK, {groups} of {groups} placement groups active+clean"


def keyring(place: Place) -> str:
    """The administrator's key file."""
    return str(place.folder / "client.admin.keyring")


def metrics_url(place: Place) -> str:
    """Of the manager's prometheus module."""
    return f"http://127.0.0.1:{topology.metrics_port(place.port)}/metrics"


def describe(place: Place) -> Description:
    """What a client needs."""
    return {
        "conf": str(place.folder / "ceph.conf"),
        "keyring": keyring(place),
        "name": "client.admin",
        "metrics_url": metrics_url(place),
        "hosts": list(topology.HOSTS),
        "osds": {str(number): topology.host_of_osd(number) for number in topology.OSDS},
        "pools": list(topology.POOLS),
    }


SYSTEM = System(
    name="ceph",
    packages=("ceph-mon", "ceph-mgr", "ceph-osd", "ceph-common", "python3-rados"),
    up=up,
    check=check,
    describe=describe,
    made_from=(Path(__file__), *(HERE / name for name in ("daemons.py", "topology.py")), TEMPLATES / "ceph.conf"),
    stop_last=((f"mgr.{topology.MGR}",), tuple(f"mon.{name}" for name in topology.MONS)),
)
