"""Break the cloud and mend it, for tests."""

from __future__ import annotations

from typing import Any

from tests.lab import process
from tests.lab.openstack import seed, services
from tests.lab.openstack.client import Cloud, login
from tests.lab.openstack.cloud import hosts_up, migrate, serves
from tests.lab.openstack.layout import HOSTS
from tests.lab.place import place
from tests.lab.waiting import wait_until


def stop_compute(host: str) -> None:
    """End the compute service of a host in an orderly way; nova notices 20 s later."""
    process.stop(place("openstack"), [f"nova-compute-{host}"])


def kill_compute(host: str) -> None:
    """Kill the compute service of a host as a crash would."""
    process.kill(place("openstack"), f"nova-compute-{host}")


def start_compute(host: str) -> None:
    """Start the compute service of a host again and wait until nova counts it as up."""
    where = place("openstack")
    services.start_compute(where, host)
    cloud = login(where)
    wait_until(lambda: serves(cloud, _service(cloud, host)), f"the compute service of {host}", pause=0.5)


def mend() -> None:
    """Undo what a test may have left: every compute service runs, is enabled and not forced down, and every running
    server is on the host it was made on."""
    where = place("openstack")
    services.start_computes(where)
    cloud = login(where)
    for host in HOSTS:
        one = _service(cloud, host)
        change = {"status": "enabled", "forced_down": False}
        if {key: one[key] for key in change} != change:
            cloud.call("PUT", "compute", f"/os-services/{one['id']}", change)
    wait_until(lambda: hosts_up(cloud), "all hosts", pause=0.5)
    _move_home(cloud)


def _move_home(cloud: Cloud) -> None:
    now = seed.servers(cloud)
    for name in seed.names():
        home = seed.home(name)
        if name in now and now[name]["status"] == "ACTIVE" and now[name]["OS-EXT-SRV-ATTR:host"] != home:
            migrate(cloud, name, home)


def _service(cloud: Cloud, host: str) -> Any:
    found = cloud.get("compute", f"/os-services?binary=nova-compute&host={host}")["services"]
    return found[0]
