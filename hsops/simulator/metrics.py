"""Numbers over time, computed from the seed: the same instant always gives the same value, and nothing is stored."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hsops.simulator.crush import mix

if TYPE_CHECKING:
    from hsops.simulator.world import World

DAY = 86400.0


def wave(key: str, when: float, low: float, high: float) -> float:
    """A value between `low` and `high` that goes with the day and has noise of minutes, different for every key."""
    seed = mix(*key.encode("utf-8", "replace"))
    phase = (seed & 0xFFFF) / 0xFFFF
    day = 0.5 + 0.5 * math.sin(2 * math.pi * (when / DAY + phase))
    step, part = divmod(when, 60.0)
    here, there = (mix(seed, int(step) + offset) / 2**64 for offset in (0, 1))
    noise = here + (there - here) * part / 60.0
    return low + (high - low) * (0.6 * day + 0.4 * noise)


METRICS = (
    "up", "node_load1", "node_cpu_utilisation", "node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes",
    "node_filesystem_size_bytes", "node_filesystem_avail_bytes", "node_network_receive_bytes_rate",
    "node_network_transmit_bytes_rate", "ceph_health_status", "ceph_osd_up", "ceph_osd_in", "ceph_osd_stat_bytes",
    "ceph_osd_stat_bytes_used", "ALERTS",
)  # fmt: skip
"""Names of the metrics that `samples` knows."""


def samples(world: World, name: str, when: float) -> Iterator[tuple[dict[str, str], float]]:
    """Every series of a metric at an instant: labels (without ``__name__``) and value. Unknown names give nothing.

    States (up, OSDs, alerts) are known for now only and are given for every instant.
    """
    if name == "up":
        for target in world.targets():
            labels = {"job": target.job, "instance": target.instance, "host": target.host, "rack": target.rack}
            yield labels, float(target.up)
    elif name.startswith("node_"):
        yield from _nodes(world, name, when)
    elif name.startswith("ceph_"):
        yield from _ceph(world, name)
    elif name == "ALERTS":
        for alert in world.alerts.active.values():
            state = "firing" if alert.firing(world.clock.now()) else "pending"
            yield {**alert.labels, "alertstate": state}, 1.0


def _nodes(world: World, name: str, when: float) -> Iterator[tuple[dict[str, str], float]]:
    for machine in world.fleet:
        if machine.up:
            labels = {"job": "node", "instance": f"{machine.address}:9100", "host": machine.name, "rack": machine.rack}
            value = node_value(world, name, machine.name, when)
            if value is not None:
                yield labels, value


def node_value(world: World, name: str, host: str, when: float) -> float | None:
    """One metric of one machine; None for an unknown metric."""
    machine = world.fleet[host]
    if name.startswith("node_network_") and name.endswith("_bytes_rate"):
        return wave(f"{host}/{name}", when, 2e6, 9e8)
    values: dict[str, Callable[[], float]] = {
        "node_cpu_utilisation": lambda: wave(f"{host}/cpu", when, 0.08, 0.75),
        "node_load1": lambda: machine.cpus * wave(f"{host}/cpu", when, 0.08, 0.75),
        "node_memory_MemTotal_bytes": lambda: float(machine.memory),
        "node_memory_MemAvailable_bytes": lambda: machine.memory * (1 - wave(f"{host}/memory", when, 0.3, 0.8)),
        "node_filesystem_size_bytes": lambda: float(machine.disk),
        "node_filesystem_avail_bytes": lambda: machine.disk * (1 - world.disk_use(host, when)),
    }
    value = values.get(name)
    return value() if value else None


def _ceph(world: World, name: str) -> Iterator[tuple[dict[str, str], float]]:
    if name == "ceph_health_status":
        yield {"job": "ceph"}, float(("HEALTH_OK", "HEALTH_WARN", "HEALTH_ERR").index(world.ceph_status))
        return
    for osd in world.ceph.osds.values():
        values = {
            "ceph_osd_up": float(osd.up),
            "ceph_osd_in": float(osd.inside),
            "ceph_osd_stat_bytes": float(osd.size),
            "ceph_osd_stat_bytes_used": float(osd.used),
        }
        if name in values:
            yield {"job": "ceph", "ceph_daemon": osd.name, "host": osd.host}, values[name]
