"""Migrations of servers between hosts: live, cold, resizes, evacuations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, about
from hsops.plugins.openstack.times import moment

UNDER_WAY = frozenset({
    "accepted", "queued", "preparing", "pre-migrating", "running", "migrating", "post-migrating", "confirming",
    "reverting",
})  # fmt: skip
"""Ends by itself. `finished` is a cold migration that waits for a person to confirm; `done` an evacuation whose dead
host has not come back: both are no work under way."""
FAILED = frozenset({"error", "failed"})
WAITS_FOR_CONFIRM = "finished"


class Migration(Resource):
    """Decoded from ``GET /os-migrations`` (`instance_uuid`) and ``/servers/ID/migrations`` (`server_uuid`, memory)."""

    KIND: ClassVar[str] = "openstack.migration"

    id: int
    uuid: str = ""
    status: str = ""
    migration_type: str | None = None
    instance_uuid: str = ""
    server_uuid: str = ""
    source_compute: str | None = None
    dest_compute: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    memory_total_bytes: int | None = None
    memory_remaining_bytes: int | None = None
    disk_total_bytes: int | None = None
    disk_remaining_bytes: int | None = None
    project_id: str | None = None
    name: str = ""
    """Name of the server; from the list of servers."""

    @property
    def server(self) -> str:
        """Id of the server."""
        return self.instance_uuid or self.server_uuid

    @property
    def under_way(self) -> bool:
        """Whether it still works."""
        return self.status in UNDER_WAY

    @property
    def left(self) -> int | None:
        """Bytes of memory and disk still to copy; None when the driver does not say."""
        known = [part for part in (self.memory_remaining_bytes, self.disk_remaining_bytes) if part is not None]
        return sum(known) if known else None

    @property
    def fraction(self) -> float | None:
        """How much is copied; drivers that report zero of zero know nothing."""
        total = (self.memory_total_bytes or 0) + (self.disk_total_bytes or 0)
        return None if not total or self.left is None else max(0.0, 1.0 - self.left / total)

    def key(self) -> str:
        return self.uuid or str(self.id)

    def title(self) -> str:
        return self.name or self.server

    def health(self) -> Health:
        return Health.WARN if self.status in FAILED or self.status == WAITS_FOR_CONFIRM else Health.OK

    def links(self) -> Iterable[Link]:
        if self.server:
            yield about("openstack.server", self.server)
        for host in (self.source_compute, self.dest_compute):
            if host:
                yield about("host", host)


def _duration(migration: Migration) -> float | None:
    began, ended = moment(migration.created_at), moment(migration.updated_at)
    if began is None or ended is None or migration.under_way:
        return None
    return max(0.0, (ended - began).total_seconds())


def _began(migration: Migration) -> datetime | None:
    return moment(migration.created_at)


MIGRATION = Kind(
    name=Migration.KIND,
    title="migration",
    plural="migrations",
    aliases=("mig",),
    resource=Migration,
    columns=(
        Column("server", "SERVER", lambda m: m.title(), priority=0),
        Column("status", "STATUS", lambda m: State(m.health(), m.status), Format.STATE, priority=1),
        Column("type", "TYPE", lambda m: m.migration_type, priority=20),
        Column("from", "FROM", lambda m: m.source_compute, priority=5),
        Column("to", "TO", lambda m: m.dest_compute, priority=6),
        Column("began", "BEGAN", _began, Format.AGE, priority=10, track=False),
        Column("took", "TOOK", _duration, Format.DURATION, priority=30, track=False),
        Column("server-id", "SERVER ID", lambda m: m.server, wide=True, priority=70),
        Column("number", "NUMBER", lambda m: m.id, wide=True, priority=75),
        Column("id", "ID", lambda m: m.uuid, wide=True, priority=80),
    ),
)
