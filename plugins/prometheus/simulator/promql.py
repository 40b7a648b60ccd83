"""As much of PromQL as consoles ask: selectors, numbers, ``+ - * /``, comparisons, ``and or unless``, parentheses,
and the aggregations ``sum avg min max count`` with ``by``. Anything else is an error in the server's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from operator import add, eq, ge, gt, le, lt, mul, ne, sub
from typing import NamedTuple, TypeAlias

from hsops.simulator.monitoring import Matcher

Labels: TypeAlias = "dict[str, str]"
Vector: TypeAlias = "list[tuple[dict[str, str], float]]"
Value: TypeAlias = "Vector | float"
Fetch: TypeAlias = Callable[[str, float], Iterable[tuple[Labels, float]]]
"""``(metric name, epoch seconds)`` to its series."""


class ParseError(ValueError):
    """The query cannot be read; the text is what the server would say."""


class Token(NamedTuple):
    """A piece of a query and where it stands."""

    kind: str
    text: str
    at: int


TOKENS = re.compile(
    r"""(?P<space>\s+)|(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?)|(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<op>=~|!~|==|!=|>=|<=|[-+*/<>=(){},\[\]])""",
    re.VERBOSE,
)


def _divide(left: float, right: float) -> float:
    return left / right if right else float("nan")


ARITHMETIC: dict[str, Callable[[float, float], float]] = {"+": add, "-": sub, "*": mul, "/": _divide}
COMPARE: dict[str, Callable[[float, float], bool]] = {"==": eq, "!=": ne, ">": gt, "<": lt, ">=": ge, "<=": le}
LEVELS: Sequence[Sequence[str]] = (("or",), ("and", "unless"), tuple(COMPARE), ("+", "-"), ("*", "/"))
"""Binary operators, loosest first."""
AGGREGATE: dict[str, Callable[[list[float]], float]] = {
    "sum": sum, "avg": lambda values: sum(values) / len(values), "min": min, "max": max, "count": len,
}  # fmt: skip


def evaluate(query: str, when: float, fetch: Fetch) -> Value:
    """The value of a query at an instant. Raises ParseError."""
    parser = _Parser(_tokens(query), when, fetch)
    value = parser.binary(0)
    parser.end()
    return value


def _tokens(query: str) -> list[Token]:
    tokens, at = [], 0
    while at < len(query):
        found = TOKENS.match(query, at)
        if found is None:
            raise ParseError(f"1:{at + 1}: parse error: unexpected character: {query[at]!r}")
        if found.lastgroup != "space":
            tokens.append(Token(found.lastgroup or "", found.group(), at))
        at = found.end()
    if not tokens:
        raise ParseError("1:1: parse error: no expression found in input")
    return [*tokens, Token("end", "", len(query))]


class _Parser:
    """Reads and evaluates in one pass."""

    def __init__(self, tokens: list[Token], when: float, fetch: Fetch) -> None:
        self._tokens, self._when, self._fetch, self._next = tokens, when, fetch, 0

    # -- tokens

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> Token | None:
        token = self._peek()
        if token.kind in ("op", "name") and token.text in texts:
            self._next += 1
            return token
        return None

    def _expect(self, text: str, place: str) -> None:
        if self._take(text) is None:
            raise self._unexpected(place)

    def _unexpected(self, place: str) -> ParseError:
        token = self._peek()
        what = "end of input" if token.kind == "end" else f'"{token.text}"'
        return ParseError(f"1:{token.at + 1}: parse error: unexpected {what} {place}".rstrip())

    def end(self) -> None:
        """Nothing may follow."""
        if self._peek().kind != "end":
            raise self._unexpected("")

    # -- grammar

    def binary(self, level: int) -> Value:
        """An expression of this level of precedence or tighter."""
        if level == len(LEVELS):
            return self._unary()
        value = self.binary(level + 1)
        while operator := self._take(*LEVELS[level]):
            value = _combine(operator.text, value, self.binary(level + 1))
        return value

    def _unary(self) -> Value:
        if self._take("-"):
            return _combine("*", -1.0, self._unary())
        if self._take("("):
            value = self.binary(0)
            self._expect(")", "in parentheses")
            return value
        token = self._peek()
        if token.kind == "number":
            self._next += 1
            return float(token.text)
        if token.kind == "name" and token.text in AGGREGATE:
            return self._aggregation()
        if token.kind == "name" or token.text == "{":
            return self._selector()
        raise self._unexpected("")

    def _aggregation(self) -> Value:
        name = self._tokens[self._next].text
        self._next += 1
        by = self._grouping()
        self._expect("(", "in aggregation")
        value = self.binary(0)
        self._expect(")", "in aggregation")
        by = by or self._grouping()
        if isinstance(value, float):
            raise ParseError("1:1: parse error: expected type instant vector in aggregation expression, got scalar")
        groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
        for labels, number in value:
            groups.setdefault(tuple((label, labels.get(label, "")) for label in by), []).append(number)
        return [(dict(pairs), float(AGGREGATE[name](numbers))) for pairs, numbers in groups.items()]

    def _grouping(self) -> list[str]:
        if self._take("by") is None:
            return []
        self._expect("(", "in grouping opts")
        names = []
        while (token := self._peek()).kind == "name":
            names.append(token.text)
            self._next += 1
            self._take(",")
        self._expect(")", "in grouping opts")
        return names

    def _selector(self) -> Vector:
        token = self._peek()
        name = ""
        if token.kind == "name":
            name = token.text
            self._next += 1
            if self._peek().text == "(":
                raise ParseError(f'1:{token.at + 1}: parse error: unknown function with name "{name}"')
        matchers = self._matchers() if self._take("{") else []
        for matcher in matchers:
            if matcher.name == "__name__" and matcher.isEqual and not matcher.isRegex:
                name = matcher.value
        found = self._fetch(name, self._when)
        return [
            ({"__name__": name, **labels}, number)
            for labels, number in found
            if all(matcher.matches({"__name__": name, **labels}) for matcher in matchers)
        ]

    def _matchers(self) -> list[Matcher]:
        matchers: list[Matcher] = []
        while not self._take("}"):
            label = self._peek()
            if label.kind != "name":
                raise self._unexpected("inside braces")
            self._next += 1
            operator = self._take("=", "!=", "=~", "!~")
            value = self._peek()
            if operator is None or value.kind != "string":
                raise self._unexpected("in label matching, expected string" if operator else "inside braces")
            self._next += 1
            text = re.sub(r"\\(.)", r"\1", value.text[1:-1])
            matchers.append(Matcher(label.text, text, "~" in operator.text, operator.text[0] == "="))
            self._take(",")
        return matchers


def _combine(operator: str, left: Value, right: Value) -> Value:
    if operator in ("or", "and", "unless"):
        return _combine_sets(operator, left, right)
    if operator in COMPARE:
        return _compare(COMPARE[operator], left, right)
    function = ARITHMETIC[operator]
    if isinstance(left, float) and isinstance(right, float):
        return function(left, right)
    if isinstance(right, float):
        return [(_bare(labels), function(number, right)) for labels, number in _vector(left)]
    if isinstance(left, float):
        return [(_bare(labels), function(left, number)) for labels, number in right]
    others = {_mark(labels): number for labels, number in right}
    pairs = [(labels, number, others.get(_mark(labels))) for labels, number in left]
    return [(_bare(labels), function(number, other)) for labels, number, other in pairs if other is not None]


def _combine_sets(operator: str, left: Value, right: Value) -> Vector:
    first, second = _vector(left), _vector(right)
    marks = {_mark(labels) for labels, _ in (first if operator == "or" else second)}
    if operator == "or":
        return [*first, *((labels, number) for labels, number in second if _mark(labels) not in marks)]
    return [(labels, number) for labels, number in first if (_mark(labels) in marks) == (operator == "and")]


def _compare(holds: Callable[[float, float], bool], left: Value, right: Value) -> Value:
    if isinstance(left, float) and isinstance(right, float):
        raise ParseError("1:1: parse error: comparisons between scalars must use BOOL modifier")
    if isinstance(left, float):
        return [(labels, number) for labels, number in _vector(right) if holds(left, number)]
    if isinstance(right, float):
        return [(labels, number) for labels, number in left if holds(number, right)]
    others = {_mark(labels): number for labels, number in right}
    return [(labels, n) for labels, n in left if (m := others.get(_mark(labels))) is not None and holds(n, m)]


def _vector(value: Value) -> Vector:
    if isinstance(value, float):
        raise ParseError("1:1: parse error: set operator not allowed in binary scalar expression")
    return value


def _bare(labels: Labels) -> Labels:
    return {name: text for name, text in labels.items() if name != "__name__"}


def _mark(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset(_bare(labels).items())
