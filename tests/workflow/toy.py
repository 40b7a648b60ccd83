"""A small world of files, a real connection to it, and workflows on it.

The journal file is the world: a line ``PID did WHAT`` is the effect itself, written with one append, and ``PID try
WHAT`` says that an effect was begun. So the file shows what ran twice, whoever ran it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from functools import partial
from pathlib import Path
from typing import Any

from hsops.errors import Unreachable, Unsupported, UserError
from hsops.model import Layer
from hsops.plugin import CheckResult, Gate, Input, Options, Plugin, Silencer, Workflow
from hsops.policy import ApprovalRule, GateRule, Window
from hsops.runbook import Choice, Item, Outcome, Progress, Run, Sample


class World:
    """The files: `journal`, and flags that a test sets to make things fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def lines(self) -> list[tuple[int, str, str]]:
        """Everything that happened: pid, ``try`` or ``did``, and what."""
        file = self.folder / "journal"
        found = file.read_text().splitlines() if file.exists() else []
        return [(int(pid), verb, what) for pid, verb, what in (line.split(" ", 2) for line in found)]

    def did(self) -> list[str]:
        """The effects, in order."""
        return [what for _, verb, what in self.lines if verb == "did"]

    def tries(self) -> list[str]:
        """The effects begun, in order."""
        return [what for _, verb, what in self.lines if verb == "try"]

    def flag(self, name: str, text: str = "1") -> None:
        """Set a flag."""
        (self.folder / name).write_text(text)

    def unflag(self, name: str) -> None:
        """Take a flag away."""
        (self.folder / name).unlink(missing_ok=True)

    def flagged(self, name: str) -> str:
        """The text of a flag; empty without it."""
        file = self.folder / name
        return file.read_text() if file.exists() else ""

    def write(self, verb: str, what: str) -> None:
        """Add a line."""
        with (self.folder / "journal").open("a") as file:
            file.write(f"{os.getpid()} {verb} {what}\n")


class Connection:
    """What `run.system("toy")` gives."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.loop = asyncio.get_running_loop()
        self.lost = False

    async def act(self, what: str, seconds: float = 0.0) -> None:
        """An effect that looks first."""
        assert asyncio.get_running_loop() is self.loop, "effects belong on the session's loop"
        self.world.write("try", what)
        await asyncio.sleep(seconds)
        if self.world.flagged("drop"):
            self.world.unflag("drop")
            self.lost = True
        if self.lost:
            raise Unreachable("connection lost", system="toy")
        if message := self.world.flagged(f"fail-{what.replace('/', '-')}"):
            raise Unreachable(message, system="toy") if message == "unreachable" else OSError(message)
        while self.world.flagged(f"hang-{what.replace('/', '-')}"):  # noqa: ASYNC110 - it is a file
            await asyncio.sleep(0.01)
        if what not in self.world.did():
            self.world.write("did", what)

    async def look(self) -> list[str]:
        """The things there are."""
        if self.world.flagged("unreachable"):
            raise Unreachable("nobody answers", system="toy")
        return [f"vm-{number}" for number in range(int(self.world.flagged("size") or 3))]


@dataclass(frozen=True)
class Site:
    """What the engine wants of a site: its name and its rules."""

    name: str
    tier: str = "lab"
    approval: ApprovalRule = field(default_factory=ApprovalRule)
    windows: tuple[Window, ...] = ()
    gates: GateRule = field(default_factory=GateRule)


def rules(world: World, name: str) -> Site:
    """The site with what the flag ``rules`` says, as JSON: so that engines in other processes see the same."""
    given: dict[str, Any] = json.loads(world.flagged("rules") or "{}")
    signers = given.get("allowed_signers")
    return Site(
        name,
        tier=given.get("tier", "lab"),
        approval=ApprovalRule(
            required=given.get("required"),
            allowed_signers=Path(signers) if signers else None,
            timeout=given.get("timeout", 3600.0),
            identities=given.get("identities", {}),
        ),
        windows=tuple(
            Window(name=name, begin=time.fromisoformat(begin), end=time.fromisoformat(end), zone="UTC")
            for name, begin, end in given.get("windows", ())
        ),
        gates=GateRule(off=tuple(given.get("off", ())), patience=given.get("patience", 1800.0)),
    )


class ToyGate:
    """Green while there is no flag ``red-NAME``; its baseline is the flag ``level``."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self._world = world

    async def baseline(self) -> Any:
        if self._world.flagged(f"silent-{self.name}"):
            raise Unreachable("nobody answers", system="toy")
        return {"level": self._world.flagged("level")}

    async def look(self, baseline: Any) -> CheckResult:
        self._world.write("look", self.name)
        if self._world.flagged(f"silent-{self.name}"):
            raise Unreachable("nobody answers", system="toy")
        text = self._world.flagged(f"red-{self.name}")
        return CheckResult(name=self.name, ok=not text, text=text or f"fine, level was {baseline['level']}")


