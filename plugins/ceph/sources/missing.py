"""What a poll says when it cannot have everything."""

from __future__ import annotations

from hsops.plugins.ceph.wire.status import Status

MANAGER_TIMEOUT = 3.0
"""Seconds for the manager's part of a row: the monitors need 30 s to notice that one is dead."""
NO_MANAGER = "no manager answers"


def no_quorum(status: Status) -> tuple[str, ...]:
    """Without a quorum the monitors repeat what they knew; empty when there is one."""
    if status.quorum_names:
        return ()
    return (f"no quorum among {status.monmap.num_mons} monitors: everything shown is of before that",)
