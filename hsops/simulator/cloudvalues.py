"""What the compute layer is made of: flavors, images, projects, services, hypervisors, servers, migrations."""

from __future__ import annotations

from typing import Any

import msgspec


class Flavor(msgspec.Struct, frozen=True):
    """A size of server. `id` is nova's flavor id, `number` the database id that migration records show."""

    id: str
    number: int
    name: str
    vcpus: int
    ram: int
    """MiB"""
    disk: int
    """GiB"""


class Image(msgspec.Struct):
    """An image of glance; sizes in bytes."""

    id: str
    name: str
    size: int
    checksum: str
    created: float
    owner: str
    status: str = "active"
    visibility: str = "public"


class Project(msgspec.Struct):
    """A project of keystone."""

    id: str
    name: str
    description: str = ""
    enabled: bool = True
    domain: str = "default"
    quota: dict[str, int] = {}
    """Limits that differ from the defaults (`instances`, `cores`, `ram` …)."""


class User(msgspec.Struct):
    """A user of keystone. `password` opens the simulated site only."""

    id: str
    name: str
    password: str
    project: str
    role: str = "member"
    """``admin`` or ``member``"""


class Service(msgspec.Struct):
    """A nova service (`nova-compute`, …) on a host."""

    id: str
    number: int
    binary: str
    host: str
    zone: str
    seen: float
    """Epoch of the last report; moves on while the machine is up."""
    enabled: bool = True
    reason: str | None = None
    forced_down: bool = False
    forced_at: float | None = None
    version: int = 0
    """Counts the changes, for caches."""


class Hypervisor(msgspec.Struct):
    """A compute node; also placement's resource provider with the same id."""

    id: str
    number: int
    host: str
    address: str
    service: Service
    vcpus: int
    memory: int
    """MiB"""
    disk: int
    """GiB"""
    vcpu_ratio: float = 4.0
    memory_ratio: float = 1.0
    disk_ratio: float = 1.0
    memory_reserved: int = 4096
    generation: int = 3
    vcpus_used: int = 0
    memory_used: int = 0
    disk_used: int = 0

    def room(self, flavor: Flavor) -> bool:
        """Whether placement would allow one more of that flavor."""
        return (
            self.vcpus_used + flavor.vcpus <= self.vcpus * self.vcpu_ratio
            and self.memory_used + flavor.ram <= (self.memory - self.memory_reserved) * self.memory_ratio
            and self.disk_used + flavor.disk <= self.disk * self.disk_ratio
        )


class Action(msgspec.Struct):
    """An entry of a server's action log (`os-instance-actions`)."""

    name: str
    request: str
    start: float
    user: str
    finish: float | None = None
    message: str | None = None
    """``Error`` when it failed."""
    event: str = ""
    host: str = ""


class Server(msgspec.Struct):
    """A virtual machine. Change it through `Compute.touch`, so that journal, caches and `updated` follow."""

    id: str
    number: int
    """Order of creation; lists show the newest first."""
    name: str
    project: str
    user: str
    flavor: Flavor
    image: str
    """Image id."""
    host: str
    """Machine name; empty while it has none."""
    created: float
    updated: float
    launched: float | None
    address: str
    mac: str
    network: str
    """Network id of its port."""
    status: str = "ACTIVE"
    vm_state: str = "active"
    task_state: str | None = None
    power_state: int = 1
    terminated: float | None = None
    reservation: str = ""
    key: str | None = None
    metadata: dict[str, str] = {}
    description: str | None = None
    tags: tuple[str, ...] = ()
    locked: bool = False
    locked_reason: str | None = None
    fault: dict[str, Any] | None = None
    actions: list[Action] = []
    version: int = 0
    """Counts the changes, for caches."""
    timer: float = 0.0
    """Epoch at which a passing state (powering-off, …) ends; 0: none."""

    @property
    def port(self) -> str:
        """Id of its neutron port, computed from the server's id (and back by the same rule)."""
        return f"{int(self.id[:8], 16) ^ 0x5A5A5A5A:08x}{self.id[8:]}"


LIVE = "live-migration"
COLD = "migration"
RESIZE = "resize"
EVACUATE = "evacuation"


class Migration(msgspec.Struct):
    """A migration record; sizes in bytes. `uuid` is also the consumer that holds the source's room in placement."""

    id: int
    uuid: str
    server: str
    project: str
    user: str
    source: str
    dest: str
    kind: str
    """live-migration, migration, resize, evacuation"""
    status: str
    created: float
    updated: float
    old_flavor: Flavor
    new_flavor: Flavor
    memory: int = 0
    memory_left: int = 0
    forced: bool = False
    """Force-complete was asked."""

    @property
    def running(self) -> bool:
        """Whether it is still under way (a finished cold migration waits for its confirmation)."""
        return self.status in UNDERWAY


UNDERWAY = frozenset({
    "queued", "accepted", "preparing", "pre-migrating", "running", "migrating", "post-migrating", "confirming",
    "reverting",
})  # fmt: skip


class ServerGroup(msgspec.Struct):
    """A server group of nova: its members are kept together or apart."""

    id: str
    name: str
    policy: str
    """``affinity``, ``anti-affinity``, or one of them with ``soft-`` before it."""
    project: str
    user: str
    members: list[str] = []
    """Ids of servers."""
    per_host: int = 1
    """With anti-affinity: how many of them one host may have."""


class Aggregate(msgspec.Struct):
    """A host aggregate; one with metadata `availability_zone` makes that zone."""

    id: int
    uuid: str
    name: str
    created: float
    zone: str | None
    hosts: list[str]
    metadata: dict[str, str]
    updated: float | None = None
