"""Plain values to a typed struct, with every problem at once and the place of each."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from hsops.config.document import Place
from hsops.plugin import Secret
from hsops.registry import near

S = TypeVar("S", bound=msgspec.Struct)

REFERENCE = "write {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT]}"
_WORDS = {"list": "array", "mapping": "object", "text": "str"}
_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class Fault(NamedTuple):
    """Something wrong at a place. Never holds a value from the file: it may be a secret in the wrong spot."""

    place: Place
    what: str
    hint: str = ""


def convert(data: Mapping[str, Any], wanted: type[S], place: Place = ()) -> tuple[S | None, list[Fault]]:
    """`data` as a `wanted`, or None and everything that is wrong with it."""
    faults = list(_struct_faults(data, wanted, place))
    if faults:
        return None, faults
    try:
        return msgspec.convert(data, wanted), []
    except msgspec.ValidationError as error:
        return None, [_told(error, place)]


def _faults(value: Any, wanted: Any, place: Place) -> Iterator[Fault]:
    structs = _structs(wanted)
    if Secret in structs:
        yield from _secret_faults(value, wanted, place)
    elif isinstance(value, Mapping) and len(structs) == 1:
        yield from _struct_faults(value, structs[0], place)
    elif (inner := _inner(wanted)) is not None and isinstance(value, (list, Mapping)) and _structs(inner):
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        for step, item in pairs:
            yield from _faults(item, inner, (*place, step))
    else:
        yield from _leaf_faults(value, wanted, place)


def _struct_faults(data: Mapping[str, Any], wanted: type[msgspec.Struct], place: Place) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    for key in data:
        if key not in fields:
            yield Fault((*place, key), f"unknown key {key}", near(key, fields))
    for name, field in fields.items():
        if name in data:
            yield from _faults(data[name], field.type, (*place, name))
        elif field.required:
            yield Fault(place, f"{name} is missing", _example(name, field.type))


def _leaf_faults(value: Any, wanted: Any, place: Place) -> Iterator[Fault]:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        yield _told(error, place)


def _secret_faults(value: Any, wanted: Any, place: Place) -> Iterator[Fault]:
    name = str(place[-1]) if place else "this"
    optional = type(None) in typing.get_args(wanted)
    if value is None and optional:
        return
    if not isinstance(value, Mapping):
        yield Fault(place, f"{name} is a secret and must not stand in the file", REFERENCE)
        return
    inner = list(_struct_faults(value, Secret, place))
    yield from inner
    if inner:
        return
    if sum(part is not None for part in value.values()) != 1:
        yield Fault(place, f"{name} needs exactly one of env, file and command", REFERENCE)
    elif isinstance(value.get("env"), str) and not _ENV.fullmatch(value["env"]):
        yield Fault((*place, "env"), f"{name}: env takes the name of an environment variable, not its value", REFERENCE)
    elif value.get("command") == [] or value.get("file") == "":
        yield Fault(place, f"{name} refers to nothing", REFERENCE)


def _structs(wanted: Any) -> list[type[msgspec.Struct]]:
    """The struct types that `wanted` may be itself."""
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return [found for part in typing.get_args(wanted) for found in _structs(part)]
    if typing.get_origin(wanted) is typing.Annotated:
        return _structs(typing.get_args(wanted)[0])
    return [wanted] if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) else []


def _inner(wanted: Any) -> Any:
    """The type of the members of a list, tuple or mapping; None for anything else."""
    parts = typing.get_args(wanted)
    origin = typing.get_origin(wanted)
    if origin in (typing.Union, types.UnionType):
        return next((inner for part in parts if (inner := _inner(part)) is not None), None)
    if origin is typing.Annotated:
        return _inner(parts[0])
    if not isinstance(origin, type) or not parts:
        return None
    if issubclass(origin, Mapping):
        return parts[1]
    return parts[0] if issubclass(origin, (list, tuple, set, frozenset)) else None


def _told(error: msgspec.ValidationError, place: Place) -> Fault:
    """msgspec's sentence at its place. Quoted values are left out of it."""
    text = str(error)
    found = _PATH.search(text)
    steps: list[str | int] = []
    if found:
        text = text[: found.start()]
        steps = [name or int(index) for name, index in _STEP.findall(found["path"]) if name or index]
    where = (*place, *steps)
    name = next((step for step in reversed(where) if isinstance(step, str)), "")
    sentence = re.sub(r"Invalid enum value .*", "not one of the values it may have", text)
    sentence = sentence[:1].lower() + sentence[1:].replace("`", "").replace(" | null", "")
    for ours, theirs in _WORDS.items():
        sentence = re.sub(rf"\b{theirs}\b", ours, sentence)
    return Fault(where, f"{name}: {sentence}" if name else sentence)


def _example(name: str, wanted: Any) -> str:
    return f"{name}: {REFERENCE.removeprefix('write ')}" if Secret in _structs(wanted) else ""
