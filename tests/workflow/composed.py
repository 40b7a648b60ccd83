"""A site of toy systems that take hosts out of service, each with its part, on one journal of what was done.

Systems: ``pods`` (orchestration), ``virt`` (compute), ``disks`` (storage), ``metal`` (hosts' own systems), ``mute``
(silences) and ``pulse`` (a gate). Lines of the journal: ``SYSTEM WHAT HOST``. Flags in the same folder make them fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hsops.api import (
    CheckResult,
    Conflict,
    Health,
    Item,
    Json,
    Layer,
    Options,
    Outcome,
    Plugin,
    Progress,
    Run,
    Sample,
    SystemHealth,
    Unreachable,
    UserError,
)
from hsops.config import Site, System
from hsops.registry import Registry
from hsops.session import Session
from hsops.workflow.engine import Engine

HERE = "tests.workflow.composed"
RACKS = {"r1": ["a1", "a2"], "r2": ["b1", "b2"]}
HOSTS = [*(host for hosts in RACKS.values() for host in hosts), "lx1", "lx2", "lx3"]


class ToyOptions(Options):
    """Where the toy lives and what it is called."""

    folder: str
    kind: str


class World:
    """The journal and the flags."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def did(self) -> list[str]:
        """Everything that was done, in order."""
        file = self.folder / "journal"
        return file.read_text().splitlines() if file.exists() else []

    def effects(self) -> list[str]:
        """Without looks."""
        return [line for line in self.did() if " check " not in line and " verify " not in line]

    def write(self, line: str) -> None:
        """One more."""
        with (self.folder / "journal").open("a") as file:
            file.write(line + "\n")

    def flag(self, name: str, text: str = "1") -> None:
        """Make something fail."""
        (self.folder / f"flag-{name}").write_text(text)

    def unflag(self, name: str) -> None:
        """No more."""
        (self.folder / f"flag-{name}").unlink(missing_ok=True)

    def flagged(self, name: str) -> str:
        """Text of a flag."""
        file = self.folder / f"flag-{name}"
        return file.read_text() if file.exists() else ""


class Toy:
    """A connection to one toy system."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name

    async def health(self) -> SystemHealth:
        """Well."""
        return SystemHealth(Health.OK, "a toy")

    async def aclose(self) -> None:
        """Nothing to close."""

    async def do(self, what: str, host: str) -> Json:
        """An effect."""
        while self.world.flagged(f"hang-{what}-{host}"):  # noqa: ASYNC110 - it is a file
            await asyncio.sleep(0.01)
        if self.world.flagged(f"fail-{what}-{host}") or self.world.flagged(f"fail-{self.name}-{what}-{host}"):
            raise Conflict(f"{what} of {host} fails", system=self.name)
        self.world.write(f"{self.name} {what} {host}")
        return what


async def connect(options: ToyOptions, context: Any) -> Toy:
    """Unless it is flagged as dead."""
    world = World(Path(options.folder))
    if world.flagged(f"dead-{context.system}"):
        raise Unreachable("nobody answers", system=context.system)
    return Toy(world, context.system)


class Part:
    """A system's part: one effect to leave, one to come back."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin

    def toy(self, run: Run) -> Toy:
        found: Toy = run.system(self.plugin)
        return found

    async def role(self, run: Run, host: str) -> str:
        async def look() -> str:
            return (
                f"{self.plugin} of {host}"
                if host in HOSTS and host not in self.toy(run).world.flagged("strange")
                else ""
            )

        return await run.read(f"role in {self.plugin}", look)

    async def checks(self, run: Run, host: str) -> None:
        async def look() -> CheckResult:
            self.toy(run).world.write(f"{self.toy(run).name} check {host}")
            text = self.toy(run).world.flagged(f"unfit-{self.plugin}-{host}")
            return CheckResult(name=f"{self.plugin}.fit", ok=not text, text=text or "it is")

        await run.check(f"{self.plugin}.fit", look)
        await run.touches(things=1)

    async def enter(self, run: Run, host: str) -> None:
        await run.step(
            f"{self.plugin} off",
            do=lambda: self.toy(run).do("off", host),
            undo=lambda: self.toy(run).do("undo-off", host),
            command=[self.plugin, "off", host],
            undo_command=[self.plugin, "on", host],
        )

    async def verify(self, run: Run, host: str) -> None:
        async def look() -> CheckResult:
            self.toy(run).world.write(f"{self.toy(run).name} verify {host}")
            return CheckResult(name="empty", ok=True, text="nothing runs there")

        await run.verify(f"{self.plugin} empty", look)

    async def leave(self, run: Run, host: str) -> None:
        await run.step(
            f"{self.plugin} on",
            do=lambda: self.toy(run).do("on", host),
            undo=lambda: self.toy(run).do("undo-on", host),
            command=[self.plugin, "on", host],
        )

        async def well() -> Sample:
            return Sample(done=True, text="well again")

        await run.wait(f"{self.plugin} well", well, timeout=5)


