"""Asking the open sites for rows: which kinds are meant, which rows by name, what could not be had."""

from __future__ import annotations

from collections.abc import Sequence

from hsops.cli.rows import Entry
from hsops.errors import NotFound, UserError
from hsops.model import Kind, Resource
from hsops.session import Session


def kind_of(session: Session, text: str) -> Kind:
    """The kind meant by a word, of the plugins that the open sites use. Raises UserError."""
    used = {system.plugin for site in session.sites for system in site.systems}
    kind = session.registry.kind(text, prefer=used)
    if session.registry.owner(kind.name).name not in used:
        plugin = session.registry.owner(kind.name).name
        raise UserError(f"no open site has a system of the plugin {plugin}", thing=kind.name, hint="see `hsops info`")
    return kind


def kinds_of(session: Session, text: str) -> Sequence[Kind]:
    """The kinds of ``a,b,c``."""
    kinds = [kind_of(session, word) for word in text.split(",") if word.strip()]
    if not kinds:
        raise UserError("no kind is named", hint="`hsops kinds` lists them")
    return list({kind.name: kind for kind in kinds}.values())


def split(text: str, names: Sequence[str]) -> tuple[str, list[str]]:
    """``kind/name`` is ``kind`` and a name."""
    kind, slash, name = text.partition("/")
    return kind, ([name, *names] if slash and name else list(names))


def entries(session: Session, kind: Kind) -> list[Entry]:
    """All rows of a kind that are known now."""
    return [Entry(key, row) for key, row in session.store.rows(kind.name).items()]


def named(found: Sequence[Entry], names: Sequence[str]) -> tuple[list[Entry], list[str]]:
    """The entries with these ids or names, and the names that nothing has. An id wins over a name."""
    chosen: dict[tuple[str, ...], Entry] = {}
    missing: list[str] = []
    for name in names:
        hits = [entry for entry in found if entry.key.id == name] or [
            entry for entry in found if _is_called(entry.row, name)
        ]
        if not hits:
            missing.append(name)
        chosen.update((entry.key, entry) for entry in hits)
    return list(chosen.values()), missing


def _is_called(row: Resource, name: str) -> bool:
    return row.title() == name


def one(found: Sequence[Entry], kind: Kind, name: str) -> Entry:
    """The only entry of that name. Raises NotFound, or UserError when several are called so."""
    hits, _ = named(found, [name])
    if not hits:
        raise NotFound(f"there is no {kind.title} {name}", hint=f"`hsops get {kind.name}` lists them")
    if len(hits) > 1:
        places = ", ".join(f"{hit.key.id} ({hit.key.site})" for hit in hits[:5])
        raise UserError(f"{len(hits)} {kind.plural} are called {name}", hint=f"use an id: {places}")
    return hits[0]
