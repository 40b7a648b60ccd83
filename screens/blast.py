"""What suffers when the target of a plan does, across all layers, counted: the head of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hsops.errors import UserError
from hsops.model import Health, Key, Layer
from hsops.screens import references
from hsops.screens.desk import Backend


@dataclass(frozen=True, slots=True)
class Blast:
    """Things that depend on a target. `sick`: those of them that are not well already."""

    key: Key
    layers: Sequence[tuple[Layer, Sequence[str]]] = ()
    """Layer and its counts in words, the tenant on top: ``3 servers``."""
    sick: Sequence[str] = ()


def blast(session: Backend, target: str, site: str) -> Blast | None:
    """Counts of what depends on the target; None when the target is nothing that the graph knows."""
    try:
        key = references.resolve(session, f"{target} @{site}")
    except UserError:
        return None
    counts: Counter[str] = Counter()
    sick: list[str] = []
    for one in session.graph.impact(key):
        if "." not in one.key.kind:
            continue
        counts[one.key.kind] += 1
        row = session.store.get(one.key)
        if row is not None and row.health() >= Health.WARN:
            sick.append(row.title())
    return Blast(key, _by_layer(session, counts), sick)


def _by_layer(session: Backend, counts: Counter[str]) -> Sequence[tuple[Layer, Sequence[str]]]:
    found: dict[Layer, list[str]] = {}
    for name, count in counts.most_common():
        kind = session.registry.kind(name)
        found.setdefault(session.registry.owner(name).layer, []).append(
            f"{count:,} {kind.title if count == 1 else kind.plural}"
        )
    return [(layer, found[layer]) for layer in sorted(found, reverse=True)]
