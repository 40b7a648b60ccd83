"""Projects of keystone with their use of nova's quota."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import msgspec

from hsops.api import Column, Format, Health, Kind, Link, Resource, State, same

UNLIMITED = -1


class Limit(msgspec.Struct, gc=False):
    """One quota: ``-1`` is no limit; in use below zero is what the no-op quota driver answers."""

    limit: int = UNLIMITED
    in_use: int = -1
    reserved: int = 0


class Quota(msgspec.Struct):
    """Decoded from ``GET /os-quota-sets/ID/detail``."""

    instances: Limit = msgspec.field(default_factory=Limit)
    cores: Limit = msgspec.field(default_factory=Limit)
    ram: Limit = msgspec.field(default_factory=Limit)
    """MiB"""


class Project(Resource):
    """Decoded from ``GET /v3/projects``; the quota comes from nova."""

    KIND: ClassVar[str] = "openstack.project"

    id: str
    name: str = ""
    description: str | None = None
    enabled: bool = True
    domain_id: str | None = None
    parent_id: str | None = None
    is_domain: bool = False
    tags: list[str] = msgspec.field(default_factory=list)
    quota: Quota | None = None
    """None until nova was asked, or when it may not be asked."""

    def key(self) -> str:
        return self.id

    def title(self) -> str:
        return self.name or self.id

    def health(self) -> Health:
        if not self.enabled:
            return Health.MAINTENANCE
        return Health.WARN if any(use >= 1 for use in self._fractions()) else Health.OK

    def _fractions(self) -> Iterable[float]:
        quota = self.quota
        limits = () if quota is None else (quota.instances, quota.cores, quota.ram)
        return [use for limit in limits if (use := fraction(limit)) is not None]

    def links(self) -> Iterable[Link]:
        yield same("project", self.id)

    def labels(self) -> Mapping[str, str]:
        return dict.fromkeys(self.tags, "")


def fraction(limit: Limit) -> float | None:
    """Use of a limit; None without a limit or when the use is not known."""
    if limit.limit <= 0 or limit.in_use < 0:
        return None
    return (limit.in_use + max(0, limit.reserved)) / limit.limit


def _used(limit: Limit | None, unit: int = 1) -> int | None:
    return None if limit is None or limit.in_use < 0 else limit.in_use * unit


def _limit(limit: Limit | None, unit: int = 1) -> int | None:
    return None if limit is None or limit.limit < 0 else limit.limit * unit


def _part(project: Project, name: str) -> Limit | None:
    found: Limit | None = getattr(project.quota, name, None)
    return found


def _use(project: Project, name: str) -> float | None:
    part = _part(project, name)
    return None if part is None else fraction(part)


def _state(project: Project) -> State:
    word = "enabled" if project.enabled else "disabled"
    return State(project.health(), "quota full" if project.health() is Health.WARN else word)


PROJECT = Kind(
    name=Project.KIND,
    title="project",
    plural="projects",
    aliases=("tenant", "proj"),
    resource=Project,
    columns=(
        Column("name", "NAME", lambda p: p.title(), priority=0),
        Column("state", "STATE", _state, Format.STATE, priority=1),
        Column("servers", "SERVERS", lambda p: _used(_part(p, "instances")), Format.COUNT, priority=5),
        Column("servers-use", "OF QUOTA", lambda p: _use(p, "instances"), Format.BAR, priority=15),
        Column("vcpus", "VCPUS", lambda p: _used(_part(p, "cores")), Format.COUNT, priority=6),
        Column("vcpus-use", "OF QUOTA", lambda p: _use(p, "cores"), Format.BAR, priority=16),
        Column("ram", "RAM", lambda p: _used(_part(p, "ram"), 1 << 20), Format.BYTES, priority=7),
        Column("ram-use", "OF QUOTA", lambda p: _use(p, "ram"), Format.BAR, priority=17),
        Column("description", "DESCRIPTION", lambda p: p.description, priority=40, width=50),
        Column("servers-quota", "SERVERS MAX", lambda p: _limit(_part(p, "instances")), Format.COUNT, wide=True),
        Column("vcpus-quota", "VCPUS MAX", lambda p: _limit(_part(p, "cores")), Format.COUNT, wide=True),
        Column("ram-quota", "RAM MAX", lambda p: _limit(_part(p, "ram"), 1 << 20), Format.BYTES, wide=True),
        Column("domain", "DOMAIN", lambda p: p.domain_id, wide=True, priority=70),
        Column("id", "ID", lambda p: p.id, wide=True, priority=80),
    ),
)
