"""Regular expressions that a person types, made safe to run on names that somebody else chose.

Python's engine backtracks: ``(a+)+$`` takes for ever on thirty letters. Patterns of such a shape are refused with a
sentence; for the others the text that is searched is cut so that the worst case stays at some million steps.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]  # typeshed does not know the parser of 3.11+
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from hsops.errors import UserError

LONGEST = 200
"""Characters of a pattern."""
_WIDE = 12
"""A repetition that may take this often is counted like one without an end."""
_CUT = {0: 512, 1: 512, 2: 256, 3: 96}
"""Characters of a text that are searched, by the number of wide repetitions: n**(k+1)/(k+1)! steps at worst."""
_MOST_CHOICES = 10_000
_REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
_BACKWARD = {op.GROUPREF, op.GROUPREF_EXISTS, op.ASSERT, op.ASSERT_NOT}


class Pattern(NamedTuple):
    """A compiled pattern that ignores case, and how much of a text it may see."""

    regex: re.Pattern[str]
    cut: int

    def found_in(self, text: str) -> bool:
        """Whether the pattern occurs in the beginning of `text`."""
        return self.regex.search(text, 0, self.cut) is not None


def compile_pattern(text: str) -> Pattern:
    """The pattern of `text`. Raises UserError when it is wrong or could take for ever."""
    if len(text) > LONGEST:
        raise UserError(f"the pattern is longer than {LONGEST} characters", hint="say less")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # "possible nested set": nobody can see it while typing
            tree = parser.parse(text, re.IGNORECASE)
            regex = re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise UserError(f"not a regular expression: {error}", hint=r"write \ before . * ( [ to mean the sign") from None
    wide = sum(_wide_repeats(tree))
    if wide not in _CUT:
        raise UserError(f"{wide} repetitions in one pattern could take for ever", hint=f"use at most {max(_CUT)}")
    if _choices(tree) > _MOST_CHOICES:
        raise UserError("so many ways to match could take for ever", hint="write fewer ? and {n,m}")
    return Pattern(regex, _CUT[wide])


def _wide_repeats(tree: Any) -> Iterator[int]:
    """A one for every wide repetition. Raises UserError for shapes whose cost explodes."""
    for code, argument in tree:
        if code in _BACKWARD:
            raise UserError("back references and look-around are not offered", hint="the syntax is RE2's")
        if code in _REPEATS:
            low, high, inner = argument
            if high > 1 and high != low and _ambiguous(inner):
                raise UserError("a repetition inside a repetition could take for ever", hint="write it without")
            many = high >= _WIDE and high != low
            yield from (1 for _ in range(many))
            yield from _scaled(list(_wide_repeats(inner)), high)
        else:
            for inner in _children(code, argument):
                yield from _wide_repeats(inner)


def _scaled(wide: list[int], times: Any) -> Iterator[int]:
    """A repetition with a count unrolls what is in it."""
    for _ in range(min(int(times), _WIDE)):
        yield from wide


def _choices(tree: Any) -> float:
    """In how many ways the narrow repetitions and alternatives may be taken; capped."""
    product = 1.0
    for code, argument in tree:
        ways = 1.0
        if code in _REPEATS:
            low, high, inner = argument
            narrow = high < _WIDE
            ways = max(_choices(inner), 1.0) ** min(int(high), 50) * (int(high) - int(low) + 1 if narrow else 1)
        elif code is op.BRANCH and not _distinct(argument[1]):
            ways = sum(_choices(branch) for branch in argument[1])
        else:
            ways = math.prod(_choices(inner) for inner in _children(code, argument))
        product = min(product * ways, 2.0 * _MOST_CHOICES)
    return product


def _ambiguous(tree: Any) -> bool:
    """Whether something inside may match one text in several ways."""
    for code, argument in tree:
        if code in _REPEATS and argument[0] != argument[1]:
            return True
        if code is op.BRANCH and not _distinct(argument[1]):
            return True
        if any(_ambiguous(inner) for inner in _children(code, argument)):
            return True
    return False


def _distinct(branches: Any) -> bool:
    """Whether every alternative begins with another letter, so that the first one decides."""
    heads = [branch[0] if len(branch) else None for branch in branches]
    letters = {chr(head[1]).lower() for head in heads if head and head[0] is op.LITERAL}
    return len(letters) == len(heads)


def _children(code: Any, argument: Any) -> Iterator[Any]:
    if code in _REPEATS:
        yield argument[2]
    elif code is op.SUBPATTERN:
        yield argument[3]
    elif code is op.BRANCH:
        yield from argument[1]
    elif code is op.ATOMIC_GROUP:
        yield argument
