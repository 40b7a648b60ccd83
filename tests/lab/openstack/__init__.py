"""OpenStack: keystone, placement, glance, neutron, and nova with four hosts, from Debian's packages.

The hypervisors have no guests behind them (:mod:`tests.lab.openstack.drivers`), everything else is real.
"""

from tests.lab.openstack.cloud import SYSTEM
from tests.lab.openstack.faults import kill_compute, mend, start_compute, stop_compute

__all__ = ["SYSTEM", "kill_compute", "mend", "start_compute", "stop_compute"]
