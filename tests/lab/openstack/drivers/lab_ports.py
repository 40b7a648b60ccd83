# pyright: reportMissingImports=false
# neutron imports this file under Debian's Python; the project's own environment has no neutron.
"""A mechanism driver for neutron's ML2 plugin that binds every port at once: no agent, no switch."""

from neutron_lib.plugins.ml2 import api


class LabMechanismDriver(api.MechanismDriver):
    """The first segment offered is taken, and the port is active."""

    def initialize(self):
        """Nothing to prepare."""

    def bind_port(self, context):
        """Bind to the first segment."""
        for segment in context.segments_to_bind[:1]:
            context.set_binding(segment[api.ID], "ovs", {"port_filter": True}, status="ACTIVE")

    @property
    def connectivity(self):
        """All its ports can reach each other."""
        return "l2"
