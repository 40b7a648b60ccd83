"""Texts and switches of the command line stay as they were given.

typer converts every value with pydantic, which takes a quarter of a second to load; these need no conversion.
This reaches into typer's parameters. Where a typer has no such place, nothing is changed and commands only start later
(a test tells).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_PLACE = "_runtime_param"


class AsGiven:
    """In place of typer's conversion of a parameter."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value itself; what was not given of a list is an empty one."""
        if value is None and (param.multiple or param.nargs == -1):
            return ()
        return value


def leave_texts(command: Any) -> None:
    """Let the parameters of a command, and of those below it, that are texts or switches stay as they are."""
    for param in _params(command):
        descriptor = getattr(param, "type_descriptor", None)
        if hasattr(param, _PLACE) and getattr(descriptor, "annotation", None) in (str, list[str], bool):
            setattr(param, _PLACE, AsGiven())


def _params(command: Any) -> Iterator[Any]:
    yield from command.params
    for inner in getattr(command, "commands", {}).values():
        yield from _params(inner)