def gates(connection: Connection) -> Sequence[Gate]:
    """One for every name in the flag ``gates``."""
    return [ToyGate(connection.world, name) for name in connection.world.flagged("gates").split()]


PLUGIN = Plugin(
    name="toy", title="Toy", layer=Layer.COMPUTE, options=Options, connect="", kinds=(), sources=(),
    gates="tests.workflow.toy:gates",
)  # fmt: skip


class Session:
    """The part of a session that the engine needs, for one site with one system."""

    def __init__(self, world: World, site: str = "lab") -> None:
        self.sites = (rules(world, site),)
        self._connection = Connection(world)
        self.opened = 1

    async def connection(self, site: str, system: str) -> Any:
        if self._connection.world.flagged("no-connection"):
            raise Unreachable("refused", system=system)
        if self._connection.lost:
            self._connection = Connection(self._connection.world)
            self.opened += 1
        return self._connection

    def system_of(self, site: str, plugin: str) -> str:
        if plugin != "toy":
            raise Unsupported(f"no system of {plugin}")
        return "toy"

    async def silencers(self, site: str) -> Sequence[Silencer]:
        return ()

    def offering(self, site: str, *capabilities: str) -> Sequence[tuple[str, Plugin]]:
        return [("toy", PLUGIN)] if "gates" in capabilities and self._connection.world.flagged("gates") else ()

    def racks(self, site: str) -> Mapping[str, Sequence[str]]:
        return {}


async def drain(run: Run) -> None:
    """Checks, an effect with undo, a fan-out, a wait, a verification, a last effect."""
    host, pause = str(run.values["host"]), float(run.values["pause"] or 0)

    def toy() -> Any:
        return run.system("toy")

    names = await run.read("servers", lambda: toy().look())
    await run.touches(servers=len(names))

    async def allowed() -> CheckResult:
        world: World = toy().world
        text = world.flagged("forbidden")
        return CheckResult(name="allowed", ok=not text, text=text or "it is", hint="ask somebody")

    await run.check("allowed", allowed)
    await run.check("second", allowed)
    await run.step(
        "disable",
        do=lambda: toy().act(f"disable/{host}", pause),
        command=["toy", "disable", host, "--reason", f"hsops:{run.id} it's maintenance"],
        undo=lambda: toy().act(f"enable/{host}", pause),
        undo_command=["toy", "enable", host],
        text=f"disable {host}",
    )
    await run.step("mark", do=lambda: toy().act("mark"), command=["toy", "mark"], undo=lambda: toy().act("unmark"))

    async def move(item: Item, progress: Progress) -> Outcome:
        progress("on its way", fraction=0.5, left=512.0)
        await toy().act(f"move/{item.key}", pause)
        return Outcome(status="done", text="moved")

    items = [Item(key=name, title=f"server {name}", command=["toy", "move", name]) for name in names]
    ends = await run.each("move", items, move, limit=int(run.values["limit"] or 2))
    await run.note(f"{sum(end.status == 'done' for end in ends.values())} moved")

    async def empty() -> Sample:
        left = len(names) - sum(what.startswith("move/") for what in toy().world.did())
        allowed_left = sum(end.status == "skipped" for end in ends.values())
        return Sample(done=left <= allowed_left, text=f"{left} left", left=float(left))

    await run.wait("empty", empty, timeout=30.0, every=0.05)

    async def proven() -> CheckResult:
        text = toy().world.flagged("unproven")
        return CheckResult(name="proof", ok=not text, text=text or "nothing runs there")

    await run.verify("proof", proven)
    await run.step("finish", do=lambda: toy().act("finish"), command=["toy", "finish"])


async def asking(run: Run) -> None:
    """Asks a question without a safe default."""
    choice = Choice(key="vm-1", title="server vm-1", why="it has a local disk", options=("cold", "leave"))
    answer = (await run.choose([choice]))["vm-1"]
    await run.step(answer, do=lambda: run.system("toy").act(answer), command=["toy", answer])


async def waiting(run: Run) -> None:
    """Waits for a flag."""

    async def there() -> Sample:
        world: World = run.system("toy").world
        left = world.flagged("left")
        return Sample(done=bool(world.flagged("arrived")), text="not yet", left=float(left) if left else None)

    await run.step("begin", do=lambda: run.system("toy").act("begin"), command=["toy", "begin"],
                   undo=lambda: run.system("toy").act("unbegin"))  # fmt: skip
    sample = await run.wait(
        "arrival", there, timeout=float(run.values["timeout"]), every=0.02, stuck_after=float(run.values["stuck"])
    )
    await run.note(sample.text)


