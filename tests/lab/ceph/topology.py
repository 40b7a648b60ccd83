"""Which daemon is on which host, and under which port."""

from __future__ import annotations

MONS = ("a", "b", "c")
MGR = "x"
OSDS = tuple(range(6))
HOSTS = ("ceph-h1", "ceph-h2", "ceph-h3")
POOLS = ("vms", "volumes")
POOL_PGS = 32


def host_of_osd(number: int) -> str:
    """Two OSDs a host, in order."""
    return HOSTS[number * len(HOSTS) // len(OSDS)]


def host_of_mon(name: str) -> str:
    """One monitor a host."""
    return HOSTS[MONS.index(name)]


def address_of_mon(port: int, name: str) -> str:
    """Both protocol versions of a monitor; ``port`` is the first one of the system."""
    first = port + 10 + 2 * MONS.index(name)
    return f"[v2:127.0.0.1:{first},v1:127.0.0.1:{first + 1}]"


def metrics_port(port: int) -> int:
    """Of the manager's prometheus module."""
    return port + 90
