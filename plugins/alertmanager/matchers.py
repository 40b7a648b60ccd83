"""Matchers as people write them: read, written for amtool, and refused when they would mute too much."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from hsops.api import UserError
from hsops.plugins.alertmanager.wire import HOST_LABELS, Alert, Matcher, host_of

LABEL = "host"
_ONE = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*)", re.DOTALL)
_OPERATORS = {"=": (False, True), "!=": (False, False), "=~": (True, True), "!~": (True, False)}
_UNLIKELY = ("", "\N{SNOWMAN}", "qz-71.example:9", "A B/C=4", "x" * 64)
"""Values that nobody's label has: a regular expression that matches most of them matches anything."""
_ANYTHING = 4
_SAFE = re.compile(r"[\w.:/@+*?()\[\]^$|{}-]+", re.ASCII)
"""What amtool takes as a value without quotes. A backslash needs them: it is an escape."""


def parse(text: str) -> tuple[Matcher, ...]:
    """``'instance=~"h12.*" job=node'``, as for amtool. Raises UserError with the piece that cannot be read."""
    try:
        pieces = shlex.split(text)
    except ValueError as error:
        raise UserError(f"the matchers cannot be read: {error}", thing=text, hint=_HINT) from None
    return tuple(_parse_one(piece) for piece in pieces)


_HINT = """as for amtool: 'instance=~"h12.*" job=node'"""


def _parse_one(piece: str) -> Matcher:
    found = _ONE.fullmatch(piece)
    if found is None:
        raise UserError("this is no matcher", thing=piece, hint=_HINT)
    name, operator, value = found.groups()
    is_regex, is_equal = _OPERATORS[operator]
    if is_regex:
        _compiled(value, piece)
    return Matcher(name=name, value=value, isRegex=is_regex, isEqual=is_equal)


def _compiled(value: str, piece: str) -> re.Pattern[str]:
    try:
        return re.compile(value)
    except re.error as error:
        raise UserError(f"this is no regular expression: {error}", thing=piece, hint=_HINT) from None


def argument(matcher: Matcher) -> str:
    """One matcher as an argument of amtool, which reads escapes in values."""
    operator = {pair: text for text, pair in _OPERATORS.items()}[(matcher.isRegex, matcher.isEqual)]
    value = matcher.value
    if not _SAFE.fullmatch(value):
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return f"{matcher.name}{operator}{value}"


def of_hosts(hosts: Sequence[str], label: str) -> tuple[Matcher, ...]:
    """Everything whose `label` is one of the hosts, with or without a port."""
    names = [re.escape(host).replace(r"\-", "-") for host in hosts]
    one_of = names[0] if len(names) == 1 else f"({'|'.join(names)})"
    return (Matcher(name=label, value=f"{one_of}(:[0-9]+)?", isRegex=True),)


def label_of(host: str, alerts: Iterable[Alert]) -> str:
    """The label that carries the host here: the one of its own alerts, else what the others use."""
    every = [alert.tags for alert in alerts]
    for label in HOST_LABELS:
        if any(host_of({label: tags.get(label, "")}) == host and host_of(tags) == host for tags in every):
            return label
    uses_host, uses_instance = any("host" in tags for tags in every), any("instance" in tags for tags in every)
    return "instance" if uses_instance and not uses_host else LABEL


def is_narrow(matcher: Matcher) -> bool:
    """Whether it leaves anything out but by severity. What only excludes, or matches anything, does not."""
    if not matcher.isEqual or matcher.name == "severity" or not matcher.value:
        return False
    if not matcher.isRegex:
        return True
    try:
        pattern = re.compile(matcher.value)
    except re.error:
        return True  # Go's syntax is not Python's: the server reads it
    return sum(pattern.fullmatch(value) is not None for value in _UNLIKELY) < _ANYTHING


def refuse_too_wide(matchers: Sequence[Matcher], system: str) -> None:
    """A silence must name something: refuse one that matches everything or only a severity. Raises UserError."""
    if not any(is_narrow(matcher) for matcher in matchers):
        raise UserError(
            "this silence would mute everything, or everything of a severity",
            system=system,
            hint="match at least one label with a value of its own",
        )


def covers(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether all of them match; a label that is not there is empty. Regular expressions are anchored."""
    return all(_matches(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def _matches(matcher: Matcher, value: str) -> bool:
    if not matcher.isRegex:
        return (matcher.value == value) == matcher.isEqual
    try:
        return (re.fullmatch(matcher.value, value) is not None) == matcher.isEqual
    except re.error:
        return False  # Go's syntax is not Python's: what cannot be read here counts as not matching
