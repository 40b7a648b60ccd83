"""Who runs where: ``node ls``, ``mgr dump``, ``quorum_status``, ``fs dump`` and ``service dump``."""

from __future__ import annotations

from typing import Any

import msgspec


class Nodes(msgspec.Struct):
    """``node ls``: daemons by host name."""

    mon: dict[str, list[str]] = {}
    mgr: dict[str, list[str]] = {}
    mds: dict[str, list[str]] = {}


class Standby(msgspec.Struct):
    """A manager or metadata server; its gid is another one after every start."""

    gid: int
    name: str


class MgrDump(msgspec.Struct):
    """``mgr dump``"""

    available: bool = False
    active_gid: int = 0
    active_name: str = ""
    standbys: list[Standby] = []


class Mon(msgspec.Struct):
    """One of the monitors there should be."""

    name: str


class MonMap(msgspec.Struct):
    """All of them."""

    mons: list[Mon] = []


class Quorum(msgspec.Struct):
    """``quorum_status``: the election's number grows whenever a monitor leaves or joins."""

    election_epoch: int
    quorum_names: list[str]
    monmap: MonMap


class MdsMap(msgspec.Struct):
    """Metadata servers of one file system."""

    info: dict[str, Standby] = {}


class FileSystem(msgspec.Struct):
    """One file system."""

    mdsmap: MdsMap


class FsDump(msgspec.Struct):
    """``fs dump``"""

    standbys: list[Standby] = []
    filesystems: list[FileSystem] = []


class Service(msgspec.Struct):
    """Daemons of one kind by their number; beside them stands a ``summary``, which is text."""

    daemons: dict[str, Any] = {}


class ServiceDump(msgspec.Struct):
    """``service dump``"""

    services: dict[str, Service] = {}


class Metadata(msgspec.Struct):
    """What a daemon says of itself."""

    ceph_version_short: str = ""
    hostname: str = ""


class Verdict(msgspec.Struct):
    """``osd safe-to-destroy``: only an OSD in the first list and in no other is safe."""

    safe_to_destroy: list[int] = []
    active: list[int] = []
    missing_stats: list[int] = []
    stored_pgs: list[int] = []


class Summary(msgspec.Struct):
    """The head of the manager's report."""

    version: int = 0


class Reported(msgspec.Struct):
    """``pg dump sum``: `version` grows with every report."""

    pg_ready: bool = True
    pg_map: Summary = msgspec.field(default_factory=Summary)
