"""The simulated cluster: an SSH server on loopback that answers ``ceph … --format json`` from the world."""

from hsops.plugins.ceph.simulator.face import CephFace

__all__ = ["CephFace"]
