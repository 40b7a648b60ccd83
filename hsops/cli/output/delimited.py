"""Items as csv, and as the openstack client's ``-f value``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from hsops.cli.output.sheet import Field
from hsops.errors import plain

QUOTES = {
    "all": csv.QUOTE_ALL,
    "minimal": csv.QUOTE_MINIMAL,
    "none": csv.QUOTE_NONE,
    "nonnumeric": csv.QUOTE_NONNUMERIC,
}
_LONGEST = 1_000_000


def text_of(value: Any) -> Any:
    """A raw value for a line: numbers stay, lists are joined, texts lose what would drive a terminal or end a line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return plain(", ".join(map(str, value)), _LONGEST)
    if isinstance(value, dict):
        return plain(",".join(f"{key}={part}" for key, part in value.items()), _LONGEST)
    return plain(str(value), _LONGEST)


def as_csv(fields: Sequence[Field], items: Sequence[Any], *, headers: bool, quote: str) -> str:
    """RFC 4180 with line feeds; the header has the names of the columns."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=QUOTES[quote], lineterminator="\n", escapechar="\\" if quote == "none" else None)  # type: ignore[call-overload, arg-type, unused-ignore] # the constants are ints
    if headers:
        writer.writerow([field.name for field in fields])
    writer.writerows([text_of(field.raw(item)) for field in fields] for item in items)
    return out.getvalue()


def value_lines(fields: Sequence[Field], items: Sequence[Any]) -> Iterator[str]:
    """The raw values with a space between, for ``while read``."""
    for item in items:
        yield " ".join(str(text_of(field.raw(item))) for field in fields)
