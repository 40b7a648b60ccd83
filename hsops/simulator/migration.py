"""How migrations and passing states move on with time."""

from __future__ import annotations

from dataclasses import dataclass

from hsops.simulator.cloudvalues import COLD, EVACUATE, LIVE, RESIZE, Flavor, Migration, Server
from hsops.simulator.compute import Compute
from hsops.simulator.faults import Faults

MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast things happen; seconds of the world."""

    copy_rate: float = 1024.0
    """MiB of memory that a live migration copies in a second."""
    shortest: float = 3.0
    longest: float = 20.0
    """Bounds of a live migration's copying."""
    prepare: float = 0.5
    per_host: int = 1
    """Live migrations that may run at a time on one source host (`max_concurrent_live_migrations`)."""
    cold: float = 2.0
    confirm: float = 1.0
    evacuate: float = 3.0
    power: float = 1.5
    """Stop, start, reboot."""


class NoValidHost(Exception):
    """The scheduler found no place."""


class Movements:
    """Starts migrations and carries them on. Callers check states first; these methods do what nova then does."""

    def __init__(self, compute: Compute, faults: Faults, pace: Pace) -> None:
        self.compute, self.faults, self.pace = compute, faults, pace
        self._next = 1
        self._started: dict[int, float] = {}

    # -- beginnings ------------------------------------------------------------------------------------------------
    def live(self, server: Server, host: str | None) -> Migration:
        """Begin a live migration. Raises NoValidHost, and leaves an error record as nova does."""
        target = self.compute.destination(server, host)
        if target is None:
            self.record(server, LIVE, host or "", "error")
            raise NoValidHost
        migration = self.record(server, LIVE, target.host, "queued")
        migration.memory = migration.memory_left = server.flavor.ram * MIB
        self._hold(server, migration, server.flavor)
        self.compute.touch(server, status="MIGRATING", task_state="migrating")
        return migration

    def cold(self, server: Server, flavor: Flavor | None = None, host: str | None = None) -> Migration:
        """Begin a cold migration, or a resize when `flavor` is given. Without room it ends in error later."""
        kind = COLD if flavor is None else RESIZE
        target = self.compute.destination(server, host)
        migration = self.record(server, kind, target.host if target else "", "pre-migrating")
        migration.new_flavor = flavor or server.flavor
        if target:
            self._hold(server, migration, migration.new_flavor)
        self.compute.touch(server, status="RESIZE", task_state="resize_prep")
        return migration

    def evacuate(self, server: Server, host: str | None = None) -> Migration:
        """Rebuild a server of a dead host elsewhere. Raises NoValidHost."""
        target = self.compute.destination(server, host)
        if target is None:
            raise NoValidHost
        migration = self.record(server, EVACUATE, target.host, "accepted")
        self.compute.claim(target.host, server.id, server.flavor)
        self.compute.touch(server, status="REBUILD", task_state="rebuilding")
        return migration

    def record(self, server: Server, kind: str, dest: str, status: str) -> Migration:
        """A new migration record."""
        now = self.compute.clock.now()
        migration = Migration(
            id=self._next,
            uuid=self.compute.names.uuid(),
            server=server.id,
            project=server.project,
            user=server.user,
            source=server.host,
            dest=dest,
            kind=kind,
            status=status,
            created=now,
            updated=now,
            old_flavor=server.flavor,
            new_flavor=server.flavor,
        )
        self._next += 1
        self.compute.migrations[migration.id] = migration
        if migration.running:
            self.compute.underway[migration.id] = migration
            self._started[migration.id] = now
        return migration

    def _hold(self, server: Server, migration: Migration, flavor: Flavor) -> None:
        """Nova's bookkeeping: the migration holds the old room, the server the new one."""
        self.compute.release(server.host, server.id)
        self.compute.claim(server.host, migration.uuid, server.flavor)
        self.compute.claim(migration.dest, server.id, flavor)

    # -- interventions ---------------------------------------------------------------------------------------------
    def abort(self, migration: Migration) -> None:
        """Give up a live migration: the server stays where it is."""
        self._back(migration, "cancelled")

    def confirm(self, server: Server) -> None:
        """Confirm a cold migration or resize."""
        migration = self._waiting(server)
        self._status(migration, "confirming")
        self.compute.underway[migration.id] = migration
        self._started[migration.id] = self.compute.clock.now()
        self._settle(server)

    def revert(self, server: Server) -> None:
        """Take a cold migration or resize back."""
        migration = self._waiting(server)
        self._status(migration, "reverting")
        self.compute.underway[migration.id] = migration
        self._started[migration.id] = self.compute.clock.now()
        self.compute.touch(server, status="REVERT_RESIZE", task_state="resize_reverting")

    def _waiting(self, server: Server) -> Migration:
        found = [m for m in self.compute.migrations.values() if m.server == server.id and m.status == "finished"]
        return found[-1]

    # -- time ------------------------------------------------------------------------------------------------------
    def tick(self, dt: float) -> None:
        """Everything that moves by itself, `dt` seconds further."""
        busy: dict[str, int] = {}
        for migration in list(self.compute.underway.values()):
            server = self.compute.servers.get(migration.server)
            if server is None:
                self._end(migration, "error")
            elif migration.kind == LIVE:
                self._tick_live(migration, server, dt, busy)
            elif migration.kind == EVACUATE:
                self._tick_evacuation(migration, server)
            else:
                self._tick_cold(migration, server)
        self._tick_passing()

    def _age(self, migration: Migration) -> float:
        return self.compute.clock.now() - self._started.get(migration.id, 0.0)

    def _tick_live(self, migration: Migration, server: Server, dt: float, busy: dict[str, int]) -> None:
        ahead = busy.get(migration.source, 0)
        busy[migration.source] = ahead + 1
        if migration.status == "queued":
            if ahead < self.pace.per_host:
                self._status(migration, "preparing")
                self._started[migration.id] = self.compute.clock.now()
            return
        if migration.status == "preparing":
            if self._age(migration) >= self.pace.prepare:
                self._status(migration, "running")
            return
        self._copy(migration, server, dt)

    def _copy(self, migration: Migration, server: Server, dt: float) -> None:
        fleet = self.compute.fleet
        if migration.dest in fleet.down or migration.source in fleet.down:
            self._back(migration, "error")
            return
        if self.faults.active("migration.fail", server.id) and migration.memory_left < migration.memory / 2:
            self._back(migration, "error")
            return
        if not self.faults.active("migration.stall", server.id) or migration.forced:
            seconds = min(self.pace.longest, max(self.pace.shortest, server.flavor.ram / self.pace.copy_rate))
            pace = 5 if migration.forced else 1
            migration.memory_left = max(0, migration.memory_left - int(migration.memory * dt * pace / seconds))
            migration.updated = self.compute.clock.now()
        if migration.memory_left == 0:
            self._arrive(migration, server)

    def _arrive(self, migration: Migration, server: Server) -> None:
        self._end(migration, "completed")
        self.compute.release(migration.source, migration.uuid)
        self.compute.move(server, migration.dest)
        power = {4: "SHUTOFF", 3: "PAUSED"}.get(server.power_state, "ACTIVE")
        self.compute.touch(server, status=power, task_state=None)
        self._close_action(server)

    def _back(self, migration: Migration, status: str) -> None:
        """The server stays on (or returns to) its source; room and state as before."""
        self._end(migration, status)
        server = self.compute.servers.get(migration.server)
        self.compute.release(migration.source, migration.uuid)
        if migration.dest != migration.source:
            self.compute.release(migration.dest, migration.server)
        if server is not None:
            self.compute.claim(migration.source, server.id, migration.old_flavor)
            self._settle(server)
            self._close_action(server, "Error" if status == "error" else None)

    def _tick_cold(self, migration: Migration, server: Server) -> None:
        age, step = self._age(migration), self.pace.cold / 3
        if migration.status in ("confirming", "reverting"):
            if age >= self.pace.confirm:
                self._finish_cold(migration, server)
        elif not migration.dest:
            if age >= step:
                self._end(migration, "error")
                self._settle(server)
                self._close_action(server, "Error")
        elif age >= 3 * step:
            self._end(migration, "finished")
            self.compute.move(server, migration.dest)
            self.compute.touch(
                server, status="VERIFY_RESIZE", vm_state="resized", task_state=None, flavor=migration.new_flavor
            )
            self._close_action(server)
        elif age >= 2 * step:
            self._status(migration, "post-migrating")
            self.compute.touch(server, task_state="resize_finish")
        elif age >= step and migration.status != "migrating":
            self._status(migration, "migrating")
            self.compute.touch(server, task_state="resize_migrating")

    def _finish_cold(self, migration: Migration, server: Server) -> None:
        if migration.status == "confirming":
            self._end(migration, "confirmed")
            self.compute.release(migration.source, migration.uuid)
            return
        self.compute.move(server, migration.source)
        server.flavor = migration.old_flavor
        self._back(migration, "reverted")

    def _tick_evacuation(self, migration: Migration, server: Server) -> None:
        age = self._age(migration)
        if age >= self.pace.evacuate:
            # The record turns `completed` only when the dead host returns (`World` tells us then).
            self._end(migration, "done")
            self.compute.move(server, migration.dest)
            self._settle(server)
            self._close_action(server)
        elif age >= self.pace.evacuate / 3 and migration.status == "accepted":
            self._status(migration, "pre-migrating")

    def host_back(self, host: str) -> None:
        """A dead compute host returned: its evacuated servers are forgotten there, the records become completed."""
        for migration in self.compute.migrations.values():
            if migration.kind == EVACUATE and migration.source == host and migration.status == "done":
                self._status(migration, "completed")
                self.compute.release(host, migration.server)

    def _tick_passing(self) -> None:
        now = self.compute.clock.now()
        for server in [s for s in self.compute.passing.values() if s.timer <= now]:
            del self.compute.passing[server.id]
            server.timer = 0.0
            if server.task_state == "deleting":
                self.compute.delete(server)
            elif server.task_state == "powering-off":
                self.compute.touch(server, power_state=4, vm_state="stopped", status="SHUTOFF", task_state=None)
            else:
                if server.launched is None:
                    server.launched = now
                self.compute.touch(server, power_state=1, vm_state="active", status="ACTIVE", task_state=None)
            self._close_action(server)

    # -- small things ----------------------------------------------------------------------------------------------
    def _settle(self, server: Server) -> None:
        """The resting state that fits the power state."""
        status, vm_state = {4: ("SHUTOFF", "stopped"), 3: ("PAUSED", "paused")}.get(
            server.power_state, ("ACTIVE", "active")
        )
        self.compute.touch(server, status=status, vm_state=vm_state, task_state=None)

    def _status(self, migration: Migration, status: str) -> None:
        migration.status, migration.updated = status, self.compute.clock.now()

    def _end(self, migration: Migration, status: str) -> None:
        self._status(migration, status)
        self.compute.underway.pop(migration.id, None)
        self._started.pop(migration.id, None)

    def _close_action(self, server: Server, message: str | None = None) -> None:
        if server.actions and server.actions[-1].finish is None:
            server.actions[-1].finish = self.compute.clock.now()
            server.actions[-1].message = message
