"""What a workflow has to know of a chassis before it touches it, read from the databases themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hsops.api import NotFound
from hsops.plugins.ovn.join import REDIRECT
from hsops.plugins.ovn.kinds.chassis import LATE
from hsops.plugins.ovn.ovsdb.values import Shape, read
from hsops.plugins.ovn.rows import SAVED

if TYPE_CHECKING:
    from hsops.plugins.ovn.client import Ovn

RUN = "hsops-run"
"""Key in ``external_ids`` of a candidate: the run that lowered it."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A chassis as a candidate: for one gateway port, or for a group that several ports use."""

    table: str
    """Gateway_Chassis or HA_Chassis."""
    uuid: str
    owner: str
    """Name of the router port or of the group."""
    priority: int
    saved: int | None
    """The priority it had before hsops lowered it."""
    run: str
    others: tuple[tuple[str, int, bool], ...]
    """The other candidates: system id, priority, whether its controller follows."""

    def command(self, chassis: str, priority: int) -> tuple[str, ...]:
        """What sets the priority; both commands add or change."""
        verb = "lrp-set-gateway-chassis" if self.table == "Gateway_Chassis" else "ha-chassis-group-add-chassis"
        return ("ovn-nbctl", verb, self.owner, chassis, str(priority))

    @property
    def heirs(self) -> Sequence[str]:
        """Who takes over when it is lowered: the living with the highest priority, if that is above zero."""
        living = [(priority, name) for name, priority, alive in self.others if alive and priority > 0]
        return [name for _, name in sorted(living, reverse=True)]


@dataclass(frozen=True, slots=True)
class Place:
    """One chassis and its seats."""

    name: str
    hostname: str
    uuid: str
    alive: bool
    seats: tuple[Seat, ...]

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Place:
        """From the journal."""
        seats = tuple(
            Seat(**{**seat, "others": tuple((name, priority, alive) for name, priority, alive in seat["others"])})
            for seat in data["seats"]
        )
        return cls(**{**data, "seats": seats})


async def find(ovn: Ovn, host: str) -> Place:
    """The chassis of that host name or system id. Raises NotFound."""
    rows = await ovn.select_south("Chassis")
    row = next((row for row in rows if host in (row["hostname"], row["name"])), None)
    if row is None:
        raise NotFound("no chassis of that name", system=ovn.system, thing=host)
    living = await _living(ovn)
    seats = tuple(await _seats(ovn, row["name"], living))
    return Place(row["name"], row["hostname"], row["_uuid"][1], row["name"] in living, seats)


async def held(ovn: Ovn, place: Place) -> Sequence[str]:
    """Gateway ports that it holds now."""
    where = (["type", "==", REDIRECT], ["chassis", "==", ["uuid", place.uuid]])
    return sorted(row["logical_port"].removeprefix("cr-") for row in await ovn.select_south("Port_Binding", *where))


async def seat_now(ovn: Ovn, seat: Seat) -> Mapping[str, Any] | None:
    """Its row as it is: ``priority`` and ``external_ids`` as a dict; None when somebody removed it."""
    rows = await ovn.select(seat.table, ["_uuid", "==", ["uuid", seat.uuid]])
    if not rows:
        return None
    return {"priority": rows[0]["priority"], "external_ids": _map(rows[0])}


async def _living(ovn: Ovn) -> frozenset[str]:
    """System ids of the chassis whose controller follows."""
    wanted = max((row["nb_cfg"] for row in await ovn.select("NB_Global")), default=0)
    rows = await ovn.select_south("Chassis_Private")
    return frozenset(row["name"] for row in rows if wanted - row["nb_cfg"] <= LATE)


async def _seats(ovn: Ovn, chassis: str, living: frozenset[str]) -> list[Seat]:
    owners = {
        "Gateway_Chassis": [(row["name"], row["gateway_chassis"]) for row in await ovn.select("Logical_Router_Port")],
        "HA_Chassis": [(row["name"], row["ha_chassis"]) for row in await ovn.select("HA_Chassis_Group")],
    }
    found: list[Seat] = []
    for table, groups in owners.items():
        rows = {row["_uuid"][1]: row for row in await ovn.select(table)}
        for owner, wire in groups:
            members = [rows[uuid] for uuid in read(Shape.SET, wire) if uuid in rows]
            mine = next((row for row in members if row["chassis_name"] == chassis), None)
            if mine is not None:
                found.append(_seat(table, owner, mine, [row for row in members if row is not mine], living))
    return sorted(found, key=lambda seat: seat.owner)


def _seat(
    table: str, owner: str, mine: Mapping[str, Any], others: Sequence[Mapping[str, Any]], living: frozenset[str]
) -> Seat:
    ids = _map(mine)
    saved = ids.get(SAVED, "")
    return Seat(
        table=table,
        uuid=mine["_uuid"][1],
        owner=owner,
        priority=mine["priority"],
        saved=int(saved) if saved.isdigit() else None,
        run=ids.get(RUN, ""),
        others=tuple(sorted((row["chassis_name"], row["priority"], row["chassis_name"] in living) for row in others)),
    )


def _map(row: Mapping[str, Any]) -> dict[str, str]:
    ids: dict[str, str] = read(Shape.MAP, row["external_ids"])
    return ids
