"""Texts and switches of the command line stay as they were given.

typer converts every value with pydantic, which takes a quarter of a second to load; these need no conversion.
This reaches into typer's parameters. Where a typer has no such place, nothing is changed and commands only start later
(a test tells).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

_PLACE = "_runtime_param"


class AsGiven:
    """In place of typer's conversion of a parameter."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value itself; what was not given of a list is an empty one."""
        if value is None and (param.multiple or param.nargs == -1):
            return ()
        return value


def leave_texts(command: Any, helps: Sequence[str] = ("--help",)) -> None:
    """Let the parameters of a command, and of those below it, that are texts or switches stay as they are.

    `helps`: names of the help option, as the command above has it.
    """
    helps = command.context_settings.get("help_option_names", helps)
    asked = command.get_help_option(typer.Context(command, help_option_names=list(helps)))
    for param in (*command.params, *([asked] if asked is not None else [])):
        descriptor = getattr(param, "type_descriptor", None)
        if hasattr(param, _PLACE) and getattr(descriptor, "annotation", None) in (str, list[str], bool):
            setattr(param, _PLACE, AsGiven())
    for inner in getattr(command, "commands", {}).values():
        leave_texts(inner, helps)
