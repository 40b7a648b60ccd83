"""A small cloud in memory, made of real plugins: what the console's tests look at. All of it can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from hsops.api import (
    Action,
    Batch,
    CheckResult,
    Choice,
    Column,
    Context,
    Danger,
    Drill,
    Format,
    Headline,
    Health,
    HsopsError,
    Input,
    Item,
    Kind,
    Layer,
    Link,
    Lookup,
    Options,
    Outcome,
    Panel,
    Plugin,
    Ref,
    Resource,
    Source,
    State,
    SystemHealth,
    Workflow,
    about,
    depends,
    same,
)
from hsops.config import Site, System
from hsops.registry import Registry
from hsops.session import Session

NOW = datetime(2026, 1, 31, 9, 41, 22, tzinfo=UTC).timestamp()
MINUTE = 60


class Hypervisor(Resource):
    """A host that carries servers."""

    KIND: ClassVar[str] = "nova.hypervisor"
    id: str
    state: str = "up"
    servers: int = 0
    vcpu: float = 0.0
    memory: float | None = 0.0
    rack: str = "r01"
    born: float = NOW - 41 * 86_400

    def key(self) -> str:
        """Its id."""
        return self.id

    def health(self) -> Health:
        """Down is critical, drained is maintenance."""
        return {"up": Health.OK, "drained": Health.MAINTENANCE}.get(self.state, Health.CRITICAL)

    def links(self) -> Iterable[Link]:
        """It is a host, in a rack."""
        return (same("host", self.id), depends("rack", self.rack))

    def labels(self) -> Mapping[str, str]:
        """Its rack."""
        return {"rack": self.rack}


class Server(Resource):
    """A virtual machine."""

    KIND: ClassVar[str] = "nova.server"
    id: str
    name: str
    host: str
    state: str = "ACTIVE"
    ram: int = 2 << 30

    def key(self) -> str:
        """Its id."""
        return self.id

    def title(self) -> str:
        """Its name, chosen by a tenant."""
        return self.name

    def health(self) -> Health:
        """ERROR is critical."""
        return Health.CRITICAL if self.state == "ERROR" else Health.OK

    def links(self) -> Iterable[Link]:
        """It suffers with its host."""
        return (depends("host", self.host),)


class Alert(Resource):
    """A firing alert."""

    KIND: ClassVar[str] = "watch.alert"
    name: str
    host: str
    severity: str = "critical"

    def key(self) -> str:
        """Name and host."""
        return f"{self.name}/{self.host}"

    def title(self) -> str:
        """Its name."""
        return self.name

    def health(self) -> Health:
        """Its severity."""
        return Health.CRITICAL if self.severity == "critical" else Health.WARN

    def links(self) -> Iterable[Link]:
        """It tells of a host."""
        return (about("host", self.host),)


class World:
    """What the two systems hold. `trouble` by kind is raised instead of an answer."""

    def __init__(self) -> None:
        self.hypervisors = [
            Hypervisor("cmp-001", servers=3, vcpu=0.61, memory=0.78),
            Hypervisor("cmp-002", state="drained", vcpu=0.18, memory=0.24),
            Hypervisor("cmp-003", state="down", servers=2, vcpu=0.84, memory=None),
            *(
                Hypervisor(f"cmp-{i:03}", servers=1, vcpu=i / 50, memory=0.5, rack=f"r{i // 6:02}")
                for i in range(4, 13)
            ),
        ]
        self.servers = [
            Server("7c1f", "web-1", "cmp-001"),
            Server("8d2e", "web-2", "cmp-001"),
            Server("9e3d", "db-1", "cmp-001", ram=16 << 30),
            Server("af4c", "web-7", "cmp-003", state="ERROR"),
            Server("b05b", "lic-1", "cmp-003"),
            *(Server(f"c{i:03}", f"job-{i}", f"cmp-{i:03}") for i in range(4, 13)),
        ]
        self.alerts: list[Any] = [Alert("HostDown", "cmp-003"), Alert("FanSlow", "cmp-001", severity="warning")]
        self.trouble: dict[str, HsopsError] = {}
        self.done: list[tuple[str, str, dict[str, Any]]] = []
        self.stuck: set[str] = set()
        self.red = ""
        """Why the gate is closed; empty: open."""

    def rows(self, kind: str) -> Sequence[Resource]:
        """All rows of a kind, or its trouble."""
        if kind in self.trouble:
            raise self.trouble[kind]
        found: Sequence[Resource] = {
            "nova.hypervisor": self.hypervisors,
            "nova.server": self.servers,
            "watch.alert": self.alerts,
        }[kind]
        return list(found)


class CloudOptions(Options):
    """Where the world is; a test puts it there."""

    world: Any = None


class CloudConnection:
    """A connection to the world."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name

    async def health(self) -> SystemHealth:
        """Well, unless the test says otherwise."""
        if "health" in self.world.trouble:
            raise self.world.trouble["health"]
        return SystemHealth(Health.OK, "answers", "2.1")

    async def aclose(self) -> None:
        """Nothing to close."""