async def broken(run: Run) -> None:
    """Has a fault of its own after its first effect."""
    await run.step("begin", do=lambda: run.system("toy").act("begin"), command=["toy", "begin"],
                   undo=lambda: run.system("toy").act("unbegin"))  # fmt: skip
    raise KeyError("a fault of the author")


async def late(run: Run) -> None:
    """Checks again when something was changed already."""

    async def allowed() -> CheckResult:
        text = run.system("toy").world.flagged("forbidden")
        return CheckResult(name="still", ok=not text, text=text)

    await run.step("begin", do=lambda: run.system("toy").act("begin"), command=["toy", "begin"],
                   undo=lambda: run.system("toy").act("unbegin"), undo_command=["toy", "unbegin"])  # fmt: skip
    await run.check("still", allowed)
    await run.step("end", do=lambda: run.system("toy").act("end"), command=["toy", "end"])


STEPS = ("one", "two", "three")
"""Of `chain`; a test changes them, as a new version of hsops would."""


async def chain(run: Run) -> None:
    """Steps that can be taken back, one after the other."""
    for name in STEPS:
        await run.step(
            name,
            do=lambda name=name: run.system("toy").act(name),  # type: ignore[misc] # mypy does not see a lambda's default
            command=["toy", name],
            undo=lambda name=name: run.system("toy").act(f"un{name}"),  # type: ignore[misc] # as above
            undo_command=["toy", "un" + name],
        )


async def changed(run: Run) -> None:
    """Is another one when it is replayed: a version that was changed while its run was stopped."""
    if run.system("toy").world.flagged("changed"):
        await run.read("something else", run.system("toy").look)
    await late(run)


async def steps(run: Run) -> None:
    """Many steps and nothing in them: for measuring."""

    async def nothing() -> None:
        return None

    for number in range(int(run.values["count"])):
        await run.step(f"step-{number}", do=nothing, command=["true"])


async def rolling(run: Run) -> None:
    """Hosts one after the other, with a gate before each but the first."""
    for number in range(int(run.values["count"])):
        if number:
            await run.gate(f"before {number}")
        do = partial(_act, run, f"host/{number}", float(run.values["pause"] or 0))
        undo = partial(_act, run, f"unhost/{number}")
        await run.step(f"host-{number}", do=do, command=["toy", "host", str(number)], undo=undo)


async def _act(run: Run, what: str, seconds: float = 0.0) -> None:
    await run.system("toy").act(what, seconds)


async def fan(run: Run) -> None:
    """Many items that can be taken back."""

    async def one(item: Item, progress: Progress) -> Outcome:
        await run.system("toy").act(item.key)
        return Outcome(status="done")

    items = [Item(key=f"i-{number}", title="", undo_command=["undo"]) for number in range(int(run.values["count"]))]
    limit = int(run.values["limit"] or 4)
    await run.each("fan", items, one, limit=limit, undo=lambda item: run.system("toy").act(f"back/{item.key}"))
    await run.step("last", do=lambda: run.system("toy").act("last"), command=["true"])


def _workflow(name: str, *inputs: Input) -> Workflow:
    return Workflow(
        name=f"toy.{name}",
        title=f"Toy {name}",
        summary="a toy",
        run=f"tests.workflow.toy:{name}",
        inputs=inputs,
        systems=("toy",),
        target=lambda values: f"host/{values['host']}" if values.get("host") else "",
    )


_HOST = Input(name="host", title="Host", required=True)
_COUNT = Input(name="count", title="How many", type="int", default="10")
_LIMIT = Input(name="limit", title="At a time", type="int", default="2")
WORKFLOWS: Mapping[str, Workflow] = {
    workflow.name: workflow
    for workflow in (
        _workflow("drain", _HOST, Input(name="pause", title="Pause", type="duration", default="0"), _LIMIT),
        _workflow("asking"),
        _workflow(
            "waiting",
            Input(name="timeout", title="Time-out", type="duration", default="30"),
            Input(name="stuck", title="Stuck after", type="duration", default="30"),
        ),
        _workflow("broken"),
        _workflow("late"),
        _workflow("changed"),
        _workflow("chain", Input(name="host", title="Host")),
        _workflow("steps", _COUNT),
        _workflow("rolling", _COUNT, Input(name="pause", title="Pause", type="duration", default="0")),
        _workflow("fan", _COUNT, _LIMIT),
    )
}


def workflow(name: str) -> Workflow:
    """The workflow of that name."""
    try:
        return WORKFLOWS[name]
    except KeyError:
        raise UserError(f"no workflow {name}") from None
