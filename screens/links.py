"""Keys as links: symbol, kind, name, each opening its detail."""

from __future__ import annotations

from hsops.errors import UserError
from hsops.live.store import Store
from hsops.model import Health, Key
from hsops.registry import Registry
from hsops.screens.place import Place, View
from hsops.screens.text import Line, Span, span


def place_of(key: Key) -> Place:
    """Where everything about a key is told."""
    return Place(View.DETAIL, kind=key.kind, key=key)


def kind_title(registry: Registry, kind: str) -> str:
    """A kind's name for a person; an anchor's own name."""
    try:
        return registry.kind(kind).title if "." in kind else kind
    except UserError:
        return kind


def link(key: Key, store: Store, registry: Registry) -> Line:
    """``✓ hypervisor cmp-1``: a known row with its health, an anchor or a missing row dimmed."""
    row = store.get(key)
    title = kind_title(registry, key.kind)
    if row is None:
        known = "." not in key.kind
        return (Span("  "), Span(f"{title} ", "dim"), span(key.id, "" if known else "unknown", place_of(key)))
    health = row.health()
    style = health.word if health is not Health.OK else "ok"
    return (Span(f"{health.symbol} ", style), Span(f"{title} ", "dim"), span(row.title(), "", place_of(key)))
