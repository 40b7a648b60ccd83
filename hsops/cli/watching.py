"""``get -w``: the rows that are there, then every change as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from hsops.cli.asking import entries
from hsops.cli.output import columns, documents, streams
from hsops.cli.output.delimited import text_of
from hsops.cli.output.sheet import Sheet
from hsops.cli.output.writer import Output
from hsops.cli.rows import Entry
from hsops.cli.verdict import phrase
from hsops.errors import plain
from hsops.live.store import Delta
from hsops.model import Key, Kind, Resource
from hsops.session import Session

Sheets: TypeAlias = Callable[[Sequence[Entry]], Sheet]

FORMS = ("table", "wide", "json", "yaml", "name")


class Event(NamedTuple):
    """A row that came (ADDED), changed (MODIFIED) or went (DELETED); kubectl's words."""

    type: str
    entry: Entry


async def follow(
    session: Session,
    kind: Kind,
    match: Callable[[Entry], bool],
    sheet: Sheets,
    wanted: Output,
) -> None:
    """Print until interrupted."""
    there = [entry for entry in entries(session, kind) if match(entry)]
    show = _printer(sheet, wanted, there)
    shown: dict[Key, Resource] = {}
    for entry in there:
        shown[entry.key] = entry.row
        show(Event("ADDED", entry))
    streams.write("", flush=True)
    events: asyncio.Queue[Delta] = asyncio.Queue()
    stop = session.store.subscribe(lambda delta: events.put_nowait(delta) if delta.kind == kind.name else None)
    try:
        with session.focus(kind.name):
            session.start([kind.name])
            while True:
                delta = await events.get()
                for event in _events(session, delta, match, shown):
                    show(event)
                streams.write("", flush=True)
                _say_state(session, delta)
    finally:
        stop()


def _events(session: Session, delta: Delta, match: Callable[[Entry], bool], shown: dict[Key, Resource]) -> list[Event]:
    """What the delta means for who sees only the rows that match."""
    events: list[Event] = []
    for key in (*delta.added, *delta.changed):
        row = session.store.get(key)
        if row is None:
            continue
        before = shown.get(key)
        if match(Entry(key, row)):
            shown[key] = row
            events.append(Event("MODIFIED" if before is not None else "ADDED", Entry(key, row)))
        elif before is not None:
            events.append(Event("DELETED", Entry(key, shown.pop(key))))
    events += [Event("DELETED", Entry(key, shown.pop(key))) for key in delta.removed if key in shown]
    return events


def _printer(sheet: Sheets, wanted: Output, there: Sequence[Entry]) -> Callable[[Event], None]:
    if wanted.form == "json":
        return lambda event: streams.write(documents.as_json(_document(sheet, event), indent=0))
    if wanted.form == "yaml":
        return lambda event: streams.write("---\n" + documents.as_yaml(_document(sheet, event)))
    if wanted.form == "name":
        return lambda event: streams.write(f"{text_of(sheet([]).name(event.entry))}\n")
    return _table(sheet, wanted, there)


def _document(sheet: Sheets, event: Event) -> Any:
    return {"type": event.type, "object": sheet([]).document(event.entry)}


def _table(sheet: Sheets, wanted: Output, there: Sequence[Entry]) -> Callable[[Event], None]:
    """Lines under one header; the widths stay those of the beginning."""
    first = sheet(there)
    fields = [first.field(name) for name in wanted.columns] or first.shown(wide=wanted.form == "wide")
    layout = columns.lay_out(fields, there, None if wanted.form == "wide" else streams.room())
    names = [field.name for field in layout.fields]
    coloured = streams.coloured()
    if wanted.headers:
        streams.write(layout.header() + "\n")

    def show(event: Event) -> None:
        fresh = sheet([event.entry])  # ages are told as of now
        line = columns.Layout([fresh.field(name) for name in names], layout.widths).line(event.entry, coloured=coloured)
        streams.write(line + ("  (gone)" if event.type == "DELETED" else "") + "\n")

    return show


def _say_state(session: Session, delta: Delta) -> None:
    if delta.state_changed:
        state = session.store.state(delta.site, delta.system, delta.kind)
        text = f"{state.system} {phrase(state.status)}" + (f": {state.error}" if state.error and not state.ok else "")
        streams.say(plain(text))
