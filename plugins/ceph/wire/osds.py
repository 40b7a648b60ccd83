"""``ceph osd tree``, ``osd dump``, ``osd crush rule dump``, ``osd df`` and ``osd perf``."""

from __future__ import annotations

import msgspec

from hsops.plugins.ceph.wire.pools import PoolInfo


class Node(msgspec.Struct):
    """A bucket or a device of the CRUSH tree; `crush_weight`, `status` and `reweight` are those of a device."""

    id: int
    name: str
    type: str
    children: list[int] = []
    device_class: str = ""
    crush_weight: float = 0.0
    status: str = ""
    reweight: float = 0.0


class Tree(msgspec.Struct):
    """``osd tree``. A stray device stands nowhere in the tree."""

    nodes: list[Node]
    stray: list[Node] = []


class OsdState(msgspec.Struct):
    """An OSD as the map has it. `state` holds ``exists``, ``up``, ``nearfull``, ``destroyed``, ``noout`` …"""

    osd: int
    up: int
    in_: int = msgspec.field(name="in")
    state: list[str] = []
    uuid: str = ""
    up_from: int = 0
    """Epoch of the map in which it came up last: another one is another life of the daemon."""


class OsdExtra(msgspec.Struct, gc=False):
    """Since when an OSD was last down: ``0.000000`` for never."""

    osd: int
    down_stamp: str = ""


class Swap(msgspec.Struct, frozen=True, gc=False):
    """A copy that goes elsewhere than CRUSH says."""

    from_: int = msgspec.field(name="from")
    to: int


class Upmap(msgspec.Struct, frozen=True):
    """The exceptions of one placement group (``pg_upmap_items``)."""

    pgid: str
    mappings: tuple[Swap, ...] = ()


class Dump(msgspec.Struct):
    """``osd dump``: flags of the cluster, of CRUSH nodes, of device classes and of OSDs; pools and their codes."""

    epoch: int
    crush_version: int = 0
    flags_set: list[str] = []
    crush_node_flags: dict[str, list[str]] = {}
    device_class_flags: dict[str, list[str]] = {}
    pools: list[PoolInfo] = []
    erasure_code_profiles: dict[str, dict[str, str]] = {}
    osds: list[OsdState] = []
    osd_xinfo: list[OsdExtra] = []
    pg_upmap_items: list[Upmap] = []
    nearfull_ratio: float = 0.85
    require_osd_release: str = ""
    require_min_compat_client: str = ""


class Step(msgspec.Struct):
    """A step of a CRUSH rule; ``take`` names the bucket where the search begins."""

    op: str
    item_name: str = ""


class Rule(msgspec.Struct):
    """A CRUSH rule."""

    rule_id: int
    rule_name: str
    steps: list[Step] = []

    def roots(self) -> list[str]:
        """The buckets it takes from, without the shadow of a device class (``default~ssd``)."""
        return [step.item_name.partition("~")[0] for step in self.steps if step.op == "take"]


class Usage(msgspec.Struct, gc=False):
    """A device's line of ``osd df``; sizes in KiB."""

    id: int
    kb: int = 0
    kb_used: int = 0
    kb_avail: int = 0
    pgs: int = 0


class Df(msgspec.Struct):
    """``osd df``."""

    nodes: list[Usage] = []


class PerfStats(msgspec.Struct, gc=False):
    """Latencies of the last interval, milliseconds."""

    commit_latency_ms: float = 0
    apply_latency_ms: float = 0


class PerfInfo(msgspec.Struct):
    """Of one OSD."""

    id: int
    perf_stats: PerfStats


class PerfList(msgspec.Struct):
    """Of all of them."""

    osd_perf_infos: list[PerfInfo] = []


class Perf(msgspec.Struct):
    """``osd perf``."""

    osdstats: PerfList
