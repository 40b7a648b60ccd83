"""``ceph status``, ``ceph health detail``, ``ceph versions`` and ``ceph node ls``."""

from __future__ import annotations

import msgspec


class Summary(msgspec.Struct, gc=False):
    """The one line of a health check."""

    message: str = ""
    count: int = 0


class Detail(msgspec.Struct, gc=False):
    """One of its reasons."""

    message: str = ""


class Check(msgspec.Struct):
    """A health check that is raised. `detail` comes with ``health detail`` only."""

    severity: str
    summary: Summary
    detail: list[Detail] = []
    muted: bool = False


class Health(msgspec.Struct):
    """Health with its reasons."""

    status: str
    checks: dict[str, Check] = {}


class MonMap(msgspec.Struct, gc=False):
    """The monitors that there should be."""

    epoch: int = 0
    num_mons: int = 0


class OsdMap(msgspec.Struct, gc=False):
    """Counts of OSDs and the map's age."""

    epoch: int = 0
    num_osds: int = 0
    num_up_osds: int = 0
    num_in_osds: int = 0
    num_remapped_pgs: int = 0


class PgState(msgspec.Struct, gc=False):
    """How many placement groups are in a state."""

    state_name: str
    count: int


class PgMap(msgspec.Struct):
    """What the manager reported last: states, usage, I/O. It lags the OSD map by 3 to 5 seconds.

    Rates and ratios are left out by Ceph when they are nought.
    """

    pgs_by_state: list[PgState] = []
    num_pgs: int = 0
    num_pools: int = 0
    num_objects: int = 0
    data_bytes: int = 0
    bytes_used: int = 0
    bytes_avail: int = 0
    bytes_total: int = 0
    read_bytes_sec: int = 0
    write_bytes_sec: int = 0
    read_op_per_sec: int = 0
    write_op_per_sec: int = 0
    degraded_objects: int = 0
    degraded_ratio: float | None = 0.0
    misplaced_objects: int = 0
    misplaced_ratio: float | None = 0.0
    unfound_objects: int = 0
    recovering_objects_per_sec: int = 0
    recovering_bytes_per_sec: int = 0


class MgrMap(msgspec.Struct, gc=False):
    """Whether a manager serves."""

    available: bool = False
    num_standbys: int = 0


class Event(msgspec.Struct, gc=False):
    """Something long that the manager follows."""

    message: str = ""
    progress: float | None = 0.0


class Status(msgspec.Struct):
    """``ceph status``. `quorum_names` empty: no quorum, everything else here is old."""

    fsid: str
    health: Health
    quorum_names: list[str]
    monmap: MonMap
    osdmap: OsdMap
    pgmap: PgMap
    mgrmap: MgrMap
    progress_events: dict[str, Event] = {}


class Versions(msgspec.Struct):
    """``ceph versions``: how many daemons run which version."""

    overall: dict[str, int] = {}


class Nodes(msgspec.Struct):
    """``ceph node ls``: which monitors and managers run on which host."""

    mon: dict[str, list[str]] = {}
    mgr: dict[str, list[str]] = {}
