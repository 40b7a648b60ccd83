"""The inputs of a workflow: from the texts of a form or a command line to values of the declared types."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from hsops.durations import seconds
from hsops.errors import UserError
from hsops.plugin import Input, Workflow

__all__ = ["convert", "seconds"]

_Reader: TypeAlias = Callable[[Any, Input], Any]
_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def convert(workflow: Workflow, given: Mapping[str, Any]) -> dict[str, Any]:
    """All declared inputs with their values. Raises UserError that names every fault at once."""
    faults = [_unknown(workflow, name) for name in given if name not in {entry.name for entry in workflow.inputs}]
    values: dict[str, Any] = {}
    for entry in workflow.inputs:
        try:
            values[entry.name] = _value(entry, given.get(entry.name))
        except ValueError as error:
            faults.append(f"{entry.name}: {error}")
    if faults:
        raise UserError("; ".join(faults), thing=workflow.name, hint=f"hsops run {workflow.name} --help")
    return values


def _unknown(workflow: Workflow, name: str) -> str:
    near = difflib.get_close_matches(name, [entry.name for entry in workflow.inputs], n=1)
    return f"no input named {name}" + (f" (did you mean {near[0]}?)" if near else "")


def _value(entry: Input, given: Any) -> Any:
    raw = entry.default if given is None else given
    if raw == "":
        if entry.required:
            raise ValueError("is required")
        return "" if entry.type in ("text", "ref", "choice") else None
    read: _Reader = _READERS.get(entry.type, _text)
    return read(raw, entry)


def _text(raw: Any, entry: Input) -> str:
    return str(raw)


def _int(raw: Any, entry: Input) -> int:
    try:
        return int(raw)
    except (TypeError, ValueError):
        raise ValueError(f"{raw!r} is not a whole number") from None


def _bool(raw: Any, entry: Input) -> bool:
    if isinstance(raw, bool):
        return raw
    try:
        return _WORDS[str(raw).lower()]
    except KeyError:
        raise ValueError(f"{raw!r} is neither yes nor no") from None


def _choice(raw: Any, entry: Input) -> str:
    if str(raw) not in entry.choices:
        raise ValueError(f"{raw!r} is none of {', '.join(entry.choices)}")
    return str(raw)


def _duration(raw: Any, entry: Input) -> float:
    return seconds(raw)


_READERS: Mapping[str, _Reader] = {
    "int": _int,
    "bool": _bool,
    "choice": _choice,
    "duration": _duration,
}
