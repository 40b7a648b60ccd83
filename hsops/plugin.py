"""The plugin contract: what a plugin declares and what it may be asked. Values and protocols, no I/O.

A plugin is one frozen `Plugin` value named ``PLUGIN`` in its package. Places that need a client library or heavy code
are named by a ``"module:attribute"`` string and imported when used, so that reading every manifest stays cheap.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import msgspec

from hsops.model import Batch, Headline, Kind, Layer, Ref, Resource, SystemHealth

Target: TypeAlias = str
"""``"package.module:attribute"``, imported when used."""


class Options(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of a plugin's settings in the site file. Subclass it; every field has a type, most have a default.

    A field of type `Secret` is a reference in the file and is resolved by `Context.secret` when it is needed.
    """


class Secret(msgspec.Struct, frozen=True):
    """A reference to a secret: ``{env: NAME}``, ``{file: PATH}`` or ``{command: [ARGV…]}``. Never the value."""

    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = None

    def __str__(self) -> str:
        if self.env is not None:
            return f"env:{self.env}"
        if self.file is not None:
            return f"file:{self.file}"
        return "command:" + (self.command[0] if self.command else "")


class Context(Protocol):
    """What `connect` gets beside its options."""

    @property
    def site(self) -> str:
        """Name of the site."""
        ...

    @property
    def system(self) -> str:
        """The site file's name of this system; goes into every error."""
        ...

    @property
    def tier(self) -> str:
        """prod, staging or lab."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds one call may take."""
        ...

    def path(self, name: str) -> Path:
        """A path of the site file: ``~`` expanded, relative ones taken from the site file's folder."""
        ...

    async def secret(self, secret: Secret) -> str:
        """The value of a secret reference. Raises AuthFailed with the reference's name when it cannot be had."""
        ...


class Connection(Protocol):
    """An open connection to one system. Methods that a plugin adds are its own business.

    A connection that cannot recover by itself has an attribute `lost` that is true then: a new one is opened.
    """

    async def health(self) -> SystemHealth:
        """One cheap call that tells whether the system answers and how it is."""
        ...

    async def aclose(self) -> None:
        """Close everything; never raises."""
        ...


Poll: TypeAlias = Callable[[Any, Any], Awaitable[Batch]]
"""``async (connection, cursor) -> Batch``; the cursor is None when a full list is wanted."""
Watch: TypeAlias = Callable[[Any], Any]
"""``async def (connection)`` that yields batches; the first is full; its end or an error means: start again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where rows come from. One source may feed several kinds when the system answers them in one call."""

    kinds: tuple[str, ...]
    poll: Poll | None = None
    watch: Watch | None = None
    every: float = 5.0
    """Seconds between polls while somebody looks at one of the kinds."""
    background: float = 30.0
    """Seconds between polls for overview, graph and change log."""
    relist: float = 300.0
    """Seconds after which a source with a cursor is listed fully again."""


class Lookup(Protocol):
    """Read access to the last known rows of one system."""

    def __call__(self, kind: str) -> Sequence[Any]:
        """The resources of a kind; empty when not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """What Enter opens on a row: `kind`, narrowed to the rows for which `match(row, other)` holds."""

    kind: str
    match: Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """How a kind is shown. `special` names a drawing that `screens` has (``pg-map``); `feed` gives it its data."""

    kind: str
    sort: str = ""
    """Column name, ``-name`` for descending; empty: worst health first, then name."""
    drill: Drill | None = None
    special: str = ""
    feed: Callable[[Lookup], Any] | None = None


class Danger(enum.IntEnum):
    """What an action can do to others."""

    SAFE = 0
    DISRUPTIVE = 1
    DESTRUCTIVE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One field of a form and one ``--name`` of `hsops run`."""

    name: str
    title: str
    type: str = "text"
    """text, int, duration (``2h``; seconds inside), bool, choice, ref (an id of `kind`)."""
    default: str = ""
    required: bool = False
    kind: str = ""
    """With type ref: live candidates are the rows of this kind."""
    choices: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One call on one resource, offered on the rows of its kinds."""

    name: str
    """``silence.expire``"""
    title: str
    kinds: tuple[str, ...]
    danger: Danger
    run: Target
    """``async (connection, resource, values: Mapping[str, Any]) -> str``: what happened, in one sentence."""
    command: Callable[[Any, Mapping[str, Any]], Sequence[str]]
    """The exact equivalent command as argv, shown before it happens."""
    key: str = ""
    inputs: tuple[Input, ...] = ()
    undo: str = ""
    enabled: Callable[[Any], str] | None = None
    """Empty when it may run on the resource, else why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A guided workflow: planned, approved, durable, reversible. `run` is ``async (run: Run) -> None``."""

    name: str
    """``hypervisor.drain``"""
    title: str
    summary: str
    run: Target
    inputs: tuple[Input, ...] = ()
    kinds: tuple[str, ...] = ()
    """On whose rows it is offered; the row's id fills the first input of that kind."""
    target: Callable[[Mapping[str, Any]], str] = field(default=lambda values: "")
    """What it works on, for mutual exclusion: ``host/cmp-001``."""
    key: str = ""
    danger: Danger = Danger.DISRUPTIVE
    systems: tuple[str, ...] = ()
    """Plugins that it cannot do without."""
    spans: bool = False
    """It works through every system of the site that can take a host out of service (`Run.maintenances`).

    Their connections are opened beside those of `systems`; one that does not answer is the failed check
    ``system.NAME``, and is left out when that is forced."""


