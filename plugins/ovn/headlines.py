"""The phrases of the overview."""

from __future__ import annotations

from hsops.api import Headline, Health, Lookup
from hsops.plugins.ovn.kinds.chassis import Chassis
from hsops.plugins.ovn.kinds.gateway import Gateway
from hsops.plugins.ovn.kinds.port import Port


def headlines(lookup: Lookup) -> list[Headline]:
    """Gateway ports that are nowhere first, then chassis, gateways and ports."""
    chassis, gateways, ports = lookup(Chassis.KIND), lookup(Gateway.KIND), lookup(Port.KIND)
    healths = [row.health() for row in chassis]
    up = healths.count(Health.OK)
    lines = [Headline(max(healths, default=Health.OK), f"{up:,} of {len(chassis):,} chassis", Chassis.KIND)]
    if gateways:
        words = [row.word for row in gateways]
        trouble = [f"{words.count(word):,} {word}" for word in ("nowhere", "failed over", "alone") if word in words]
        worst = max(row.health() for row in gateways)
        lines.append(Headline(worst, f"{len(gateways):,} gateways" + _list(trouble), Gateway.KIND))
    down = sum(row.word == "down" for row in ports)
    text = f"{len(ports):,} ports" + (f": {down:,} down" if down else "")
    lines.append(Headline(Health.WARN if down else Health.OK, text, Port.KIND))
    return sorted(lines, key=lambda line: -line.health)


def _list(phrases: list[str]) -> str:
    return ": " + ", ".join(phrases) if phrases else ""
