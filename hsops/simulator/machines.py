"""Racks and machines: the floor that every other layer stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from hsops.simulator.names import Names, numbered

Role: TypeAlias = Literal["control", "compute", "storage"]

GIB = 1024**3
RACK_UNITS = 20
"""Machines in one rack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How big the world is. `storage` and `control` of the `machines` are taken away from compute."""

    machines: int = 60
    servers: int = 500
    storage: int | None = None
    """Machines with OSDs; None: one in five of a small site, one in twenty of a big one, three at least."""
    control: int | None = None
    """Machines with API services and monitors; None: three, one on a site of less than eight machines."""
    osds_per_host: int | None = None
    """None: ten on a big site, four on a small one."""
    projects: int | None = None
    """None: one for every 25 servers, three at least."""

    def count(self, role: Role) -> int:
        """How many machines have that role."""
        control = self.control if self.control is not None else (3 if self.machines >= 8 else 1)
        storage = self.storage
        if storage is None:
            storage = max(3, self.machines // (20 if self.machines >= 200 else 5))
        compute = max(1, self.machines - control - storage)
        return {"control": control, "storage": storage, "compute": compute}[role]

    @property
    def osds(self) -> int:
        """OSDs on each storage machine."""
        if self.osds_per_host is not None:
            return self.osds_per_host
        return 10 if self.machines >= 200 else 4

    @property
    def tenants(self) -> int:
        """Number of tenant projects."""
        return self.projects if self.projects is not None else max(3, self.servers // 25)


class Machine(msgspec.Struct):
    """One physical machine. `name` is its host name everywhere: nova, CRUSH, the `host` label of alerts."""

    name: str
    rack: str
    position: int
    """Height unit in the rack, from 1."""
    role: Role
    address: str
    cpus: int
    memory: int
    """Bytes."""
    disk: int
    """Bytes of the local disk."""
    serial: str
    up: bool = True
    """Powered, booted and on the network."""
    changed: float = 0.0
    """Epoch of the last change of `up`."""


class Fleet:
    """All machines, by name and by rack."""

    def __init__(self, size: Size, names: Names) -> None:
        self._machines: dict[str, Machine] = {}
        self.down: set[str] = set()
        """Names of the machines that are not up: cheap to ask."""
        order: tuple[Role, ...] = ("control", "storage", "compute")
        self._fill([role for role in order for _ in range(size.count(role))], names)

    def _fill(self, roles: list[Role], names: Names) -> None:
        racks = max(1, -(-len(roles) // RACK_UNITS))
        width = max(2, len(str(racks)))
        counts: dict[Role, int] = {}
        for index, role in enumerate(roles):
            counts[role] = counts.get(role, 0) + 1
            prefix = {"control": "ctl", "storage": "sto", "compute": "cmp"}[role]
            # Roles are spread over the racks, as one does it: the loss of a rack must not take all of one role.
            machine = Machine(
                name=numbered(prefix, counts[role], roles.count(role) if index < 50 else len(roles)),
                rack=f"r{index % racks + 1:0{width}d}",
                position=index // racks + 1,
                role=role,
                address=f"10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}",
                cpus={"control": 32, "storage": 32, "compute": 64}[role],
                memory={"control": 192, "storage": 256, "compute": 512}[role] * GIB,
                disk=4000 * GIB,
                serial=names.word(10).upper(),
            )
            self._machines[machine.name] = machine

    def __iter__(self) -> Iterator[Machine]:
        return iter(self._machines.values())

    def __len__(self) -> int:
        return len(self._machines)

    def __getitem__(self, name: str) -> Machine:
        return self._machines[name]

    def __contains__(self, name: object) -> bool:
        return name in self._machines

    def of(self, role: Role) -> list[Machine]:
        """The machines of a role, in order."""
        return [machine for machine in self if machine.role == role]

    def racks(self) -> Mapping[str, list[Machine]]:
        """Rack name to its machines."""
        racks: dict[str, list[Machine]] = {}
        for machine in self:
            racks.setdefault(machine.rack, []).append(machine)
        return racks

    def power(self, name: str, up: bool, now: float) -> bool:
        """Switch a machine; whether that changed anything. Raises KeyError for an unknown name."""
        machine = self._machines[name]
        if machine.up == up:
            return False
        machine.up, machine.changed = up, now
        (self.down.discard if up else self.down.add)(name)
        return True