class Silencer(Protocol):
    """Capability: mute alerts for a maintenance. Times are epoch seconds."""

    async def affected(self, host: str) -> Sequence[str]:
        """Names of the alerts that fire for the host now."""
        ...

    async def command(self, host: str, *, seconds: float, comment: str, author: str) -> Sequence[str]:
        """The exact equivalent command of `create`, for the plan. It asks the system: call it inside `Run.read`."""
        ...

    async def create(self, host: str, *, until: float, comment: str, author: str) -> str:
        """Silence everything about the host; gives the silence's id. A silence with this comment is taken over."""
        ...

    async def extend(self, silence: str, *, until: float) -> str:
        """Move the end; gives the id, which may be a new one."""
        ...

    async def expire(self, silence: str) -> None:
        """End it; one that has ended already is fine."""
        ...


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """Verdict of one named check."""

    name: str
    ok: bool
    text: str
    hint: str = ""
    warning: bool = False


class Gate(Protocol):
    """Capability: one live truth that long work looks at between its steps: no new alert, Ceph clean, APIs answer."""

    @property
    def name(self) -> str:
        """``alerts.new``: shown, and what a person waives."""
        ...

    async def baseline(self) -> Any:
        """What holds as the run begins, as JSON; kept by the run and handed to `look`."""
        ...

    async def look(self, baseline: Any) -> CheckResult:
        """Whether the work may go on now."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A system that `site init` found on this machine: the mapping for the site file and where it was found."""

    system: Mapping[str, Any]
    origin: str


class QualityStatus(enum.Enum):
    """State of one rule of the quality scale."""

    DONE = "done"
    EXEMPT = "exempt"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the quality scale and how the plugin stands to it; an exemption carries its reason."""

    name: str
    status: QualityStatus
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Where a plugin stands: bronze, silver or gold, with every rule."""

    level: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """Everything hsops knows of a system."""

    name: str
    title: str
    layer: Layer
    options: type[Options]
    connect: Target
    """``async (options, context) -> Connection``.

    Raises only Unreachable (retry), AuthFailed (stop and ask), Forbidden, BadAnswer and Unsupported (report)."""
    kinds: tuple[Kind, ...]
    sources: tuple[Source, ...]
    panels: tuple[Panel, ...] = ()
    headlines: Callable[[Lookup], Sequence[Headline]] | None = None
    """Phrases for the overview, worst first; without it: a count by health for every kind."""
    raw: Target = ""
    """``async (connection, ref) -> Mapping``: the whole object as the system has it, for the YAML view."""
    actions: tuple[Action, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    discover: Target = ""
    """``(env: Mapping[str, str], home: Path) -> Sequence[Found]``: for `site init`; must not connect."""
    series: Target = ""
    """``async (connection, ref, seconds) -> Mapping[str, Sequence[float]]``: sparklines about an anchor or resource."""
    silencer: Target = ""
    """``(connection) -> Silencer``"""
    maintenance: Target = ""
    """A `hsops.runbook.HostMaintenance`: this system's part in the workflows that take a host out of service."""
    host_system: Target = ""
    """A `hsops.runbook.HostSystem`: the hosts' own operating systems, to upgrade and reboot them."""
    gates: Target = ""
    """``(connection) -> Sequence[Gate]``"""
    racks: Target = ""
    """``async (connection) -> Mapping[str, Sequence[str]]``: names of the hosts in each rack, as this system has it."""
    simulator: Target = ""
    """``module:class`` of the face that speaks this system's protocol for the simulated site."""
    quality: Quality = Quality(level="bronze")

    def kind(self, name: str) -> Kind:
        """The kind of that full name. Raises KeyError."""
        for kind in self.kinds:
            if kind.name == name:
                return kind
        raise KeyError(name)


__all__ = [
    "Action", "CheckResult", "Connection", "Context", "Danger", "Drill", "Found", "Gate", "Input", "Lookup",
    "Options", "Panel", "Plugin", "Poll", "Quality", "QualityStatus", "Ref", "Resource", "Rule", "Secret", "Silencer",
    "Source", "Target", "Watch", "Workflow",
]  # fmt: skip
