"""The phrases of the overview."""

from __future__ import annotations

from collections import Counter

from hsops.api import Headline, Health, Lookup
from hsops.plugins.redfish.kinds import Machine


def headlines(lookup: Lookup) -> list[Headline]:
    """How many machines are on, and what is not well."""
    rows = lookup(Machine.KIND)
    words = Counter(row.word for row in rows)
    trouble = [f"{words[word]:,} {word}" for word in ("unreachable", "off") if words[word]]
    ill = sum(row.health() is Health.CRITICAL for row in rows)
    trouble += [f"{ill:,} critical"] if ill else []
    text = f"{words['on']:,} of {len(rows):,} machines on" + (": " + ", ".join(trouble) if trouble else "")
    return [Headline(max((row.health() for row in rows), default=Health.OK), text, Machine.KIND)]
