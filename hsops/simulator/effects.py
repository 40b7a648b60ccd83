"""What each world fault does when it comes, while it lasts and when it is healed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hsops.simulator.cloudvalues import Server
from hsops.simulator.faults import Fault, UnknownFault
from hsops.simulator.names import HOSTILE_NAMES, hostile_name

if TYPE_CHECKING:
    from hsops.simulator.world import World


def begin(world: World, fault: Fault) -> None:
    """Apply a new fault. Raises UnknownFault when its target does not exist."""
    effect = _BEGIN.get(fault.kind)
    if effect is not None:
        effect(world, fault)


def end(world: World, fault: Fault) -> None:
    """Undo a fault, as far as no other fault wants the same."""
    effect = _END.get(fault.kind)
    if effect is not None:
        effect(world, fault)


def tick(world: World, dt: float) -> None:
    """What goes on while faults last: disks fill."""
    for fault in world.faults.of("disk.filling"):
        grown = min(fault.number("until", 0.93), float(fault.undo["level"]) + fault.number("rate", 0.01) * dt)
        fault.undo["level"] = max(grown, float(fault.undo["level"]))
        if fault.target.startswith("osd."):
            osd = world.ceph.osds[int(fault.target[4:])]
            extra = max(0, int(osd.size * float(fault.undo["level"])) - (osd.used - osd.extra))
            osd.used += extra - osd.extra
            osd.extra = extra


def _machine(world: World, name: str) -> str:
    if name not in world.fleet:
        raise UnknownFault(f"no machine {name!r}")
    return name


def _osd(world: World, text: str) -> int:
    number = text.removeprefix("osd.")
    if not number.isdigit() or int(number) not in world.ceph.osds:
        raise UnknownFault(f"no OSD {text!r}")
    return int(number)


def _server(world: World, fault: Fault) -> Server:
    servers = world.compute.servers
    server = servers.get(fault.target) if fault.target else next(world.compute.newest_first(), None)
    if server is None:
        raise UnknownFault(f"no server {fault.target!r}")
    fault.undo["server"] = server.id
    return server


def _host_down(world: World, fault: Fault) -> None:
    world.power(_machine(world, fault.target), up=False)


def _host_up(world: World, fault: Fault) -> None:
    if not _held_down(world, fault.target):
        world.power(fault.target, up=True)


def _held_down(world: World, host: str) -> bool:
    """Whether another fault keeps the machine down."""
    rack = world.fleet[host].rack
    return bool(world.faults.active("host.down", host) or world.faults.active("rack.power", rack))


def _rack_down(world: World, fault: Fault) -> None:
    machines = world.fleet.racks().get(fault.target)
    if not machines:
        raise UnknownFault(f"no rack {fault.target!r}")
    for machine in machines:
        world.power(machine.name, up=False)


def _rack_up(world: World, fault: Fault) -> None:
    for machine in world.fleet.racks()[fault.target]:
        if not _held_down(world, machine.name):
            world.power(machine.name, up=True)


def _osd_down(world: World, fault: Fault) -> None:
    world.ceph.mark_down(_osd(world, fault.target))


def _osd_up(world: World, fault: Fault) -> None:
    osd = world.ceph.osds[_osd(world, fault.target)]
    if world.fleet[osd.host].up:
        world.ceph.mark_up(osd.id)


def _osd_slow(world: World, fault: Fault) -> None:
    osd = world.ceph.osds[_osd(world, fault.target)]
    fault.undo["latency"] = osd.latency
    osd.latency = fault.number("milliseconds", 500) / 1000


def _osd_fast(world: World, fault: Fault) -> None:
    world.ceph.osds[_osd(world, fault.target)].latency = float(fault.undo["latency"])


def _disk_filling(world: World, fault: Fault) -> None:
    if fault.target.startswith("osd."):
        osd = world.ceph.osds[_osd(world, fault.target)]
        world.ceph.pgs  # noqa: B018 - computes what the OSD holds before it is filled
        fault.undo["level"] = osd.utilisation
    else:
        fault.undo["level"] = world.disk_use(_machine(world, fault.target), world.clock.now())


def _disk_emptied(world: World, fault: Fault) -> None:
    if fault.target.startswith("osd."):
        osd = world.ceph.osds[int(fault.target[4:])]
        osd.used -= osd.extra
        osd.extra = 0


def _server_name(world: World, fault: Fault) -> None:
    which = str(fault.params.get("name", "escape"))
    if "text" not in fault.params and which != "huge" and which not in HOSTILE_NAMES:
        raise UnknownFault(f"no hostile name {which!r}; known: {', '.join(HOSTILE_NAMES)}, huge")
    server = _server(world, fault)
    fault.undo["name"] = server.name
    world.compute.touch(server, name=str(fault.params.get("text") or hostile_name(which)))


def _server_named(world: World, fault: Fault) -> None:
    server = world.compute.servers.get(str(fault.undo["server"]))
    if server is not None:
        world.compute.touch(server, name=str(fault.undo["name"]))


def _server_error(world: World, fault: Fault) -> None:
    server = _server(world, fault)
    fault.undo |= {"status": server.status, "vm_state": server.vm_state}
    problem = {"code": 500, "created": server.updated, "message": "simulated fault"}
    world.compute.touch(server, status="ERROR", vm_state="error", task_state=None, fault=problem)


def _server_well(world: World, fault: Fault) -> None:
    server = world.compute.servers.get(str(fault.undo["server"]))
    if server is not None:
        world.compute.touch(server, status=fault.undo["status"], vm_state=fault.undo["vm_state"], fault=None)


def _quorum_lost(world: World, fault: Fault) -> None:
    for monitor in world.ceph.monitors[1:]:
        monitor.up = False


def _quorum_back(world: World, fault: Fault) -> None:
    for monitor in world.ceph.monitors:
        monitor.up = True


_Effect = Callable[["World", Fault], None]
_BEGIN: dict[str, _Effect] = {
    "host.down": _host_down,
    "rack.power": _rack_down,
    "osd.down": _osd_down,
    "osd.slow": _osd_slow,
    "disk.filling": _disk_filling,
    "server.name": _server_name,
    "server.error": _server_error,
    "mon.quorum": _quorum_lost,
}
_END: dict[str, _Effect] = {
    "host.down": _host_up,
    "rack.power": _rack_up,
    "osd.down": _osd_up,
    "osd.slow": _osd_fast,
    "disk.filling": _disk_emptied,
    "server.name": _server_named,
    "server.error": _server_well,
    "mon.quorum": _quorum_back,
}
