"""Migration records, and the reins of a running live migration."""

from __future__ import annotations

from typing import Any

from hsops.plugins.openstack.simulator.nova.part import Part, since
from hsops.plugins.openstack.simulator.service import Answer, Call, Refusal, Route
from hsops.plugins.openstack.simulator.times import micro, parse
from hsops.simulator.cloudvalues import LIVE, Migration, Server


class Migrations(Part):
    """Both views of migrations: the records, and what runs on one server."""

    def routes(self) -> list[Route]:
        """Records, running ones of a server, abort, force-complete."""
        running = "/v2.1/servers/{id}/migrations"
        return [
            Route("GET", "/v2.1/os-migrations", self._records),
            Route("GET", running, self._running),
            Route("GET", running + "/{migration}", self._one),
            Route("DELETE", running + "/{migration}", self._abort),
            Route("POST", running + "/{migration}/action", self._force),
        ]

    # -- records ---------------------------------------------------------------------------------------------------
    def _records(self, call: Call) -> Any:
        call.admin("os_compute_api:os-migrations:index")
        rows = [m for m in reversed(self.compute.migrations.values()) if self._wanted(call, m)]
        if not since(call.version, 59):
            return {"migrations": [self._record(call, m) for m in rows]}
        page, more = self.page(call, rows, "uuid")
        links = self.next_link(call, "migrations", page[-1].uuid, more=more) if page else {}
        return {"migrations": [self._record(call, m) for m in page], **links}

    @staticmethod
    def _wanted(call: Call, migration: Migration) -> bool:
        query = call.query
        values = {
            "status": migration.status,
            "instance_uuid": migration.server,
            "source_compute": migration.source,
            "migration_type": migration.kind,
            "user_id": migration.user,
            "project_id": migration.project,
        }
        if any(name in query and query[name] != value for name, value in values.items()):
            return False
        if "host" in query and query["host"] not in (migration.source, migration.dest):
            return False
        return "changes-since" not in query or int(migration.updated) >= parse(query["changes-since"])

    def _record(self, call: Call, migration: Migration) -> dict[str, Any]:
        started = migration.kind == LIVE or migration.status != "pre-migrating"
        found: dict[str, Any] = {
            "id": migration.id,
            "source_compute": migration.source,
            "dest_compute": (migration.dest or None) if started else None,
            "source_node": migration.source,
            "dest_node": (migration.dest or None) if started else None,
            "dest_host": None,
            "old_instance_type_id": migration.old_flavor.number,
            "new_instance_type_id": migration.new_flavor.number,
            "instance_uuid": migration.server,
            "status": migration.status,
            "created_at": micro(migration.created),
            "updated_at": micro(migration.updated),
        }
        if since(call.version, 23):
            found["migration_type"] = migration.kind
            if migration.kind == LIVE and migration.running:
                found["links"] = self.links(f"servers/{migration.server}/migrations/{migration.id}")
        if since(call.version, 59):
            found["uuid"] = migration.uuid
        if since(call.version, 80):
            found |= {"user_id": migration.user, "project_id": migration.project}
        return found

    # -- running ---------------------------------------------------------------------------------------------------
    def _live(self, server: Server) -> list[Migration]:
        return [m for m in self.compute.underway.values() if m.server == server.id and m.kind == LIVE]

    def _progress(self, call: Call, migration: Migration) -> dict[str, Any]:
        copying = migration.status == "running"
        left = migration.memory_left if copying else None
        found: dict[str, Any] = {
            "created_at": micro(migration.created),
            "dest_compute": migration.dest,
            "dest_host": None,
            "dest_node": migration.dest,
            "disk_processed_bytes": 0 if copying else None,
            "disk_remaining_bytes": 0 if copying else None,
            "disk_total_bytes": 0 if copying else None,
            "id": migration.id,
            "memory_processed_bytes": migration.memory - migration.memory_left if copying else None,
            "memory_remaining_bytes": left,
            "memory_total_bytes": migration.memory if copying else None,
            "server_uuid": migration.server,
            "source_compute": migration.source,
            "source_node": migration.source,
            "status": migration.status,
            "updated_at": micro(migration.updated),
        }
        if since(call.version, 59):
            found["uuid"] = migration.uuid
        if since(call.version, 80):
            found |= {"user_id": migration.user, "project_id": migration.project}
        return found

    def _running(self, call: Call) -> Any:
        call.admin("os_compute_api:servers:migrations:index")
        return {"migrations": [self._progress(call, m) for m in self._live(self.server(call))]}

    def _find(self, call: Call, verb: str = "") -> Migration:
        server = self.server(call)
        for migration in self._live(server):
            if str(migration.id) == call["migration"]:
                return migration
        if verb and server.task_state != "migrating":
            raise Refusal(409, f"Instance {server.id} is in an invalid state for '{verb}'")
        raise Refusal(404, f"In-progress live migration {call['migration']} is not found for server {server.id}.")

    def _one(self, call: Call) -> Any:
        call.admin("os_compute_api:servers:migrations:show")
        return {"migration": self._progress(call, self._find(call))}

    def _abort(self, call: Call) -> Answer:
        call.admin("os_compute_api:servers:migrations:delete")
        self.world.movements.abort(self._find(call, "abort live migration"))
        return Answer(202)

    def _force(self, call: Call) -> Answer:
        call.admin("os_compute_api:servers:migrations:force_complete")
        migration = self._find(call, "force_complete")
        if migration.status != "running":
            text = f"Migration {migration.id} state of instance {migration.server} is {migration.status}. Cannot "
            raise Refusal(400, text + "force_complete while the migration is in this state.")
        migration.forced = True
        return Answer(202)
