"""What the overview says of a cloud, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hsops.api import Headline, Health, Lookup
from hsops.plugins.openstack.kinds.hypervisor import Hypervisor
from hsops.plugins.openstack.kinds.migration import FAILED, Migration
from hsops.plugins.openstack.kinds.project import Project
from hsops.plugins.openstack.kinds.server import Server
from hsops.plugins.openstack.kinds.service import Service


def headlines(lookup: Lookup) -> Sequence[Headline]:
    """Hypervisors with the number of servers, then only what needs a look."""
    lines = [
        _hypervisors(lookup(Hypervisor.KIND), lookup(Server.KIND)),
        _servers(lookup(Server.KIND)),
        _services(lookup(Service.KIND)),
        _migrations(lookup(Migration.KIND)),
        _projects(lookup(Project.KIND)),
    ]
    return sorted((line for line in lines if line is not None), key=lambda line: -line.health)


def counts(states: Sequence[Health]) -> str:
    """``45 ✓ 2 ‖ 1 ✗``"""
    found = Counter(states)
    return " ".join(f"{found[health]:,} {health.symbol}" for health in Health if found[health])


def _plural(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _hypervisors(rows: Sequence[Hypervisor], servers: Sequence[Server]) -> Headline | None:
    if not rows:
        return None
    states = [row.health() for row in rows]
    text = f"{_plural(len(rows), 'hypervisor')}: {counts(states)}"
    if servers:
        text += f" · {_plural(len(servers), 'VM')}"
    return Headline(max(states), text, Hypervisor.KIND)


def _servers(rows: Sequence[Server]) -> Headline | None:
    states = Counter(row.health() for row in rows)
    if states[Health.CRITICAL]:
        return Headline(Health.CRITICAL, f"{_plural(states[Health.CRITICAL], 'server')} in ERROR", Server.KIND)
    if states[Health.WARN]:
        needs = "needs" if states[Health.WARN] == 1 else "need"
        return Headline(Health.WARN, f"{_plural(states[Health.WARN], 'server')} {needs} a look", Server.KIND)
    if states[Health.UNKNOWN]:
        return Headline(Health.UNKNOWN, f"{_plural(states[Health.UNKNOWN], 'server')} in state UNKNOWN", Server.KIND)
    return None


def _services(rows: Sequence[Service]) -> Headline | None:
    """Of the other services only those that are down: computes are told by their hypervisors."""
    down = [row for row in rows if not row.is_compute and row.health() is Health.CRITICAL]
    if not down:
        return None
    names = ", ".join(sorted({row.binary for row in down}))
    return Headline(Health.CRITICAL, f"{_plural(len(down), 'service')} down: {names}", Service.KIND)


def _migrations(rows: Sequence[Migration]) -> Headline | None:
    under_way = sum(row.under_way for row in rows)
    failed = sum(row.status in FAILED for row in rows)
    if not under_way and not failed:
        return None
    text = " · ".join(
        phrase
        for phrase in (
            _plural(under_way, "migration") + " under way" if under_way else "",
            f"{failed:,} failed lately" if failed else "",
        )
        if phrase
    )
    return Headline(Health.OK, text, Migration.KIND)


def _projects(rows: Sequence[Project]) -> Headline | None:
    full = sum(row.health() is Health.WARN for row in rows)
    return Headline(Health.WARN, f"{_plural(full, 'project')} at the quota's end", Project.KIND) if full else None
