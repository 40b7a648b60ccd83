"""The BMCs of the simulated machines, as Redfish services behind one loopback port."""

from hsops.plugins.redfish.simulator.face import RedfishFace

__all__ = ["RedfishFace"]
