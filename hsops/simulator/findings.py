"""What the alerting rules find in the world now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from hsops.simulator.cephhealth import checks, status
from hsops.simulator.machines import Machine
from hsops.simulator.monitoring import RULES, Rule

if TYPE_CHECKING:
    from hsops.simulator.world import World

Finding: TypeAlias = "tuple[Rule, dict[str, str]]"
_RULE = {rule.name: rule for rule in RULES}


def findings(world: World) -> Iterator[Finding]:
    """Pairs of a rule and the labels that it found, besides alertname and severity. Costs as much as is broken."""
    yield from _hosts(world)
    yield from _storage(world)
    yield from _cloud(world)


def _node(machine: Machine) -> dict[str, str]:
    instance = f"{machine.address}:9100"
    return {"job": "node", "instance": instance, "host": machine.name, "rack": machine.rack}


def _hosts(world: World) -> Iterator[Finding]:
    for name in sorted(world.fleet.down):
        yield _RULE["HostDown"], _node(world.fleet[name])
    for fault in world.faults.of("rack.power"):
        yield _RULE["RackPowerLost"], {"rack": fault.target}
    for fault in world.faults.of("disk.filling"):
        if fault.target in world.fleet and float(fault.undo.get("level", 0)) > 0.9:
            labels = _node(world.fleet[fault.target])
            yield _RULE["DiskFilling"], {**labels, "device": "/dev/sda1", "mountpoint": "/"}


def _storage(world: World) -> Iterator[Finding]:
    for osd in world.ceph.osds.values():
        labels = {"job": "ceph", "ceph_daemon": osd.name, "host": osd.host, "rack": osd.rack}
        if not osd.up:
            yield _RULE["CephOSDDown"], labels
        elif world.ceph.fullness(osd):
            yield _RULE["CephOSDNearFull"], labels
    word = status(checks(world.ceph))
    if word != "HEALTH_OK":
        yield _RULE["CephHealthWarning" if word == "HEALTH_WARN" else "CephHealthError"], {"job": "ceph"}


def _cloud(world: World) -> Iterator[Finding]:
    compute = world.compute
    for host, hypervisor in compute.hypervisors.items():
        suspect = hypervisor.service.forced_down or host in world.fleet.down
        if suspect and not compute.service_up(hypervisor.service):
            machine = world.fleet[host]
            labels = {"job": "openstack", "host": host, "rack": machine.rack, "service": "nova-compute"}
            yield _RULE["NovaServiceDown"], labels
    for server in compute.errors.values():
        rack = world.fleet[server.host].rack if server.host in world.fleet else ""
        yield _RULE["ServerInError"], {"job": "openstack", "host": server.host, "rack": rack, "server": server.id}
