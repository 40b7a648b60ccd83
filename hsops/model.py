"""The values everything else speaks: layers, health, resources, references, columns. No I/O here."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, TypeAlias

import msgspec


class Layer(enum.IntEnum):
    """The seven layers of the stack, numbered from the ground up."""

    COMPUTE = 1
    NETWORKING = 2
    STORAGE = 3
    ORCHESTRATION = 4
    OBSERVABILITY = 5
    SECURITY = 6
    TENANT = 7

    @property
    def title(self) -> str:
        """Name on the screens."""
        return _LAYER_TITLES[self]


_LAYER_TITLES = {
    Layer.COMPUTE: "compute foundation",
    Layer.NETWORKING: "networking",
    Layer.STORAGE: "storage",
    Layer.ORCHESTRATION: "orchestration",
    Layer.OBSERVABILITY: "observability",
    Layer.SECURITY: "security, identity",
    Layer.TENANT: "tenant services",
}


class Health(enum.IntEnum):
    """State of anything, ordered from well to worst so that `max()` is the worst.

    UNKNOWN ranks above MAINTENANCE: what nobody can see needs a look, what somebody took out on purpose does not.
    """

    OK = 0
    MAINTENANCE = 1
    UNKNOWN = 2
    WARN = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """Word on the screens and in `-o json`."""
        return self.name.lower()

    @property
    def symbol(self) -> str:
        """Symbol on the screens; colour is never alone."""
        return _SYMBOLS[self][0]

    @property
    def ascii(self) -> str:
        """Symbol where the terminal has ASCII only."""
        return _SYMBOLS[self][1]


_SYMBOLS = {
    Health.OK: ("✓", "+"),
    Health.WARN: ("!", "!"),
    Health.CRITICAL: ("✗", "x"),
    Health.MAINTENANCE: ("‖", "="),
    Health.UNKNOWN: ("?", "?"),
}


class Ref(NamedTuple):
    """A name for something, as plugins write it: ``openstack.server/7c1f…`` or an anchor ``host/cmp-001``.

    A kind with a dot belongs to a plugin; without one it is an anchor, which the core defines so that layers meet.
    """

    kind: str
    id: str

    @property
    def is_anchor(self) -> bool:
        """Whether this is a neutral meeting point and not a resource of a plugin."""
        return "." not in self.kind

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"


ANCHORS = ("host", "rack", "project", "volume", "ip", "fqdn", "certificate")
"""The neutral kinds: host/NAME, rack/NAME, project/ID, volume/ID, ip/ADDR, fqdn/NAME, certificate/SERIAL."""


class Key(NamedTuple):
    """The full address of a row: which site, which system of it (empty for an anchor), kind and id."""

    site: str
    system: str
    kind: str
    id: str

    @property
    def ref(self) -> Ref:
        """The name without site and system."""
        return Ref(self.kind, self.id)

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}"


class Relation(enum.Enum):
    """How a resource is tied to another."""

    DEPENDS = "depends on"
    """Suffers when the target fails: a server depends on its hypervisor."""
    IS = "is"
    """The same thing seen by another system: a hypervisor is a host."""
    ABOUT = "is about"
    """Tells of the target and does not suffer with it: an alert is about a host."""


class Link(NamedTuple):
    """One edge of the graph, from the resource that reports it."""

    relation: Relation
    target: Ref


def depends(kind: str, id: str) -> Link:  # noqa: A002 - the field's name in Ref
    """An edge "suffers with `kind`/`id`"."""
    return Link(Relation.DEPENDS, Ref(kind, id))


def same(kind: str, id: str) -> Link:  # noqa: A002 - the field's name in Ref
    """An edge "is `kind`/`id`, seen by another system"."""
    return Link(Relation.IS, Ref(kind, id))


def about(kind: str, id: str) -> Link:  # noqa: A002 - the field's name in Ref
    """An edge "tells of `kind`/`id`"."""
    return Link(Relation.ABOUT, Ref(kind, id))


class Resource(msgspec.Struct):
    """Base of everything a system reports: decoded straight from the wire, with just the fields shown.

    A plugin subclasses it, names its `KIND` and answers the questions below. Two resources that compare equal are
    the same state: the store publishes only differences. All text in it is untrusted.
    """

    KIND: ClassVar[str] = ""

    def key(self) -> str:
        """Id, unique among the resources of this kind in one system. Required."""
        raise NotImplementedError(type(self).__name__)

    def title(self) -> str:
        """The name a person uses; the id when there is none."""
        return self.key()

    def health(self) -> Health:
        """State for symbols, sorting and counts."""
        return Health.OK

    def links(self) -> Iterable[Link]:
        """Edges to other resources of the system and to anchors."""
        return ()

    def labels(self) -> Mapping[str, str]:
        """Labels, metadata or tags for `-l key=value`."""
        return {}


class State(NamedTuple):
    """A cell with a state of its own: symbol and colour of the health, then the system's own word."""

    health: Health
    word: str