async def connect(options: CloudOptions, context: Context) -> CloudConnection:
    """Open it."""
    return CloudConnection(options.world, context.system)


async def raw(connection: CloudConnection, ref: Ref) -> Mapping[str, Any]:
    """The whole object."""
    row = next(row for row in connection.world.rows(ref.kind) if row.key() == ref.id)
    return {"id": row.key(), "name": row.title(), "secret_looking": "[red]not markup[/]", "nested": {"list": [1, 2]}}


async def reboot(connection: CloudConnection, row: Server, values: Mapping[str, Any]) -> str:
    """Reboot a server."""
    connection.world.done.append(("reboot", row.id, dict(values)))
    return f"{row.name} reboots"


async def delete(connection: CloudConnection, row: Server, values: Mapping[str, Any]) -> str:
    """Delete a server."""
    connection.world.done.append(("delete", row.id, dict(values)))
    connection.world.servers = [server for server in connection.world.servers if server.id != row.id]
    return f"{row.name} is gone"


async def drain(run: Any) -> None:
    """Empty a host: a small workflow that has checks, a choice, a step with an undo and a fan-out that may fail."""
    host = run.values["host"]

    async def up() -> CheckResult:
        world = run.system("nova").world
        ok = any(one.id == host and one.state == "up" for one in world.hypervisors)
        return CheckResult(name="host.up", ok=ok, text=f"{host} is {'up' if ok else 'not up'}", hint="repair it first")

    async def servers() -> list[str]:
        return [one.id for one in run.system("nova").world.servers if one.host == host]

    async def pinned() -> list[str]:
        return [one.id for one in run.system("nova").world.servers if one.host == host and one.name.startswith("lic")]

    async def note(what: str) -> None:
        run.system("nova").world.done.append((what, host, {}))

    await run.check("host.up", up)
    found = await run.read("servers", servers)
    cannot = await run.read("pinned", pinned)
    answers = await run.choose(
        [Choice(key=one, title=one, why="pinned CPUs", options=("leave", "cold")) for one in cannot]
    )
    await run.touches(servers=len(found))
    await run.step(
        "disable", do=lambda: note("disable"), undo=lambda: note("enable"),
        command=["openstack", "compute", "service", "set", "--disable", host, "nova-compute"],
        undo_command=["openstack", "compute", "service", "set", "--enable", host, "nova-compute"],
    )  # fmt: skip

    async def move(item: Item, progress: Any) -> Outcome:
        world = run.system("nova").world
        if item.key in world.stuck:
            return Outcome(status="failed", text="no valid host")
        progress("moving", fraction=0.5, left=1 << 30)
        for one in world.servers:
            if one.id == item.key:
                one.host = "cmp-012"
        return Outcome(status="done", text="on cmp-012")

    moving = [one for one in found if answers.get(one) != "leave"]
    items = [Item(key=one, title=one, command=["openstack", "server", "migrate", one]) for one in moving]
    await run.each("live-migrate", items, move, limit=2)


class Weather:
    """A gate that the world closes."""

    name = "weather"

    def __init__(self, world: World) -> None:
        self._world = world

    async def baseline(self) -> None:
        """Nothing to compare with."""

    async def look(self, baseline: Any) -> CheckResult:
        """What the world says."""
        return CheckResult(name=self.name, ok=not self._world.red, text=self._world.red or "fair")


def gates(connection: CloudConnection) -> Sequence[Weather]:
    """The one there is."""
    return [Weather(connection.world)]


async def roll(run: Any) -> None:
    """Two steps with a gate between them."""

    async def note(what: str) -> None:
        run.system("nova").world.done.append((what, run.values["host"], {}))

    await run.step("first", do=lambda: note("first"), undo=lambda: note("first undone"), command=["first"])
    await run.gate("between")
    await run.step("second", do=lambda: note("second"), command=["second"])


def _source(kind: str) -> Source:
    async def poll(connection: CloudConnection, cursor: Any) -> Batch:
        return Batch(upserts=connection.world.rows(kind), full=True)

    return Source(kinds=(kind,), poll=poll, every=3600.0, background=3600.0)


def _headlines(lookup: Lookup) -> Sequence[Headline]:
    hosts: Sequence[Hypervisor] = lookup("nova.hypervisor")
    down = sum(host.health() is Health.CRITICAL for host in hosts)
    drained = sum(host.health() is Health.MAINTENANCE for host in hosts)
    well = len(hosts) - down - drained
    worst = max((host.health() for host in hosts), default=Health.OK)
    return [
        Headline(worst, f"{len(hosts)} hypervisors: {well} ✓ {drained} ‖ {down} ✗", "nova.hypervisor"),
        Headline(Health.OK, f"{len(lookup('nova.server'))} servers", "nova.server"),
    ]


