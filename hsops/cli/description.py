"""The work behind ``hsops describe``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hsops.cli import asking, verdict
from hsops.cli.opening import opened
from hsops.cli.output import documents, streams
from hsops.cli.rows import Entry, document
from hsops.errors import HsopsError, UserError, plain
from hsops.live.graph import Edge
from hsops.model import Change, Key, Kind, Resource
from hsops.registry import near
from hsops.render import moment, render
from hsops.session import Session

FORMS = ("text", "json", "yaml")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    kind: str
    names: tuple[str, ...]
    form: str
    raw: bool = True
    related: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one row."""

    kind: Kind
    entry: Entry
    edges: Sequence[Edge]
    changes: Sequence[Change]
    raw: Mapping[str, Any] | None


async def describe_rows(flag: str, request: Request) -> int:
    """Describe the named rows. Gives the exit code; raises HsopsError."""
    if request.form not in FORMS:
        raise UserError(f"there is no output {request.form}", hint=near(request.form, FORMS))
    async with opened(flag) as session:
        word, names = asking.split(request.kind, request.names)
        kind = asking.kind_of(session, word)
        if not names:
            raise UserError("which one?", hint=f"hsops describe {word} NAME; `hsops get {word}` lists them")
        others = [one.name for one in session.kinds] if request.related else [kind.name]
        states = await session.refresh([kind.name, *others])
        code = verdict.tell(states, sites=len(session.sites) > 1)
        found = asking.entries(session, kind)
        facts = [await _facts(session, kind, asking.one(found, kind, name), request) for name in names]
        _write(session, facts, request.form)
        return code


async def _facts(session: Session, kind: Kind, entry: Entry, request: Request) -> Facts:
    raw: Mapping[str, Any] | None = None
    if request.raw:
        try:
            raw = await session.raw(entry.key)
        except HsopsError as error:
            streams.say(f"{entry.key}: not the whole object: {error}")
    edges = session.graph.related(entry.key) if request.related else ()
    return Facts(kind, entry, edges, session.store.log.of(entry.key), raw)


def _write(session: Session, facts: Sequence[Facts], form: str) -> None:
    if form == "text":
        streams.write("\n".join("".join(f"{line}\n" for line in _lines(session, one)) for one in facts))
        return
    items = [_document(session, one) for one in facts]
    data = items[0] if len(items) == 1 else documents.listing(items)
    streams.write(documents.as_json(data) if form == "json" else documents.as_yaml(data))


def _document(session: Session, facts: Facts) -> Mapping[str, Any]:
    related = [
        {"relation": edge.relation.value, "outward": edge.outward, "ref": str(edge.key), "known": edge.exists,
         "name": title_of(session, edge.key)}
        for edge in facts.edges
    ]  # fmt: skip
    changes = [
        {"at": _when(change), "field": change.field, "old": change.old, "new": change.new} for change in facts.changes
    ]
    return {**document(facts.kind, facts.entry), "related": related, "changes": changes, "raw": facts.raw}


def _lines(session: Session, facts: Facts) -> Iterator[str]:
    key, row = facts.entry
    yield f"{facts.kind.title} {plain(row.title())}   {row.health().symbol} {row.health().word}"
    pairs = [("id", plain(key.id, 512)), ("site", key.site), ("system", key.system), *_columns(facts.kind, row)]
    labels = [f"{plain(name)}={plain(value)}" for name, value in row.labels().items()]
    pairs += [("labels", " ".join(labels))] if labels else []
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        yield f"  {name:{width}}  {value}"
    if facts.edges:
        yield "related"
        yield from (_edge_line(session, edge) for edge in facts.edges)
    if facts.changes:
        yield "recent changes"
        yield from (f"  {_when(change)}  {plain(_change(change))}" for change in facts.changes)
    if facts.raw is not None:
        yield "raw"
        yield from (f"  {line}" for line in documents.as_yaml(facts.raw).splitlines())


def _columns(kind: Kind, row: Resource) -> Iterator[tuple[str, str]]:
    now = time.time()
    for column in kind.columns:
        value = column.value(row)
        exact = f" ({moment(value)})" if isinstance(value, datetime) else ""
        yield column.name, render(value, column.format, now, ascii_only=streams.ascii_only()) + exact


def _edge_line(session: Session, edge: Edge) -> str:
    relation = edge.relation.value if edge.outward else _BACK.get(edge.relation.value, edge.relation.value)
    name = title_of(session, edge.key)
    shown = f" {name}" if name not in ("", edge.key.id) else ""
    unknown = "" if edge.exists or edge.key.ref.is_anchor else " (not known)"
    return plain(f"  {relation:14}  {edge.key}{shown}{unknown}")


_BACK = {"depends on": "is needed by", "is": "is", "is about": "is told of by"}


def _change(change: Change) -> str:
    if not change.field:
        return change.new or change.old
    return f"{change.field}  {change.old or '-'} → {change.new or '-'}"


def _when(change: Change) -> str:
    return moment(datetime.fromtimestamp(change.when, UTC))


def title_of(session: Session, key: Key) -> str:
    """The name of a row; empty when it is not known."""
    row = session.store.get(key)
    return "" if row is None else row.title()
