"""The world: sizes, determinism, machines, servers, migrations, room."""

from __future__ import annotations

from collections import Counter

import pytest

from hsops.simulator.clock import Clock
from hsops.simulator.cloudvalues import Server
from hsops.simulator.compute import Compute
from hsops.simulator.faults import UnknownFault
from hsops.simulator.machines import Size
from hsops.simulator.migration import NoValidHost
from hsops.simulator.world import World

START = 1795242000.0


def resting(world: World, status: str = "ACTIVE") -> Server:
    """A server that rests in that status."""
    return next(s for s in world.compute.servers.values() if s.status == status and s.task_state is None)


def room_errors(compute: Compute) -> list[str]:
    """Where the counts of a hypervisor are not the sums of what is held on it, or a server holds nothing."""
    found = []
    for host, hypervisor in compute.hypervisors.items():
        held = compute.allocations.get(host, {}).values()
        sums = (sum(f.vcpus for f in held), sum(f.ram for f in held), sum(f.disk for f in held))
        if sums != (hypervisor.vcpus_used, hypervisor.memory_used, hypervisor.disk_used):
            found.append(host)
    for server in compute.servers.values():
        if not any(server.id in held for held in compute.allocations.values()):
            found.append(server.id)
    return found


def names(world: World) -> Counter[str]:
    """Firing alerts by name."""
    return Counter(alert.rule.name for alert in world.alerts.firing())


def test_the_same_seed_gives_the_same_world() -> None:
    first, second, other = (World(Size(machines=30, servers=50), seed=s, clock=Clock(0, START)) for s in (3, 3, 4))
    assert [s.id for s in first.compute.servers.values()] == [s.id for s in second.compute.servers.values()]
    assert [s.host for s in first.compute.servers.values()] == [s.host for s in second.compute.servers.values()]
    assert first.ceph.fsid == second.ceph.fsid != other.ceph.fsid
    assert {g.id: g.acting for g in first.ceph.pgs.values()} == {g.id: g.acting for g in second.ceph.pgs.values()}


@pytest.mark.parametrize(("machines", "servers"), [(6, 5), (20, 100), (60, 500), (400, 3000)])
def test_sizes(machines: int, servers: int) -> None:
    world = World(Size(machines=machines, servers=servers), clock=Clock(0, START))
    assert len(world.fleet) == machines
    assert len(world.compute.servers) == servers
    assert all(len(rack) <= 20 for rack in world.fleet.racks().values())
    assert set(world.compute.by_host) <= set(world.compute.hypervisors)
    assert not room_errors(world.compute)
    assert len(set(world.compute.servers)) == servers
    assert len({p.name for p in world.compute.projects.values()}) == len(world.compute.projects)


def test_nothing_fires_in_a_healthy_world(world: World) -> None:
    world.tick(60)
    assert world.ceph_status == "HEALTH_OK"
    assert not world.alerts.active


def test_host_down_and_back(world: World) -> None:
    fault = world.inject("host.down", "cmp-001")
    service = world.compute.hypervisors["cmp-001"].service
    assert world.compute.service_up(service)  # nova does not know yet
    world.tick(40)
    assert not world.compute.service_up(service)
    assert world.compute.host_status("cmp-001") == "DOWN"
    assert names(world) == Counter(HostDown=1, NovaServiceDown=1)
    alert = next(a for a in world.alerts.firing() if a.rule.name == "HostDown")
    assert (alert.labels["host"], alert.labels["rack"]) == ("cmp-001", world.fleet["cmp-001"].rack)
    world.heal(fault.id)
    world.tick(15)
    assert world.compute.service_up(service)
    assert not world.alerts.active


def test_rack_power_takes_and_returns_all_but_what_is_broken_itself(world: World) -> None:
    rack = world.fleet["cmp-001"].rack
    alone = world.inject("host.down", "cmp-001")
    power = world.inject("rack.power", rack)
    assert world.fleet.down == {m.name for m in world.fleet if m.rack == rack}
    world.heal(power.id)
    assert world.fleet.down == {"cmp-001"}
    world.heal(alone.id)
    assert not world.fleet.down


def test_storage_host_down_stops_its_osds(world: World) -> None:
    world.inject("host.down", "sto-001")
    assert [o.up for o in world.ceph.hosts["sto-001"]] == [False] * 4
    world.tick(20)
    assert names(world)["CephOSDDown"] == 4
    world.heal()
    assert all(o.up for o in world.ceph.osds.values())


def test_disks_fill(world: World) -> None:
    world.inject("disk.filling", "cmp-002", rate=0.02)
    world.inject("disk.filling", "osd.3", rate=0.02, until=0.87)
    world.tick(60)
    assert names(world)["DiskFilling"] == 1
    assert world.ceph.fullness(world.ceph.osds[3]) == "nearfull"
    assert "OSD_NEARFULL" in {check.code for check in world.checks()}
    world.heal()
    world.tick(5)
    assert world.ceph_status == "HEALTH_OK"


@pytest.mark.parametrize(
    ("kind", "target"),
    [("host.down", "nowhere"), ("rack.power", "r99"), ("osd.down", "9999"), ("server.error", "x"), ("fly", "")],
)
def test_unknown_faults_change_nothing(world: World, kind: str, target: str) -> None:
    with pytest.raises(UnknownFault):
        world.inject(kind, target)
    assert not list(world.faults)


def test_hostile_names_come_and_go(world: World) -> None:
    server = resting(world)
    before = server.name
    fault = world.inject("server.name", server.id, name="escape")
    assert "\x1b" in server.name
    world.heal(fault.id)
    assert server.name == before
    world.inject("server.name", server.id, name="huge")
    assert len(server.name) == 1_000_000


