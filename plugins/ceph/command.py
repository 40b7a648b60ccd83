"""Commands to the cluster, as values: the same one speaks to librados and stands on a command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = "str | int | float | Sequence[str | int]"


@dataclass(frozen=True, slots=True)
class Command:
    """One command. The values of `args`, in their order, are the words of the ``ceph`` command line."""

    prefix: str
    args: Mapping[str, Value] = field(default_factory=dict)
    manager: bool = False
    """Answered by the active manager, not by the monitors."""
    json: bool = True
    """Whether the answer is wanted as JSON."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Arguments that are named on the command line: ``--ceph-version 18.2.4``."""
    flags: tuple[str, ...] = ()
    """Switches: ``force`` is ``--force``."""

    def request(self) -> dict[str, Any]:
        """As librados takes it."""
        asked: dict[str, Any] = {"prefix": self.prefix, **self.args, **self.options, **dict.fromkeys(self.flags, True)}
        if self.json:
            asked["format"] = "json"
        return asked

    def argv(self, program: Sequence[str] = ("ceph",)) -> tuple[str, ...]:
        """As a command line."""
        tail = ("--format", "json") if self.json else ()
        return (*program, *self._all(), *tail)

    def line(self) -> tuple[str, ...]:
        """As a person types it: without the format that only a program wants."""
        return ("ceph", *self._all())

    def __str__(self) -> str:
        return " ".join(self.line())

    def _all(self) -> Iterator[str]:
        yield from self.prefix.split()
        yield from _words(self.args)
        for name, value in self.options.items():
            yield from (_option(name), value)
        yield from map(_option, self.flags)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _words(args: Mapping[str, Value]) -> Iterator[str]:
    for value in args.values():
        if isinstance(value, str | int | float):
            yield str(value)
        else:
            yield from map(str, value)


STATUS = Command("status")
HEALTH = Command("health", {"detail": "detail"})
VERSIONS = Command("versions")
NODES = Command("node ls")
OSD_TREE = Command("osd tree")
OSD_DUMP = Command("osd dump")
OSD_DF = Command("osd df", manager=True)
OSD_PERF = Command("osd perf", manager=True)
CRUSH_RULES = Command("osd crush rule dump")
POOL_STATS = Command("osd pool stats", manager=True)
DF = Command("df", {"detail": "detail"})
PGS = Command("pg dump", {"dumpcontents": ("pgs_brief",)}, manager=True)


def osd_metadata(osd: int) -> Command:
    """Hardware and versions of one OSD."""
    return Command("osd metadata", {"id": osd})


def pgs_led_by(osd: int) -> Command:
    """Everything the manager knows of the placement groups that an OSD leads."""
    return Command("pg ls-by-primary", {"osd": osd}, manager=True)


def osd_out(osd: int) -> Command:
    """Take an OSD out: its data move elsewhere."""
    return Command("osd out", {"ids": (str(osd),)}, json=False)


def osd_in(osd: int) -> Command:
    """Take an OSD back in: data move to it."""
    return Command("osd in", {"ids": (str(osd),)}, json=False)


def flag_set(flag: str) -> Command:
    """Set a flag for the whole cluster."""
    return Command("osd set", {"key": flag}, json=False)


def flag_unset(flag: str) -> Command:
    """Take a flag of the whole cluster away."""
    return Command("osd unset", {"key": flag}, json=False)


def group_set(flag: str, node: str) -> Command:
    """Set a flag for one CRUSH node."""
    return Command("osd set-group", {"flags": flag, "who": (node,)}, json=False)


def group_unset(flag: str, node: str) -> Command:
    """Take a flag of one CRUSH node away."""
    return Command("osd unset-group", {"flags": flag, "who": (node,)}, json=False)
