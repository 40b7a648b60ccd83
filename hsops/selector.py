"""Label selectors as kubectl has them: ``env=prod,tier!=db,zone in (a, b),zone notin (c),gpu,!legacy``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hsops.errors import UserError

Look = Callable[[str], "str | None"]
"""The value of a label, None when there is no such label."""

_TERM = re.compile(
    r"""\s*(?:
        (?P<key>[^\s,()=!]+)\s*(?:
            (?P<equal>==?|!=)\s*(?P<value>[^\s,()]*)
          | \s(?P<set>in|notin)\s*\((?P<values>[^()]*)\)
        )?
      | !\s*(?P<absent>[^\s,()=!]+)
    )\s*(?:,|$)""",
    re.VERBOSE,
)
LONGEST = 1000


class Term(NamedTuple):
    """One requirement: the label's value is among `values` (or, negated, is not); no values: the label exists."""

    key: str
    values: frozenset[str] | None
    negated: bool

    def holds(self, look: Look) -> bool:
        """Whether it is met. As with kubectl, ``!=`` and ``notin`` hold when there is no such label."""
        value = look(self.key)
        met = value is not None if self.values is None else value in self.values
        return met != self.negated


def parse_selector(text: str) -> Sequence[Term]:
    """The requirements of a selector; all of them must hold. Raises UserError at the first that is not understood."""
    if len(text) > LONGEST:
        raise UserError(f"the selector is longer than {LONGEST} characters")
    terms: list[Term] = []
    place = 0
    while place < len(text):
        found = _TERM.match(text, place)
        if found is None:
            raise UserError(
                "the label selector is not understood", thing=text[place : place + 40].strip(),
                hint="write a=b, a!=b, a in (b,c), a notin (b,c), a or !a, with commas between",
            )  # fmt: skip
        terms.append(_term(found))
        place = found.end()
    if not terms or text.rstrip().endswith(","):
        raise UserError("the label selector is empty", hint="write key=value")
    return terms


def _term(found: re.Match[str]) -> Term:
    if found["absent"]:
        return Term(found["absent"], None, True)
    if found["equal"]:
        return Term(found["key"], frozenset({found["value"]}), found["equal"] == "!=")
    if found["set"]:
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Term(found["key"], values, found["set"] == "notin")
    return Term(found["key"], None, False)
