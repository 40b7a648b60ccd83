"""``filter=`` of the API: one matcher each, in Prometheus' notation."""

from __future__ import annotations

import re

from hsops.simulator.monitoring import Matcher

PATTERN = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*))\s*')


class BadMatcher(ValueError):
    """A filter that cannot be read, in the server's words."""


def matcher(text: str) -> Matcher:
    """Read one filter. Raises BadMatcher."""
    found = PATTERN.fullmatch(text)
    if found is None:
        raise BadMatcher(f"bad matcher format: {text}")
    name, operator, quoted, bare = found.groups()
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
    checked = Matcher(name, value, operator in ("=~", "!~"), operator in ("=", "=~"))
    if checked.isRegex:
        regex_fault(value)
    return checked


def regex_fault(value: str) -> None:
    """Raise BadMatcher when a regular expression cannot be compiled."""
    try:
        re.compile(value)
    except re.error as error:
        raise BadMatcher(f"error parsing regexp: {error}: `^(?:{value})$`") from error
