"""Pools as in ``ceph osd dump``, ``df detail`` and ``osd pool stats``."""

from __future__ import annotations

import msgspec

REPLICATED, ERASURE = 1, 3


class PoolInfo(msgspec.Struct):
    """A pool as it is configured."""

    pool: int
    pool_name: str
    type: int
    size: int
    min_size: int
    crush_rule: int
    pg_num: int
    pg_num_target: int = 0
    pg_num_pending: int = 0
    pg_placement_num: int = 0
    pg_placement_num_target: int = 0
    pg_autoscale_mode: str = ""
    flags_names: str = ""
    erasure_code_profile: str = ""
    quota_max_bytes: int = 0
    application_metadata: dict[str, object] = {}


class Stored(msgspec.Struct, gc=False):
    """What is in a pool, bytes. `percent_used` is a fraction."""

    stored: int = 0
    objects: int = 0
    bytes_used: int = 0
    percent_used: float | None = 0.0
    max_avail: int | float | None = 0


class PoolUsage(msgspec.Struct):
    """A pool's line of ``df``."""

    id: int
    name: str
    stats: Stored


class Usage(msgspec.Struct):
    """``df detail``."""

    pools: list[PoolUsage] = []


class Recovery(msgspec.Struct, frozen=True, gc=False):
    """What is not as it should be; empty when all is well."""

    degraded_ratio: float | None = 0.0
    misplaced_ratio: float | None = 0.0
    unfound_objects: int = 0


class RecoveryRate(msgspec.Struct, frozen=True, gc=False):
    """What is being mended, a second."""

    recovering_bytes_per_sec: int = 0


class ClientRate(msgspec.Struct, frozen=True, gc=False):
    """What clients do, a second."""

    read_bytes_sec: int = 0
    write_bytes_sec: int = 0
    read_op_per_sec: int = 0
    write_op_per_sec: int = 0


class PoolStats(msgspec.Struct):
    """A pool's part of ``osd pool stats``."""

    pool_name: str
    pool_id: int
    recovery: Recovery = Recovery()
    recovery_rate: RecoveryRate = RecoveryRate()
    client_io_rate: ClientRate = ClientRate()
