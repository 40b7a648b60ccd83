"""Following changes leads to the same rows as starting anew, whatever changes."""

from __future__ import annotations

import random
import uuid
from pathlib import Path
from typing import Any

import pytest

from hsops.model import Batch, Ref, Resource
from hsops.plugins.ovn import tables, view
from hsops.plugins.ovn.ovsdb.replica import Change, Table
from hsops.plugins.ovn.simulator.content import Content
from hsops.plugins.ovn.simulator.database import Database, Delta
from hsops.plugins.ovn.view import View
from hsops.simulator.machines import Size
from hsops.simulator.world import World


class Mirror:
    """A replica without a wire: the tables of a simulated database, and what changed in them."""

    def __init__(self, database: Database, wanted: Any) -> None:
        self.tables = {name: Table({}) for name in wanted}
        for name, table in self.tables.items():
            table.rows = dict(database.rows[name])
        self.changes: list[Change] = []
        database.watch(self._told)

    def _told(self, deltas: Any) -> None:
        for delta in deltas:
            assert isinstance(delta, Delta)
            if delta.table in self.tables:
                rows = self.tables[delta.table].rows
                rows.pop(delta.uuid, None) if delta.new is None else rows.__setitem__(delta.uuid, delta.new)
                self.changes.append(Change(*delta))


def _apply(shown: dict[Ref, Resource], batch: Batch) -> None:
    if batch.full:
        shown.clear()
    for row in batch.upserts:
        shown[Ref(row.KIND, row.key())] = row
    for ref in batch.removes:
        del shown[ref]


@pytest.mark.parametrize("seed", range(6))
def test_differences_lead_where_a_new_start_leads(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "HOLD", 0.0)
    rng = random.Random(seed)
    content = Content(World(Size(machines=24, servers=60), seed=seed, folder=tmp_path))
    north, south = Mirror(content.north, tables.NORTH), Mirror(content.south, tables.SOUTH)
    live = View(north, south)  # type: ignore[arg-type] # the tables are all it looks at
    shown: dict[Ref, Resource] = {}
    _apply(shown, live.everything())
    assert len({ref.kind for ref in shown}) == 5
    for _ in range(60):
        _meddle(content, rng)
        changes, north.changes, south.changes = [*north.changes, *south.changes], [], []
        _apply(shown, live.follow(changes))
        fresh: dict[Ref, Resource] = {}
        _apply(fresh, View(north, south).everything())  # type: ignore[arg-type] # as above
        assert shown == fresh


def _meddle(content: Content, rng: random.Random) -> None:
    """Something that an operator, Neutron or a failure does."""
    north, south = content.north, content.south
    switch = rng.choice(sorted(north.rows["Logical_Switch"]))
    port = rng.choice(sorted(north.rows["Logical_Switch_Port"]))
    chassis = rng.choice(sorted(south.rows["Chassis"]))
    binding = rng.choice(sorted(south.rows["Port_Binding"]))
    candidate = rng.choice(sorted(north.rows["Gateway_Chassis"]))
    members = north.rows["Logical_Switch"][switch]["ports"]
    match rng.randrange(11):
        case 0:
            north.put("Logical_Switch_Port", port, up=rng.choice([True, False, None]))
        case 1:
            south.put("Port_Binding", binding, chassis=rng.choice([chassis, None]))
        case 2:
            north.put("Gateway_Chassis", candidate, priority=rng.randrange(10))
        case 3:
            fresh = str(uuid.UUID(int=rng.getrandbits(128)))
            north.put("Logical_Switch_Port", fresh, name=f"new-{fresh}")
            north.put("Logical_Switch", switch, ports=members | {fresh})
            south.put("Port_Binding", f"b{fresh}", logical_port=f"new-{fresh}", chassis=chassis, up=True)
        case 4:
            for uuid_, row in list(north.rows["Logical_Switch"].items()):
                north.put("Logical_Switch", uuid_, ports=row["ports"] - {port})
            north.drop("Logical_Switch_Port", port)
        case 5:
            south.drop("Port_Binding", binding)
        case 6:
            north.put("Logical_Switch", switch, external_ids={"neutron:network_name": f"renamed-{rng.random()}"})
        case 7:
            south.put("Chassis", chassis, hostname=f"renamed-{rng.random()}")
        case 8:
            south.put("Chassis_Private", rng.choice(sorted(south.rows["Chassis_Private"])), nb_cfg=rng.randrange(-3, 2))
        case 9:
            balancer = str(uuid.UUID(int=rng.getrandbits(128)))
            north.put("Load_Balancer", balancer, name="lb", vips={"192.0.2.1:80": "10.0.0.1:80,10.0.0.2:80"})
        case _:
            router = rng.choice(sorted(north.rows["Logical_Router"]))
            north.put("Logical_Router", router, enabled=rng.choice([True, False, None]))


def test_a_gateway_on_its_way_is_not_shown_as_an_outage(tmp_path: Path) -> None:
    content = Content(World(Size(machines=24, servers=10), seed=1, folder=tmp_path))
    north, south = Mirror(content.north, tables.NORTH), Mirror(content.south, tables.SOUTH)
    live = View(north, south)  # type: ignore[arg-type] # as above
    live.everything()
    binding = next(id_ for id_, row in south.tables["Port_Binding"].rows.items() if row["type"] == "chassisredirect")
    content.south.put("Port_Binding", binding, chassis=None)
    batch = live.follow(south.changes)
    assert {row.KIND for row in batch.upserts} == {"ovn.chassis"}, "the chassis counts one port less, no gateway is ill"
    assert live.undecided


def test_a_gateway_that_stays_nowhere_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = Content(World(Size(machines=24, servers=10), seed=1, folder=tmp_path))
    north, south = Mirror(content.north, tables.NORTH), Mirror(content.south, tables.SOUTH)
    live = View(north, south)  # type: ignore[arg-type] # as above
    live.everything()
    binding = next(id_ for id_, row in south.tables["Port_Binding"].rows.items() if row["type"] == "chassisredirect")
    content.south.put("Port_Binding", binding, chassis=None)
    live.follow(south.changes)
    monkeypatch.setattr(view, "HOLD", 0.0)
    words = {row.KIND: row.word for row in live.settle().upserts}  # type: ignore[attr-defined] # gateways and routers
    assert words == {"ovn.gateway": "nowhere", "ovn.router": "cut off"}
    assert not live.undecided
