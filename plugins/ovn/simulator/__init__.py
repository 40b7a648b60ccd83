"""OVN's two databases, served over OVSDB's own protocol from the simulated world."""

from hsops.plugins.ovn.simulator.face import OvnFace

__all__ = ["OvnFace"]
