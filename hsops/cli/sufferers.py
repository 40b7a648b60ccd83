"""The work behind ``hsops impact``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hsops.cli import asking, verdict
from hsops.cli.description import title_of
from hsops.cli.opening import one_site, opened
from hsops.cli.output import streams, writer
from hsops.cli.output.sheet import API_VERSION, Field, Sheet
from hsops.cli.output.writer import Output
from hsops.errors import UserError, plain
from hsops.live.graph import Impact
from hsops.model import ANCHORS, Health, Key
from hsops.session import Session


async def show_impact(flag: str, reference: str, wanted: Output) -> int:
    """Print what depends on a reference. Gives the exit code; raises HsopsError."""
    async with opened(flag) as session:
        check(session, reference)
        states = await session.refresh([kind.name for kind in session.kinds])
        code = verdict.tell(states, sites=len(session.sites) > 1)
        key = resolve(session, reference)
        found = session.graph.impact(key)
        writer.write(_sheet(session, found), wanted)
        if not found:
            known = session.graph.related(key) or session.store.get(key) is not None
            streams.say(f"nothing depends on {key}" if known else f"nobody has told of {key}")
        return code


def check(session: Session, text: str) -> None:
    """Refuse what is no reference before anything is asked. Raises UserError."""
    kind, slash, name = text.partition("/")
    if not slash or not kind or not name:
        raise UserError(f"{text} is no reference", hint="host/NAME or KIND/NAME")
    if kind not in ANCHORS:
        asking.kind_of(session, kind)
    else:
        one_site(session.sites)


def resolve(session: Session, text: str) -> Key:
    """The key that ``host/NAME`` or ``KIND/NAME`` means. Raises UserError, NotFound."""
    word, _, name = text.partition("/")
    if word in ANCHORS:
        return Key(one_site(session.sites).name, "", word, name)
    kind = asking.kind_of(session, word)
    return asking.one(asking.entries(session, kind), kind, name).key


def _sheet(session: Session, found: Sequence[Impact]) -> Sheet:
    def health(item: Impact) -> str:
        row = session.store.get(item.key)
        return (row.health() if row is not None else Health.UNKNOWN).word

    fields = (
        Field("kind", lambda item: item.key.kind),
        Field("name", lambda item: title_of(session, item.key) or item.key.id, width=40),
        Field("health", health, colour=health),
        Field("why", lambda item: " < ".join(str(step) for step in item.path), priority=10, width=100),
        Field("id", lambda item: item.key.id, wide=True),
        Field("site", lambda item: item.key.site, wide=True),
        Field("distance", lambda item: item.distance, wide=True, right=True),
    )

    def document(item: Impact) -> Mapping[str, Any]:
        name = title_of(session, item.key) or item.key.id
        path = [str(step) for step in item.path]
        return {
            "apiVersion": API_VERSION, "kind": item.key.kind,
            "metadata": {"name": name, "id": item.key.id, "site": item.key.site, "system": item.key.system},
            "status": {"health": health(item), "distance": item.distance, "path": path},
        }  # fmt: skip

    return Sheet("impact", fields, found, document, name=lambda item: plain(str(item.key)))
