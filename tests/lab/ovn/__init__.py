"""OVN: a central node and three chassis with BFD between them, a router whose gateway port can live on each of them.

Every chassis has its own ovsdb-server, ovs-vswitchd with a dummy datapath and ovn-controller: no kernel module is
needed. The dummies are of kind ``system``, not ``override``, which breaks geneve and with it BFD and every failover.
Nothing is kept: who finds a process missing makes it all anew, which takes about a second.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.lab import process
from tests.lab.ovn import central, chassis, topology
from tests.lab.place import HOST, Place
from tests.lab.system import Description, System
from tests.lab.waiting import wait_until

__all__ = ["SYSTEM"]


def up(place: Place) -> None:
    """Start what is missing; returns when the gateway port is on the first chassis and every machine's port is up."""
    names = [*central.PROCESSES, *(name for host in ("main", *chassis.HOSTS) for name in chassis.processes(host))]
    if not all(process.alive(place, name) for name in names):
        process.stop(place, names)
        shutil.rmtree(place.folder / "data", ignore_errors=True)
        central.start(place)
        chassis.start_all(place)
        topology.make(place)
    wait_until(lambda: topology.gateway_host(place) == chassis.HOSTS[0], "the gateway port on its first chassis")
    wait_until(lambda: topology.ports_up(place) == len(chassis.HOSTS), "the machines' ports")


def check(place: Place) -> str:
    """Make a change that every chassis has to confirm."""
    central.nbctl(place, "--wait=hv", "--timeout=60", "sync")
    return f"{len(chassis.HOSTS)} chassis follow, the gateway is on {topology.gateway_host(place)}"


def describe(place: Place) -> Description:
    """Addresses and names."""
    return {
        "northbound": f"tcp:{HOST}:{place.port}",
        "southbound": f"tcp:{HOST}:{place.port + 1}",
        "chassis": list(chassis.HOSTS),
        "gateway": topology.GATEWAY,
        "ports": [topology.machine(number) for number in range(1, len(chassis.HOSTS) + 1)],
    }


SYSTEM = System(
    name="ovn",
    packages=("ovn-central", "ovn-host", "openvswitch-switch"),
    up=up,
    check=check,
    describe=describe,
    made_from=(Path(__file__).parent,),
)
