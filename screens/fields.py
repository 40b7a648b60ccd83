"""One field of a form: what it may hold, what is wrong with what was typed, and how it is understood."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from hsops.durations import seconds
from hsops.errors import HsopsError
from hsops.model import Health, Resource
from hsops.plugin import Input as Field
from hsops.plugin import Workflow
from hsops.screens.desk import Backend
from hsops.screens.text import clock
from hsops.workflow.inputs import convert

Rows: TypeAlias = Callable[[Field], Sequence[Resource]]
"""The live rows of a field's kind."""


def candidates(field: Field, rows: Rows) -> Iterator[tuple[str, Health]]:
    """What a field may hold, the well ones first."""
    if field.type == "bool":
        yield from (("yes", Health.OK), ("no", Health.OK))
    elif field.choices:
        yield from ((one, Health.OK) for one in field.choices)
    elif field.type == "ref" and field.kind:
        for row in sorted(rows(field), key=lambda row: (row.health(), row.title())):
            yield row.key(), row.health()


def anchors(session: Backend, kind: str, site: str) -> Sequence[str]:
    """Names of a neutral kind (``host``, ``rack``) that the live rows of a site speak of."""
    found: set[str] = set()
    for one in session.kinds:
        for row in session.store.rows(one.name, site).values():
            found.update(link.target.id for link in row.links() if link.target.kind == kind)
    return sorted(found)


def fault(field: Field, text: str, workflow: Workflow) -> str:
    """What is wrong with it, in a sentence that says what to do; empty when nothing is."""
    if field.required and not text.strip():
        return f"{field.title} is needed" + (": choose one of those below" if field.type == "ref" else "")
    form = Workflow(name=workflow.name, title="", summary="", run="", inputs=(field,))
    try:
        convert(form, {field.name: text})
    except HsopsError as error:
        return f"{field.title}: {error.what.removeprefix(f'{field.name}: ')}"
    return ""


def doubt(field: Field, text: str, rows: Rows) -> str:
    """What is strange about it, although it may be right: a name that no live row has."""
    if field.type != "ref" or not text or not field.kind:
        return ""
    names = [name for row in rows(field) for name in (row.key(), row.title())]
    if not names or text in names:
        return ""
    near = difflib.get_close_matches(text, names, n=1)
    return f"{field.title}: no {text} is known now" + (f"; did you mean {near[0]}?" if near else "")


def understood(field: Field, text: str, now: float) -> str:
    """How a typed duration is read: ``1h30m is 1 hour 30 minutes, until 11:12Z``; empty for other types."""
    if field.type != "duration" or not text.strip():
        return ""
    try:
        length = seconds(text)
    except ValueError:
        return ""
    return (
        f"{text.strip()} is {spoken(length)}: begun now, until {clock(now + length, seconds=False)}Z" if length else ""
    )


def spoken(length: float) -> str:
    """``1 hour 30 minutes``."""
    parts = []
    rest = int(length)
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {word}{'s' if count > 1 else ''}")
    return " ".join(parts) or f"{length:g} seconds"
