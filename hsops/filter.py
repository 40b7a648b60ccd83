"""What ``/`` on a screen and ``--filter`` on the command line understand.

========== ======================================================================
``text``    a regular expression, found in any column; case does not matter
``!text``   rows in which it is not found
``-l sel``  a label selector (`hsops.selector`); a column's name works as a label
``-f abc``  fuzzy: the letters in this order in the name
========== ======================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from hsops.errors import UserError
from hsops.live.changes import text_of
from hsops.model import Column, Resource
from hsops.pattern import compile_pattern
from hsops.selector import parse_selector

Match: TypeAlias = Callable[[Any], bool]
"""``(resource) -> bool``"""

_FUZZY_CUT = 512


def compile_filter(text: str, columns: Sequence[Column]) -> Match:
    """The filter that `text` means for rows with these columns. Raises UserError; an empty text matches everything."""
    head, _, rest = text.strip().partition(" ")
    if head == "-l":
        return compile_selector(rest, columns)
    if head == "-f":
        return _fuzzy(rest.strip())
    if head == "-" or (head.startswith("-") and len(head) == 2 and rest):
        raise UserError(f"{head} is no filter", hint=r"-l for labels, -f for fuzzy; \- to look for a dash")
    word = text.strip()
    return _inverse(word[1:].strip(), columns) if word.startswith("!") else _regex(word, columns)


def compile_selector(text: str, columns: Sequence[Column]) -> Match:
    """The filter of a label selector. A row without such a label is looked at in the column of that name."""
    terms = parse_selector(text.strip())
    by_name = {column.name: column.value for column in columns}

    def match(row: Resource) -> bool:
        labels = row.labels()

        def look(key: str) -> str | None:
            if key in labels:
                return str(labels[key])
            if key not in by_name:
                return None
            value = by_name[key](row)
            return None if value is None else text_of(value)

        return all(term.holds(look) for term in terms)

    return match


def _regex(text: str, columns: Sequence[Column]) -> Match:
    found = compile_pattern(text).found_in
    return lambda row: any(found(field) for field in fields(row, columns))


def _inverse(text: str, columns: Sequence[Column]) -> Match:
    if not text:  # "!" alone: still being typed
        return lambda row: True
    found = compile_pattern(text).found_in
    return lambda row: not any(found(field) for field in fields(row, columns))


def _fuzzy(text: str) -> Match:
    letters = text.lower().replace(" ", "")

    def in_order(name: str) -> bool:
        rest = iter(name[:_FUZZY_CUT].lower())
        return all(letter in rest for letter in letters)

    return lambda row: in_order(row.title()) or in_order(row.key())


def fields(row: Resource, columns: Sequence[Column]) -> Iterator[str]:
    """The texts of a row that a pattern is looked for in: its name, its columns, its id."""
    yield row.title()
    for column in columns:
        value = column.value(row)
        if value is not None:
            yield text_of(value)
    yield row.key()
