"""References as people write them, ``host/cmp-1`` or ``server/web-7``, and the rows they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from hsops.errors import UserError
from hsops.model import ANCHORS, Key
from hsops.screens.place import Place, View

if TYPE_CHECKING:
    from hsops.screens.desk import Backend

OFFERED: Final = 40


def resolve(session: Backend, text: str) -> Key:
    """The key that a reference means; ``@site`` behind it when several sites are open. Raises UserError."""
    reference, _, site = text.strip().partition(" @")
    kind, slash, name = reference.partition("/")
    if not slash or not name:
        raise UserError("not a reference", thing=text, hint="write host/NAME or KIND/NAME")
    sites = [site] if site else [one.name for one in session.sites]
    if kind in ANCHORS:
        if len(sites) > 1:
            raise UserError("which site?", thing=text, hint=f"write {text} @{sites[0]}")
        return Key(sites[0], "", kind, name)
    full = session.registry.kind(kind, prefer=open_plugins(session))
    rows = session.store.rows(full.name)
    found = [key for key, row in rows.items() if key.site in sites and name in (key.id, row.title())]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(f"{len(found)} {full.plural} are called so", thing=name, hint="use the id")
    raise UserError(f"no such {full.title} is known", thing=name, hint=f":{full.name} lists them")


def impact(session: Backend, text: str) -> Place:
    """Where it is told what depends on a reference. Raises UserError."""
    key = resolve(session, text)
    return Place(View.IMPACT, kind=key.kind, key=key)


def open_plugins(session: Backend) -> set[str]:
    """Plugins of the open sites: their words win."""
    return {system.plugin for site in session.sites for system in site.systems}


def offers(session: Backend, start: str) -> Sequence[str]:
    """References that begin with `start`."""
    kind, slash, name = start.partition("/")
    if not slash:
        kinds = [*ANCHORS, *(one.name.partition(".")[2] for one in session.kinds)]
        return [f"{one}/" for one in dict.fromkeys(kinds) if one.startswith(kind)]
    return list(islice(_names(session, kind, name), OFFERED))


def _names(session: Backend, kind: str, start: str) -> Iterator[str]:
    if kind in ANCHORS:
        seen: set[str] = set()
        for one in session.kinds:
            for row in session.store.rows(one.name).values():
                for link in row.links():
                    if link.target.kind == kind and link.target.id.startswith(start) and link.target.id not in seen:
                        seen.add(link.target.id)
                        yield f"{kind}/{link.target.id}"
        return
    try:
        full = session.registry.kind(kind, prefer=open_plugins(session))
    except UserError:
        return
    for row in session.store.rows(full.name).values():
        if row.title().startswith(start):
            yield f"{kind}/{row.title()}"