Value: TypeAlias = "str | int | float | bool | datetime | State | tuple[str, ...] | None"
"""What a column may hold. None is "not known" and is never drawn as zero."""


class Format(enum.Enum):
    """How a value is drawn; the command line's json and csv always get the raw value."""

    TEXT = "text"
    STATE = "state"  # State
    COUNT = "count"  # int, grouped by thousands
    BYTES = "bytes"  # int bytes, binary units
    RATE = "rate"  # bytes a second
    PERCENT = "percent"  # fraction 0..1
    BAR = "bar"  # fraction 0..1: a bar with its number
    AGE = "age"  # datetime: how long ago; the exact UTC in detail
    DURATION = "duration"  # seconds
    LIST = "list"  # tuple of texts


@dataclass(frozen=True, slots=True)
class Column:
    """A column as data: what it is called, what it holds and how it is drawn; nobody but `screens` and `cli` draws.

    `name` is part of the contract with scripts (csv header, `-c`, `--sort-by`, json key): lower case, no spaces.
    """

    name: str
    title: str
    value: Callable[[Any], Value]
    format: Format = Format.TEXT
    priority: int = 50
    """Importance when the screen is narrow: 0 is never dropped, the highest goes first."""
    width: int = 40
    """Most cells it may take."""
    wide: bool = False
    """Only in wide mode (`-o wide`, ctrl-w)."""
    track: bool = True
    """Whether a change of it is written to the change log (off for counters that always move)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of resource: its names and columns. The first column is its name on the screens."""

    name: str
    """Full name, ``plugin.kind``: ``openstack.server``."""
    title: str
    """Singular for a person: ``server``."""
    plural: str
    aliases: tuple[str, ...] = ()
    """Short names for `:` and `get`: ``vm``, ``sv``."""
    resource: type[Resource]
    columns: tuple[Column, ...]
    quiet: bool = False
    """Changes of this kind stay out of the overview's timeline (PGs, counters)."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What one poll or one watch event brought.

    `full`: the batch is the whole truth for its source's kinds, rows that are not in it are gone. Otherwise it is a
    difference. `cursor` comes back to the next poll. `missing` says in words what a partial answer lacks.
    """

    upserts: Sequence[Resource] = ()
    removes: Sequence[Ref] = ()
    full: bool = False
    cursor: Any = None
    missing: tuple[str, ...] = ()


class Headline(NamedTuple):
    """One phrase of a system on the overview: ``48 hypervisors: 45 ✓ 2 ‖ 1 ✗``; `kind` is what Enter opens."""

    health: Health
    text: str
    kind: str = ""


class SystemHealth(NamedTuple):
    """Answer of a connection's `health()`: may say more than the rows do (lost quorum, a dead dependency)."""

    health: Health
    text: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the change log. `when` is epoch seconds; `field` empty: the row came (`new`) or went (`old`)."""

    when: float
    key: Key
    title: str
    field: str
    old: str
    new: str
    health: Health = Health.UNKNOWN
