"""Everything about one row as lines: its columns with exact values, what is tied to it, what changed of late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from hsops.live.graph import Edge
from hsops.model import Change, Column, Format, Health, Key, Kind, Relation, Resource, State, Value
from hsops.render import render
from hsops.screens.text import BLANK, Line, Span, clock, line, rule, span, wrap
from hsops.screens.values import value_of

SHOWN: Final = 12
"""Related rows shown of each relation; the others are counted."""
CHANGES: Final = 20
LABEL: Final = 16

_WORDS: Final = {
    (Relation.DEPENDS, True): "depends on",
    (Relation.DEPENDS, False): "needed by",
    (Relation.IS, True): "is",
    (Relation.IS, False): "is",
    (Relation.ABOUT, True): "is about",
    (Relation.ABOUT, False): "told by",
}
_ORDER: Final = ("told by", "is", "is about", "depends on", "needed by")


def summary(kind: Kind, row: Resource, now: float, room: int) -> list[Line]:
    """One line a column: raw and exact where the table is short; long values wrap."""
    lines: list[Line] = []
    label = min(24, max(len(column.title) for column in kind.columns) + 2)
    for column in kind.columns:
        text, style = exact(column, value_of(column, row), now)
        for index, part in enumerate(wrap(text, max(20, room - label - 3))):
            head = column.title if index == 0 else ""
            lines.append(line(Span(f" {head:{label}}", "dim"), span(part, style)))
    labels = dict(row.labels())
    if labels:
        text = "  ".join(f"{name}={value}" for name, value in sorted(labels.items()))
        parts = wrap(text, max(20, room - label - 3))
        lines += [
            line(Span(f" {'labels' if index == 0 else '':{label}}", "dim"), span(part))
            for index, part in enumerate(parts)
        ]
    return lines


def exact(column: Column, value: Value, now: float) -> tuple[str, str]:
    """A value in full, and its meaning: the age with its UTC, the size with its bytes."""
    if value is None:
        return "not known", "dim"
    if isinstance(value, State):
        return f"{value.health.symbol} {value.word}", value.health.word
    if isinstance(value, datetime):
        utc = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{utc}   {render(value, Format.AGE, now)} ago", ""
    text = render(value, column.format, now)
    if isinstance(value, int | float) and not isinstance(value, bool) and column.format in (Format.BYTES, Format.RATE):
        return f"{text}   {value:,}", ""
    if isinstance(value, str):
        return value or "empty", "" if value else "dim"
    return text, "bar" if column.format is Format.BAR else ""


def related(edges: Iterable[Edge], show: Callable[[Key], Line], worst_first: Callable[[Key], int]) -> list[Line]:
    """Edges by relation, each a link, the sick ones first."""
    groups: dict[str, list[Key]] = {}
    for edge in edges:
        groups.setdefault(_WORDS[edge.relation, edge.outward], []).append(edge.key)
    lines: list[Line] = []
    for word in _ORDER:
        keys = sorted(groups.get(word, ()), key=lambda key: (-worst_first(key), key.kind, key.id))
        for index, key in enumerate(keys[:SHOWN]):
            lines.append((Span(f" {word if index == 0 else '':{LABEL}}", "dim"), *show(key)))
        if len(keys) > SHOWN:
            lines.append((Span(f" {'':{LABEL}}  and {len(keys) - SHOWN:,} more", "dim"),))
    return lines


def changes(log: Sequence[Change]) -> list[Line]:
    """The last changes of the row, newest first."""
    lines: list[Line] = []
    for change in reversed(log[-CHANGES:]):
        what = f"{change.old or '–'} → {change.new or '–'}" if change.field else (change.new or change.old)
        style = change.health.word if change.health in (Health.WARN, Health.CRITICAL) else ""
        lines.append(line(Span(f" {clock(change.when)}  ", "dim"), span(f"{change.field:14} "), span(what, style)))
    return lines


def sections(parts: Mapping[str, Sequence[Line]], room: int) -> list[Line]:
    """Parts under their headings; an empty part is left out."""
    lines: list[Line] = []
    for title, own in parts.items():
        if own:
            lines += [rule(title, room), *own, BLANK]
    return lines[:-1]
