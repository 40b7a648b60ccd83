"""Ceph: 3 monitors, 1 manager, 6 OSDs on 3 CRUSH hosts, as processes of this machine.

Each CRUSH host is a UTS namespace, so that daemons report a host name of their own.
"""

from tests.lab.ceph.cluster import SYSTEM
from tests.lab.ceph.faults import kill_osd, mend, start_osd, wait_clean

__all__ = ["SYSTEM", "kill_osd", "mend", "start_osd", "wait_clean"]
