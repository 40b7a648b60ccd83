"""The Ceph cluster of the world: placement, failures, recovery, flags."""

from __future__ import annotations

from hsops.simulator.ceph import DOWN_OUT, Ceph
from hsops.simulator.cephvalues import Pg
from hsops.simulator.clock import Clock
from hsops.simulator.machines import Size
from hsops.simulator.world import World


def settle(world: World, most: int = 200) -> None:
    """Run until every placement group is clean."""
    for _ in range(most):
        world.tick(10)
        if not world.ceph.unsettled:
            return
    raise AssertionError(dict(world.ceph.by_state()))


def on_different_hosts(ceph: Ceph, pg: Pg) -> bool:
    """Whether no host has two copies."""
    return len({ceph.osds[osd].host for osd in pg.up}) == len(pg.up)


def test_placement_is_balanced_and_spreads_over_hosts(world: World) -> None:
    ceph = world.ceph
    assert all(on_different_hosts(ceph, pg) for pg in ceph.pgs.values())
    assert {len(pg.up) for pg in ceph.pgs.values()} == {3}
    counts = [osd.pgs for osd in ceph.osds.values()]
    assert sum(counts) == 3 * len(ceph.pgs)
    assert max(counts) < 2 * min(counts)
    assert 0.2 < sum(o.utilisation for o in ceph.osds.values()) / len(ceph.osds) < 0.7


def test_out_moves_little_and_keeps_every_copy(world: World) -> None:
    ceph = world.ceph
    before = {pgid: pg.up for pgid, pg in ceph.pgs.items()}
    used = sum(osd.used for osd in ceph.osds.values())
    leaving = ceph.osds[0].pgs
    ceph.mark_out(0)
    moved = [pgid for pgid, pg in ceph.pgs.items() if pg.up != before[pgid]]
    assert len(moved) == leaving
    settle(world)
    assert ceph.osds[0].used == ceph.osds[0].pgs == 0
    assert not ceph.pgs_of(0)
    assert sum(osd.used for osd in ceph.osds.values()) == used
    assert all(on_different_hosts(ceph, pg) and len(pg.up) == 3 for pg in ceph.pgs.values())
    ceph.mark_in(0)
    settle(world)
    assert {pgid: pg.up for pgid, pg in ceph.pgs.items()} == before


def test_the_manager_lags_then_peers_then_degrades(world: World) -> None:
    ceph, total = world.ceph, len(world.ceph.pgs)
    ceph.mark_down(0)
    world.tick(1)
    assert ceph.by_state()["active+clean"] + len(ceph.unsettled) >= total
    assert all(pg.state == "active+clean" for pg in ceph.unsettled.values())  # the map knows, the statistics do not
    seen = set()
    for _ in range(20):
        world.tick(0.5)
        seen |= set(ceph.by_state())
    assert "peering" in seen
    assert set(ceph.by_state()) == {"active+clean", "active+undersized+degraded"}
    assert "OSD_DOWN" in {c.code for c in world.checks()}
    ceph.mark_up(0)
    settle(world)
    assert world.ceph_status == "HEALTH_OK"


def test_down_for_long_goes_out_unless_noout(world: World) -> None:
    ceph = world.ceph
    ceph.set_flag("noout", ["sto-001"])
    host = ceph.hosts["sto-001"][0]
    other = ceph.hosts["sto-002"][0]
    ceph.mark_down(host.id)
    ceph.mark_down(other.id)
    for _ in range(10):
        world.tick(DOWN_OUT / 9)
    assert (host.inside, other.inside) == (True, False)
    assert "OSD_FLAGS" in {c.code for c in world.checks()}
    ceph.mark_up(other.id)
    assert other.inside  # it went out by itself, so it comes in by itself
    ceph.mark_up(host.id)
    ceph.unset_flag("noout", ["sto-001"])
    settle(world)
    assert world.ceph_status == "HEALTH_OK"


def test_two_hosts_down_make_groups_inactive_not_lost(world: World) -> None:
    world.inject("host.down", "sto-001")
    world.inject("host.down", "sto-002")
    world.tick(15)
    assert any("peered" in state for state in world.ceph.by_state())
    assert "PG_AVAILABILITY" in {c.code for c in world.checks()}
    world.heal()
    settle(world)
    assert world.ceph_status == "HEALTH_OK"


def test_crush_reweight_to_zero_empties_it(world: World) -> None:
    world.ceph.crush_reweight(2, 0.0)
    settle(world)
    assert not world.ceph.pgs_of(2)
    world.ceph.crush_reweight(2, 4.0)
    settle(world)
    assert world.ceph.osds[2].pgs > 0


def test_lost_quorum(world: World) -> None:
    assert len(world.ceph.quorum) == 3
    world.inject("mon.quorum")
    assert world.ceph.quorum == []
    world.heal()
    assert len(world.ceph.quorum) == 3


def test_a_thousand_osds() -> None:
    world = World(Size(machines=220, servers=10, storage=100, osds_per_host=10), clock=Clock(0, 1795242000.0))
    assert len(world.ceph.osds) == 1000
    assert len(world.ceph.pgs) == 32769
    world.inject("host.down", "sto-0001" if "sto-0001" in world.fleet else "sto-001")
    world.tick(10)
    assert world.ceph.by_state()["active+undersized+degraded"] > 500