def test_live_migration_moves_room_and_reports_progress(world: World) -> None:
    server = resting(world)
    source = server.host
    migration = world.movements.live(server, None)
    assert server.status == "MIGRATING"
    assert world.compute.allocations[source].keys() >= {migration.uuid}
    assert server.id in world.compute.allocations[migration.dest]
    left = []
    for _ in range(60):
        world.tick(0.5)
        assert not room_errors(world.compute)
        left.append(migration.memory_left)
        if migration.status == "completed":
            break
    assert migration.status == "completed"
    assert left == sorted(left, reverse=True)
    assert len(set(left)) > 3
    assert (server.host, server.status, server.task_state) == (migration.dest, "ACTIVE", None)
    assert migration.uuid not in world.compute.allocations[source]


def test_one_live_migration_at_a_time_for_each_source(world: World) -> None:
    host = max(world.compute.by_host, key=lambda h: len(world.compute.by_host[h]))
    world.compute.hypervisors[host].service.enabled = False
    movable = [s for s in world.compute.by_host[host].values() if s.status == "ACTIVE"]
    migrations = [world.movements.live(server, None) for server in movable]
    for _ in range(400):
        world.tick(1)
        assert sum(m.status in ("preparing", "running") for m in migrations) <= 1
        if all(m.status == "completed" for m in migrations):
            break
    assert {m.status for m in migrations} == {"completed"}
    assert not [s for s in world.compute.by_host[host].values() if s.status == "ACTIVE"]
    assert not room_errors(world.compute)


def test_abort_and_failure_leave_the_server_where_it_was(world: World) -> None:
    server = resting(world)
    source = server.host
    migration = world.movements.live(server, None)
    world.tick(2)
    world.movements.abort(migration)
    assert (migration.status, server.host, server.status) == ("cancelled", source, "ACTIVE")
    world.inject("migration.fail", server.id)
    failed = world.movements.live(server, None)
    world.tick(40)
    assert (failed.status, server.host, server.status) == ("error", source, "ACTIVE")
    assert not room_errors(world.compute)


def test_a_stalled_migration_goes_on_when_it_is_forced(world: World) -> None:
    server = resting(world)
    world.inject("migration.stall", server.id)
    migration = world.movements.live(server, None)
    world.tick(60)
    assert (migration.status, migration.memory_left) == ("running", migration.memory)
    migration.forced = True
    world.tick(20)
    assert migration.status == "completed"


def test_no_valid_host(world: World) -> None:
    server = resting(world)
    for hypervisor in world.compute.hypervisors.values():
        hypervisor.service.enabled = False
    with pytest.raises(NoValidHost):
        world.movements.live(server, None)
    assert next(reversed(world.compute.migrations.values())).status == "error"
    assert server.status == "ACTIVE"


@pytest.mark.parametrize("confirm", [True, False])
def test_cold_migration(world: World, confirm: bool) -> None:
    server = resting(world, "SHUTOFF")
    source = server.host
    migration = world.movements.cold(server)
    world.tick(5)
    assert (server.status, migration.status) == ("VERIFY_RESIZE", "finished")
    assert server.host == migration.dest != source
    (world.movements.confirm if confirm else world.movements.revert)(server)
    world.tick(3)
    assert server.status == "SHUTOFF"
    assert (migration.status, server.host) == (("confirmed", migration.dest) if confirm else ("reverted", source))
    assert not room_errors(world.compute)


def test_evacuation_completes_when_the_dead_host_returns(world: World) -> None:
    server = resting(world)
    source = server.host
    fault = world.inject("host.down", source)
    world.tick(30)
    migration = world.movements.evacuate(server)
    world.tick(5)
    assert (migration.status, server.host, server.status) == ("done", migration.dest, "ACTIVE")
    world.heal(fault.id)
    assert migration.status == "completed"
    assert not room_errors(world.compute)


def test_churn_changes_its_fraction_and_the_journal_knows(world: World) -> None:
    world.churn.rate = 0.02
    before = {s.id: s.version for s in world.compute.servers.values()}
    world.tick(50)  # 200 servers, 2 % a second: 200 changes
    changes = sum(s.version - before[s.id] for s in world.compute.servers.values())
    assert 150 <= changes <= 200
    changed = {s.id for s in world.compute.servers.values() if s.version != before[s.id]}
    assert {s.id for s in world.compute.changed_since(START)} == changed
    assert not world.compute.changed_since(START + 51)
    stopped = sum(s.status == "SHUTOFF" for s in world.compute.servers.values())
    assert stopped < 40


def test_deleted_servers_stay_in_the_journal_only(world: World) -> None:
    server = resting(world)
    world.compute.delete(server)
    assert server.id not in world.compute.servers
    assert server not in list(world.compute.newest_first())
    assert world.compute.changed_since(START) == [server]
    assert not room_errors(world.compute)


def test_a_faster_clock() -> None:
    clock = Clock(0, START)
    clock.advance(5)
    assert clock.now() == START + 5
    clock.speed = 1000.0
    first = clock.now()
    while clock.now() - first < 10:  # ten seconds of the world are a hundredth of one here
        pass
    clock.speed = 0
    assert clock.now() == clock.now() > START + 15


def test_incidents_come_and_are_mended() -> None:
    world = World(Size(machines=30, servers=60), clock=Clock(0, START), incidents=60)
    seen = set()
    for _ in range(60):
        world.tick(30)
        seen |= {fault.kind for fault in world.faults}
        assert len(list(world.faults)) <= 3
    assert len(seen) >= 3
    world.incidents.every = 0
    world.heal()
    assert not world.fleet.down
    assert not room_errors(world.compute)
