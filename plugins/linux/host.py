"""A host as its own operating system sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, same
from hsops.plugins.linux.probe import Facts

FULL, NEARLY = 0.95, 0.85
"""Parts of a file system from which it is critical, or worth a look."""


class Host(Resource, kw_only=True):
    """One host. `trouble`: why it could not be asked; then its facts are the last ones known."""

    KIND: ClassVar[str] = "linux.host"

    name: str
    address: str = ""
    trouble: str = ""
    refused: bool = False
    """It answers, but does not let us in or is not the one we know."""
    facts: Facts | None = None
    booted: datetime | None = None

    def key(self) -> str:
        return self.name

    @property
    def fullest(self) -> float | None:
        """Fill of the fullest file system."""
        return max((one.fill for one in self.facts.file_systems), default=None) if self.facts else None

    @property
    def used(self) -> float | None:
        """Part of the memory that is in use."""
        if self.facts is None or not self.facts.memory or self.facts.available is None:
            return None
        return 1 - self.facts.available / self.facts.memory

    @property
    def bad_disks(self) -> tuple[str, ...]:
        """Disks that say themselves that they fail."""
        return tuple(disk for disk in self.facts.disks if "FAIL" in disk.upper()) if self.facts else ()

    def health(self) -> Health:
        """Critical: away, a full file system, a failing disk. A reboot or updates that wait are no illness."""
        if self.trouble:
            return Health.WARN if self.refused else Health.CRITICAL
        if self.facts is None:
            return Health.UNKNOWN
        fill = self.fullest or 0.0
        if fill >= FULL or self.bad_disks:
            return Health.CRITICAL
        is_warned = bool(self.facts.failed) or self.facts.synced is False or fill >= NEARLY
        return Health.WARN if is_warned else Health.OK

    @property
    def word(self) -> str:
        """The worst in a few words."""
        if self.trouble:
            return "refused" if self.refused else "away"
        if self.facts is None:
            return "not asked"
        return ", ".join(self._words(self.facts)) or "well"

    def _words(self, facts: Facts) -> Iterable[str]:
        yield from (f"{disk.split()[0]} fails" for disk in self.bad_disks)
        yield from (f"{one.mount} {one.fill:.0%}" for one in facts.file_systems if one.fill >= NEARLY)
        if facts.failed:
            yield f"{len(facts.failed)} failed"
        if facts.synced is False:
            yield "clock not synced"
        if facts.pending:
            yield "reboot waits"

    def links(self) -> Iterable[Link]:
        yield same("host", self.name)

    def labels(self) -> Mapping[str, str]:
        found = {"os": self.facts.distribution, "kernel": self.facts.kernel} if self.facts else {}
        return {name: value for name, value in found.items() if value}


def booted_at(facts: Facts, now: datetime, known: datetime | None) -> datetime | None:
    """When it was booted, to the second; the one known before when it is the same but for the clocks' wobble."""
    if facts.uptime is None:
        return None
    moment = (now - timedelta(seconds=facts.uptime)).astimezone(UTC).replace(microsecond=0)
    return known if known is not None and abs((moment - known).total_seconds()) < 5 else moment


def _facts(host: Host) -> Facts:
    return host.facts or _NONE


_NONE = Facts()


def _of_load(host: Host) -> float | None:
    facts = _facts(host)
    return facts.load[0] / facts.cpus if facts.load and facts.cpus else None


def _count(items: tuple[str, ...] | None) -> int | None:
    return None if items is None else len(items)


CLOCK = {None: None, True: "synced", False: "not synced"}

KIND = Kind(
    name="linux.host",
    title="Linux host",
    plural="Linux hosts",
    aliases=("linux", "lx"),
    resource=Host,
    columns=(
        Column("name", "NAME", lambda host: host.name, priority=0, width=32),
        Column("state", "STATE", lambda host: State(host.health(), host.word), Format.STATE, priority=1, width=28),
        Column("kernel", "KERNEL", lambda host: _facts(host).kernel or None, priority=10, width=28),
        Column("booted", "UP", lambda host: host.booted, Format.AGE, priority=11, width=8),
        Column("load", "LOAD", _of_load, Format.BAR, priority=20, width=14, track=False),
        Column("memory", "MEMORY", lambda host: host.used, Format.BAR, priority=21, width=14, track=False),
        Column("disk", "FULLEST", lambda host: host.fullest, Format.BAR, priority=22, width=14, track=False),
        Column("failed", "FAILED", lambda host: _facts(host).failed, Format.LIST, priority=30, width=24),
        Column("updates", "UPDATES", lambda host: _count(_facts(host).updates), Format.COUNT, priority=15, width=8),
        Column("reboot", "REBOOT", lambda host: _facts(host).pending or None, priority=25, width=24),
        Column("os", "OS", lambda host: _facts(host).os or None, priority=40, width=32),
        Column("synced", "CLOCK", lambda host: CLOCK[_facts(host).synced], priority=45, width=10, wide=True),
        Column("disks", "DISKS", lambda host: _facts(host).disks, Format.LIST, priority=50, width=40, wide=True),
        Column("cpus", "CPUS", lambda host: _facts(host).cpus, Format.COUNT, priority=60, width=5, wide=True),
        Column("size", "RAM", lambda host: _facts(host).memory, Format.BYTES, priority=61, width=9, wide=True),
        Column("address", "ADDRESS", lambda host: host.address, priority=70, width=24, wide=True),
        Column("trouble", "TROUBLE", lambda host: host.trouble or None, priority=35, width=40, wide=True),
    ),
)