HYPERVISOR = Kind(
    name="nova.hypervisor",
    title="hypervisor",
    plural="hypervisors",
    aliases=("hv",),
    resource=Hypervisor,
    columns=(
        Column("name", "Name", lambda row: row.id, priority=0),
        Column("state", "State", lambda row: State(row.health(), row.state), Format.STATE, priority=1),
        Column("vms", "VMs", lambda row: row.servers, Format.COUNT, priority=20),
        Column("vcpu", "vCPU", lambda row: row.vcpu, Format.BAR, priority=30),
        Column("memory", "Memory", lambda row: row.memory, Format.BAR, priority=31),
        Column("rack", "Rack", lambda row: row.rack, priority=40),
        Column("age", "Age", lambda row: datetime.fromtimestamp(row.born, UTC), Format.AGE, priority=60),
        Column("id", "ID", lambda row: row.id, wide=True),
    ),
)

SERVER = Kind(
    name="nova.server",
    title="server",
    plural="servers",
    aliases=("vm", "sv"),
    resource=Server,
    columns=(
        Column("name", "Name", lambda row: row.name, priority=0),
        Column("status", "Status", lambda row: State(row.health(), row.state), Format.STATE, priority=1),
        Column("host", "Host", lambda row: row.host, priority=10),
        Column("ram", "RAM", lambda row: row.ram, Format.BYTES, priority=20),
        Column("id", "ID", lambda row: row.id, priority=70),
    ),
)

ALERT = Kind(
    name="watch.alert",
    title="alert",
    plural="alerts",
    resource=Alert,
    columns=(
        Column("name", "Name", lambda row: row.name, priority=0),
        Column("host", "Host", lambda row: row.host, priority=10),
    ),
)

NOVA = Plugin(
    name="nova",
    title="Nova",
    layer=Layer.COMPUTE,
    options=CloudOptions,
    connect="tests.screens.cloud:connect",
    kinds=(HYPERVISOR, SERVER),
    sources=(_source("nova.hypervisor"), _source("nova.server")),
    panels=(Panel(kind="nova.hypervisor", drill=Drill(kind="nova.server", match=lambda one, vm: vm.host == one.id)),),
    headlines=_headlines,
    raw="tests.screens.cloud:raw",
    actions=(
        Action(
            name="server.reboot", title="reboot", kinds=("nova.server",), danger=Danger.DISRUPTIVE, key="b",
            run="tests.screens.cloud:reboot",
            command=lambda row, values: ["openstack", "server", "reboot", f"--{values.get('how', 'soft')}", row.id],
            inputs=(Input(name="how", title="how", type="choice", choices=("soft", "hard"), default="soft"),),
        ),
        Action(
            name="server.stop", title="stop", kinds=("nova.server",), danger=Danger.DISRUPTIVE,
            run="tests.screens.cloud:reboot", command=lambda row, values: ["openstack", "server", "stop", row.id],
            undo="server.start",
        ),
        Action(
            name="server.start", title="start", kinds=("nova.server",), danger=Danger.SAFE,
            run="tests.screens.cloud:reboot", command=lambda row, values: ["openstack", "server", "start", row.id],
            undo="it was off before",
        ),
        Action(
            name="server.delete", title="delete", kinds=("nova.server",), danger=Danger.DESTRUCTIVE, key="ctrl-d",
            run="tests.screens.cloud:delete", command=lambda row, values: ["openstack", "server", "delete", row.id],
        ),
        Action(
            name="server.evil", title="wipe", kinds=("nova.server",), danger=Danger.DESTRUCTIVE, key="ctrl-k",
            run="tests.screens.cloud:delete", command=lambda row, values: ["rm", row.id],
            enabled=lambda row: "never" if row.state == "ACTIVE" else "",
        ),
    ),
    workflows=(
        Workflow(
            name="hypervisor.drain", title="empty a hypervisor",
            summary="Moves every server to other hosts, N at a time.",
            run="tests.screens.cloud:drain", kinds=("nova.hypervisor",), key="r", systems=("nova",),
            inputs=(
                Input(name="host", title="host", type="ref", kind="nova.hypervisor", required=True),
                Input(name="parallel", title="at a time", type="int", default="2"),
            ),
            target=lambda values: f"host/{values['host']}",
        ),
        Workflow(
            name="hypervisor.roll", title="restart a hypervisor", summary="One half, a gate, the other half.",
            run="tests.screens.cloud:roll", systems=("nova",),
            inputs=(Input(name="host", title="host", type="ref", kind="nova.hypervisor", required=True),),
            target=lambda values: f"host/{values['host']}",
        ),
    ),
    gates="tests.screens.cloud:gates",
)  # fmt: skip

WATCH = Plugin(
    name="watch",
    title="Watch",
    layer=Layer.OBSERVABILITY,
    options=CloudOptions,
    connect="tests.screens.cloud:connect",
    kinds=(ALERT,),
    sources=(_source("watch.alert"),),
)


def make_session(
    world: World, *, tier: Any = "lab", sites: Sequence[str] = ("fra1",), plugins: Any = None, **rules: Any
) -> Session:
    """A session on the world; every site sees the same one. `rules` are further fields of the sites."""
    options = CloudOptions(world=world)
    systems = (
        System(name="nova", plugin="nova", options=options),
        System(name="watch", plugin="watch", options=options),
    )
    made = [Site(name=name, tier=tier, systems=systems, file=Path(f"{name}.yaml"), **rules) for name in sites]
    return Session(made, Registry(plugins or (NOVA, WATCH)))
