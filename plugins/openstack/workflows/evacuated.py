"""Guests that were evacuated while their host was dead, and may still be on its disks.

Nova marks the record of an evacuation `done`; nova-compute deletes the stale guests when it starts on the old host,
and makes the record `completed`. Until then a host that is let back has every evacuated server twice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hsops.api import CheckResult
from hsops.plugins.openstack import compute
from hsops.plugins.openstack.kinds.migration import Migration
from hsops.plugins.openstack.workflows.checks import verdict
from hsops.plugins.openstack.workflows.facts import Host

if TYPE_CHECKING:
    from hsops.plugins.openstack.client import OpenStack

EVACUATION = "evacuation"
_OPEN = frozenset({"accepted", "pre-migrating", "done"})
_MONTH = 31 * 86400.0


async def evacuations(cloud: OpenStack, host: str) -> Sequence[Migration]:
    """The open evacuations from a host in the last month."""
    rows = await compute.migrations_since(cloud, host, time.time() - _MONTH)
    return [
        row for row in rows
        if row.migration_type == EVACUATION and row.source_compute == host and row.status in _OPEN
    ]  # fmt: skip


async def cleaned_up(cloud: OpenStack, host: Host) -> CheckResult:
    """No guest of an evacuated server is left on the host's disks."""
    rows = await evacuations(cloud, host.host)
    names = ", ".join(sorted({row.server for row in rows})[:5])
    return verdict(
        "domains.stale",
        f"{len(rows)} servers were evacuated from it and their guests may still be there: {names}" if rows else "",
        "no evacuation from it waits for its cleaning up",
        "start nova-compute on it: that deletes them, and marks each evacuation completed",
    )
