"""The authoring side of workflows: what a runbook written in Python calls. The engine implements `Run`.

A workflow is an async function ``(run: Run) -> None`` that reads like its runbook::

    async def drain(run: Run) -> None:
        vms = await run.read("servers", list_servers)
        await run.check("neutron.up", neutron_answers)
        await run.step("disable", do=disable, undo=enable, command=[...], undo_command=[...])
        await run.each("live-migrate", items, move, limit=2)
        await run.verify("empty", host_is_empty)

Rules the engine relies on (ENGINE.md):

- The function is replayed after a crash: between calls of `run` it must be deterministic. Everything it learns from
  the world comes through `read`, `check`, `choose`, `step`, `each`, `wait`, whose answers are journalled.
- Answers are JSON values (None, bool, int, float, str, list, dict with str keys). Branch on values, not on exceptions.
- `do` and `undo` look first (is it already gone, already disabled by us?) and then act: after a crash the call in
  flight happens again.
- In plan mode the same function runs: reads and checks happen, effects are written down and not done; `step` gives its
  `planned` value and `each` an empty mapping.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from hsops.plugin import CheckResult, Silencer

Json: TypeAlias = "bool | int | float | str | list[Any] | dict[str, Any] | None"
T = TypeVar("T", bound=Json)
Effect: TypeAlias = Callable[[], Awaitable[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of a fan-out. `command` is its exact equivalent command; `data` is JSON and reaches the effect."""

    key: str
    title: str
    command: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    undo_command: Sequence[str] = ()
    """What the fan-out's `undo` does to this item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A question about one item that needs a person: how to treat what cannot move by itself."""

    key: str
    title: str
    why: str
    options: tuple[str, ...]
    default: str = ""
    """Empty: there is no safe default, the run refuses to start without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one item of a fan-out ended: ``done``, ``failed`` or ``skipped``, and in one sentence why."""

    status: str
    text: str = ""


class Progress(Protocol):
    """Handed to the effect of an item: tells how far it is. `fraction` 0..1 or None when not known."""

    def __call__(self, text: str, *, fraction: float | None = None, left: float | None = None) -> None:
        """`left` is what remains in a unit of the caller's (bytes): its trend is watched and drawn."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a wait sees at one look: whether it is over, a sentence, and a number that should fall."""

    done: bool
    text: str
    left: float | None = None


