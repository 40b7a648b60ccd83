"""The key map file: which key does what. It is read once; every true conflict is refused with file and line.

``keys.yaml`` in the configuration folder maps the id of a binding (the ``?`` screen shows them) to a key or a list::

    app.command: ";"
    table.page_down: [pagedown, ctrl-d]
    workflow.hypervisor.drain: D

Keys are written ``ctrl-r``, ``shift-left``, ``f5``, ``space`` or as the character itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from textual.binding import Binding
from textual.keys import Keys, format_key

from hsops.errors import ConfigInvalid, Problem

FILE: Final = "keys.yaml"

EVERYWHERE: Final = "everywhere"

RESERVED: Final = frozenset({"ctrl+h", "ctrl+j", "ctrl+k", "ctrl+l", "ctrl+a", "ctrl+b", "delete", "backspace"})
"""Keys that multiplexers and fingers use for something else: no action that changes anything lies here by default."""

NO_KEY: Final = "unbound-"
"""Begins a key that no terminal sends: the key map file can still give its binding another one."""

_SHORT: Final = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown", "del": "delete", "return": "enter"}
_NAMED: Final = frozenset(key.value for key in Keys) | {"space", "enter", "tab"}
_MODIFIERS: Final = ("ctrl", "shift", "alt", "super")
_SHOWN: Final = {"escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "ctrl+@": "ctrl-space"}


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A binding that can be mapped. `where` names the views in which it works: ``panel``, ``panel/ceph.osd`` …"""

    id: str
    keys: tuple[str, ...]
    where: str = EVERYWHERE
    description: str = ""


def known(bindings: Iterable[Any], where: str = EVERYWHERE) -> Iterator[KnownKey]:
    """What of a class's ``BINDINGS`` can be mapped: those that have an id."""
    found: dict[str, KnownKey] = {}
    for binding in Binding.make_bindings(bindings):
        if binding.id is not None:
            before = found.get(binding.id)
            keys = (*before.keys, binding.key) if before else (binding.key,)
            found[binding.id] = KnownKey(binding.id, keys, where, binding.description)
    yield from found.values()


def normal(key: str) -> str:
    """A key as Textual calls it; empty when there is no such key."""
    if len(key) == 1:
        return next(iter(Binding.make_bindings([Binding(key, "none")]))).key if key.isprintable() else ""
    name = key.lower() if key[:1].isascii() else key
    parts = name.replace("+", "-").split("-")
    *modifiers, last = parts if parts[-1] else [*parts[:-2], "-"]
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return ""
    last = _SHORT.get(last, last)
    whole = "+".join([*modifiers, last])
    if whole in ("ctrl+space",):
        return "ctrl+@"
    if len(last) == 1 and modifiers:
        if modifiers == ["shift"] and last.isalpha():
            return last.upper()
        return "+".join([*modifiers, next(iter(Binding.make_bindings([Binding(last, "none")]))).key])
    return whole if whole in _NAMED or last in _NAMED else ""


def has_key(key: str) -> bool:
    """Whether a person can press it."""
    return not key.startswith(NO_KEY)


def key_name(key: str) -> str:
    """A key for a person's eyes: ``ctrl-r``, ``?``, ``esc``."""
    if key in _SHOWN:
        return _SHOWN[key]
    if key == "space":
        return key
    *modifiers, last = key.split("+")
    return "-".join([*modifiers, last if last in _NAMED else _SHOWN.get(last) or format_key(last)])


def load_keymap(path: Path, bindings: Sequence[KnownKey]) -> dict[str, str]:
    """The file as a Textual key map; empty without a file. Raises ConfigInvalid with all its problems."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid([Problem(str(path), 0, f"cannot be read: {error}")]) from error
    by_id = {one.id: one for one in bindings}
    entries, problems = _entries(path, text)
    wanted: dict[str, tuple[tuple[str, ...], int]] = {}
    for id_, keys, number in entries:
        found, why = _checked(id_, keys, by_id)
        if why:
            problems.append(Problem(str(path), number, *why))
        elif id_ in wanted:
            problems.append(Problem(str(path), number, f"{id_} stands here twice", f"see line {wanted[id_][1]}"))
        else:
            wanted[id_] = (found, number)
    problems += _conflicts(path, wanted, by_id)
    if problems:
        raise ConfigInvalid(sorted(problems, key=lambda problem: problem.line))
    return {id_: ",".join(keys) for id_, (keys, _) in wanted.items()}


def _entries(path: Path, text: str) -> tuple[list[tuple[str, list[str], int]], list[Problem]]:
    import yaml  # noqa: PLC0415 - only who has such a file pays for it

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        return [], [Problem(str(path), line, str(getattr(error, "problem", None) or "no YAML"))]
    if node is None:
        return [], []
    if not isinstance(node, yaml.MappingNode):
        return [], [Problem(str(path), 1, "not a mapping of ids to keys", "write   app.command: ':'")]
    entries: list[tuple[str, list[str], int]] = []
    for key, value in node.value:
        values = value.value if isinstance(value, yaml.SequenceNode) else [value]
        keys = [one.value if isinstance(one, yaml.ScalarNode) else "" for one in values]
        entries.append((str(key.value), keys, key.start_mark.line + 1))
    return entries, []


def _checked(
    id_: str, keys: Sequence[str], by_id: Mapping[str, KnownKey]
) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """The normal keys, or what is wrong and what to do."""
    if id_ not in by_id:
        near = difflib.get_close_matches(id_, by_id, n=1)
        return (), (f"nothing is called {id_}", f"did you mean {near[0]}?" if near else "the ? screen shows the names")
    found = tuple(normal(key) for key in keys)
    bad = [key for key, name in zip(keys, found, strict=True) if not name]
    if bad or not found:
        return (), (f"{id_}: no such key: {', '.join(repr(key) for key in bad)}", "write ctrl-r, f5, space or ?")
    return found, None


def _conflicts(
    path: Path, wanted: Mapping[str, tuple[tuple[str, ...], int]], by_id: Mapping[str, KnownKey]
) -> Iterator[Problem]:
    """Keys that the file gives to a binding while another one that works in the same view has them."""
    now = {id_: wanted[id_][0] if id_ in wanted else one.keys for id_, one in by_id.items()}
    for id_, (keys, number) in wanted.items():
        for other, theirs in now.items():
            both_in_file = other in wanted and wanted[other][1] < number
            shared = set(keys) & set(theirs)
            if other == id_ or not shared or not _meet(by_id[id_].where, by_id[other].where):
                continue
            if other in wanted and not both_in_file:
                continue  # told once, at the later line
            names = ", ".join(key_name(key) for key in sorted(shared))
            yield Problem(str(path), number, f"{id_}: {names} is taken by {other}", "give one of them another key")


def _meet(one: str, other: str) -> bool:
    return one == other or EVERYWHERE in (one, other) or one.startswith(other + "/") or other.startswith(one + "/")
