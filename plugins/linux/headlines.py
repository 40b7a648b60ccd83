"""The hosts' phrases on the overview."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.api import Headline, Health, Lookup
from hsops.plugins.linux.host import Host


def headlines(rows: Lookup) -> Sequence[Headline]:
    """Worst first; a line of plain facts when all is well."""
    hosts: Sequence[Host] = rows(Host.KIND)
    away = [host for host in hosts if host.trouble]
    failed = sum(len(host.facts.failed or ()) for host in hosts if host.facts and not host.trouble)
    waiting = sum(bool(host.facts and host.facts.pending) for host in hosts)
    found = [Headline(max(host.health() for host in away), _silent(away), Host.KIND)] if away else []
    sick = [host for host in hosts if not host.trouble and host.health() > Health.UNKNOWN]
    if sick:
        found.append(Headline(max(host.health() for host in sick), f"{len(sick)} of {len(hosts)} hosts are not well",
                              Host.KIND))  # fmt: skip
    if failed:
        found.append(Headline(Health.WARN, f"{failed} units failed", Host.KIND))
    if waiting:
        found.append(Headline(Health.OK, f"{waiting} hosts wait for a reboot", Host.KIND))
    found.sort(key=lambda line: -line.health)
    return found or [Headline(Health.OK, f"{len(hosts)} hosts are well", Host.KIND)]


def _silent(hosts: Sequence[Host]) -> str:
    shown = ", ".join(host.name for host in hosts[:3])
    what = "host does not answer" if len(hosts) == 1 else "hosts do not answer"
    return f"{len(hosts)} {what}: {shown}" + (" …" if len(hosts) > 3 else "")