class Run(Protocol):
    """One run of a workflow, as its author sees it."""

    @property
    def id(self) -> str:
        """Short id, unique on the store; goes into reasons and comments."""
        ...

    @property
    def site(self) -> str:
        """Name of the site it works on."""
        ...

    @property
    def values(self) -> Mapping[str, Any]:
        """The inputs, checked and converted by their declared types."""
        ...

    @property
    def planning(self) -> bool:
        """Whether only the plan is made."""
        ...

    @property
    def author(self) -> str:
        """Who started it: user@host."""
        ...

    def system(self, plugin: str) -> Any:
        """The open connection to the site's system of that plugin. Use it only inside reads, checks and effects.

        Raises Unsupported when the site has none or it cannot be reached.
        """
        ...

    def silencers(self) -> Sequence[Silencer]:
        """Every system of the site that can mute alerts; empty when there is none."""
        ...

    def maintenances(self) -> Sequence[tuple[str, HostMaintenance]]:
        """System's name and its part, for every system of the site that can take a host out of service.

        In the order of leaving: what tenants see first (servers, pods), then the network, then storage, last the
        machine itself. Only for a workflow that says `spans`. A system that did not answer as the run began is not
        among them: its check ``system.NAME`` failed and was forced.
        """
        ...

    def host_system(self) -> HostSystem:
        """What upgrades and reboots the hosts themselves. Only for a workflow that says `spans`.

        Raises Unsupported when no system of the site can.
        """
        ...

    async def racks(self) -> Mapping[str, Sequence[str]]:
        """Names of the hosts in each rack: what the site file says, else what the site's systems say. Journalled."""
        ...

    async def read(self, name: str, look: Callable[[], Awaitable[T]]) -> T:
        """Learn something from the world; journalled, so a replay sees the same."""
        ...

    async def check(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> bool:
        """A named check before anything is changed; gives whether it holds.

        A failed one refuses the run (exit 3, nothing changed) unless forced on its own with a reason; all checks run
        before the run is refused. `name` is what ``--force`` takes.
        """
        ...

    async def choose(self, choices: Sequence[Choice]) -> Mapping[str, str]:
        """Answers per item key: given with ``--choice KEY=OPTION`` or in the form, else the defaults."""
        ...

    async def touches(self, **numbers: int | str) -> None:
        """What the run touches, for the plan's head: ``servers=19, projects=4``."""
        ...

    async def step(
        self,
        name: str,
        *,
        do: Effect,
        command: Sequence[str],
        undo: Effect | None = None,
        undo_command: Sequence[str] = (),
        text: str = "",
        planned: Json = None,
    ) -> Any:
        """One effect. With `undo` it is compensated, in reverse order, when the run is backed out."""
        ...

    async def each(
        self,
        name: str,
        items: Sequence[Item],
        do: Callable[[Item, Progress], Awaitable[Outcome]],
        *,
        limit: int = 1,
        text: str = "",
        undo: Callable[[Item], Awaitable[Json]] | None = None,
    ) -> Mapping[str, Outcome]:
        """An effect on every item, at most `limit` at a time; each item's end is journalled.

        Items that failed are put to the operator (retry, skip, back out); without one the run stops resumable. With
        `undo` the items that were begun are taken back, in reverse, when the run is backed out.
        """
        ...

    async def wait(
        self,
        name: str,
        look: Callable[[], Awaitable[Sample]],
        *,
        timeout: float,  # noqa: ASYNC109 - the engine's durable time-out, not the event loop's
        every: float = 2.0,
        stuck_after: float = 300.0,
    ) -> Sample:
        """Look until it is done. Fails at the time-out, or when `left` has not fallen for `stuck_after` seconds."""
        ...

    async def verify(self, name: str, look: Callable[[], Awaitable[CheckResult]]) -> None:
        """Proof after the effects; a failed one fails the run (resumable), it is never forced."""
        ...

    async def gate(self, name: str) -> None:
        """Between two parts of long work (hosts, batches): go on only while the site is well and the window is open.

        Looks at every gate of the site against what held as the run began. While one is red the run waits and says
        why; a person may waive it with a reason. At the end of the maintenance window the run pauses here.
        """
        ...

    async def commit(self) -> None:
        """What was done until here stays: backing out takes back only what comes after. A host of many is through."""
        ...

    async def note(self, text: str) -> None:
        """A sentence for the log and the report."""
        ...


class HostMaintenance(Protocol):
    """Capability: one system's part in taking a host out of service and back, for the workflows that span layers.

    Written like a workflow: everything goes through `run`, so it is planned, journalled and compensated like one.
    """

    async def role(self, run: Run, host: str) -> str:
        """What the host is to this system, in a phrase (``hypervisor with 19 servers``); empty when it is nothing."""
        ...

    async def checks(self, run: Run, host: str) -> None:
        """Reads, named checks, choices and what is touched. No effect: every system's checks come before any effect."""
        ...

    async def enter(self, run: Run, host: str) -> None:
        """Take the host out of service, each effect with its undo."""
        ...

    async def verify(self, run: Run, host: str) -> None:
        """Proof that this system has nothing running there any more."""
        ...

    async def leave(self, run: Run, host: str) -> None:
        """Bring the host back, and wait until this system is well with it again."""
        ...


class HostSystem(Protocol):
    """Capability: the hosts' own operating systems, for the workflows that upgrade and reboot them.

    Written against `Run` like a part. `upgrade` and `reboot` work on the hosts of a batch at the same time, one item
    of a fan-out each.
    """

    async def identity(self, run: Run, host: str) -> Mapping[str, str]:
        """Journalled: ``boot_id``, ``machine_id``, ``hostname``, ``kernel``, what of it is known.

        Raises NotFound for a host that is none of this system's.
        """
        ...

    async def updates(self, run: Run, host: str) -> Sequence[str]:
        """What an upgrade would install, by a dry run: a phrase for each (``libc6 2.36-9 -> 2.36-10``). Journalled."""
        ...

    async def upgrade(self, run: Run, hosts: Sequence[str]) -> Mapping[str, Outcome]:
        """Install them. A run that is interrupted and goes on waits for the installation that is under way."""
        ...

    async def reboot(self, run: Run, hosts: Sequence[str], *, kernel: str = "") -> Mapping[str, Outcome]:
        """Reboot, and prove each: it was away, its boot id is another, it runs the kernel wanted, nothing new failed.

        `kernel`: a version or its beginning; empty: the newest that is installed, as far as that is known.
        """
        ...