PODS, VIRT, DISKS = Part("pods"), Part("virt"), Part("disks")


class Metal:
    """The hosts' own systems."""

    def toy(self, run: Run) -> Toy:
        found: Toy = run.system("metal")
        return found

    async def identity(self, run: Run, host: str) -> Mapping[str, str]:
        async def look() -> dict[str, Any]:
            world = self.toy(run).world
            return {"boot_id": world.flagged(f"boot-id-{host}") or f"boot of {host}",
                    "pending": "" if world.flagged("current") else "a kernel"}  # fmt: skip

        return await run.read(f"identity@{host}", look)

    async def updates(self, run: Run, host: str) -> Sequence[str]:
        async def look() -> list[Any]:
            return [] if host in self.toy(run).world.flagged("current") else ["libc6 1 -> 2"]

        return await run.read(f"updates@{host}", look)

    async def upgrade(self, run: Run, hosts: Sequence[str]) -> Mapping[str, Outcome]:
        return await self._each(run, "packages", hosts)

    async def reboot(self, run: Run, hosts: Sequence[str], *, kernel: str = "") -> Mapping[str, Outcome]:
        return await self._each(run, "reboot", hosts)

    async def _each(self, run: Run, what: str, hosts: Sequence[str]) -> Mapping[str, Outcome]:
        async def act(item: Item, progress: Progress) -> Outcome:
            try:
                await self.toy(run).do(what, item.key)
            except Conflict as error:
                return Outcome(status="failed", text=str(error))
            return Outcome(status="done", text=what)

        items = [Item(key=host, title=host, command=[what, host]) for host in hosts]
        return await run.each(what, items, act, limit=len(items))


METAL = Metal()


class Mute:
    """Silences: by comment, as the real ones."""

    def __init__(self, toy: Toy) -> None:
        self._toy = toy

    async def affected(self, host: str) -> Sequence[str]:
        return []

    async def create(self, host: str, *, until: float, comment: str, author: str) -> str:
        file = self._toy.world.folder / f"silence-{host}"
        if not file.exists():
            self._toy.world.write(f"mute silence {host}")
        file.write_text(comment)
        return host

    async def extend(self, silence: str, *, until: float) -> str:
        return silence

    async def expire(self, silence: str) -> None:
        (self._toy.world.folder / f"silence-{silence}").unlink(missing_ok=True)
        self._toy.world.write(f"mute expire {silence}")


def silencer(toy: Toy) -> Mute:
    """The capability."""
    return Mute(toy)


class Pulse:
    """A gate that is red while a flag says so."""

    name = "pulse"

    def __init__(self, world: World) -> None:
        self._world = world

    async def baseline(self) -> Any:
        return None

    async def look(self, baseline: Any) -> CheckResult:
        text = self._world.flagged("red")
        return CheckResult(name=self.name, ok=not text, text=text or "beats")


def gates(toy: Toy) -> Sequence[Pulse]:
    """The capability."""
    return [Pulse(toy.world)]


async def racks(toy: Toy) -> Mapping[str, Sequence[str]]:
    """As this system has them."""
    return RACKS


def _plugin(name: str, layer: Layer, **capabilities: str) -> Plugin:
    return Plugin(
        name=name, title=name, layer=layer, options=ToyOptions, connect=f"{HERE}:connect", kinds=(), sources=(),
        **{key: f"{HERE}:{value}" for key, value in capabilities.items()},  # type: ignore[arg-type]
    )  # fmt: skip


PLUGINS = (
    _plugin("metal", Layer.COMPUTE, host_system="METAL"),
    _plugin("disks", Layer.STORAGE, maintenance="DISKS", racks="racks"),
    _plugin("virt", Layer.COMPUTE, maintenance="VIRT"),
    _plugin("pods", Layer.ORCHESTRATION, maintenance="PODS"),
    _plugin("mute", Layer.OBSERVABILITY, silencer="silencer"),
    _plugin("pulse", Layer.OBSERVABILITY, gates="gates"),
)


def site(folder: Path, *, said: Mapping[str, tuple[str, ...]] | None = None, without: Sequence[str] = ()) -> Site:
    """The site; `said`: what its file says of racks."""
    systems = tuple(
        System(name=one.name, plugin=one.name, options=ToyOptions(folder=str(folder), kind=one.name), timeout=5.0)
        for one in PLUGINS
        if one.name not in without
    )
    return Site(name="toys", tier="lab", systems=systems, file=folder / "site.yaml", racks=said or {})


@asynccontextmanager
async def opened(world: World, store: str, **settings: Any) -> AsyncIterator[Engine]:
    """The engine on the toy site."""
    registry = Registry(PLUGINS)
    async with (
        Session([site(world.folder, **settings)], registry) as session,
        Engine(session, store, registry.workflow) as engine,
    ):
        yield engine


__all__ = ["DISKS", "HOSTS", "METAL", "PODS", "RACKS", "VIRT", "UserError", "World", "opened", "site"]
