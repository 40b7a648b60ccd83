"""YAML that knows its lines: a document as plain values, with the line of every key, and hostile input refused.

Only what a configuration needs is understood: mappings with text keys, lists and scalars of the YAML 1.2 core schema
(``no`` and ``on`` are words, not booleans). Tags are refused, aliases are expanded within a budget, duplicate keys and
files that are too large, too deep or not UTF-8 are told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from hsops.errors import Problem

MOST_BYTES = 262_144
MOST_VALUES = 20_000
"""Values of a document after its aliases are expanded."""
MOST_LEVELS = 40

Place: TypeAlias = "tuple[str | int, ...]"
"""Keys and indexes from the top of the document."""

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))


@dataclass(slots=True)
class Document:
    """A file as plain values. `lines` has the line (from 1) of every place; `problems` what could not be read."""

    name: str
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it that is in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)

    def problem(self, place: Place, what: str, hint: str = "") -> Problem:
        """A problem at a place of this document."""
        return Problem(self.name, self.line(place), what, hint)


class _Refused(Exception):
    """A document that is not worth reading on."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.line = line
        self.what = what
        self.hint = hint


def read_document(path: Path) -> Document:
    """The document of a file. Never raises: what is wrong is in its `problems`."""
    document = Document(str(path))
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        document.problems.append(Problem(document.name, 0, f"cannot be read: {error.strerror}", _advice(error)))
        return document
    return parse_document(document.name, raw)


def _advice(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "`hsops site init` writes one"
    return "check its mode and owner" if isinstance(error, PermissionError) else ""


def parse_document(name: str, raw: bytes) -> Document:
    """The document of these bytes; `name` is what problems call it. Never raises."""
    document = Document(name)
    try:
        document.data = _parse(document, raw)
    except _Refused as refused:
        document.problems.append(Problem(name, refused.line, refused.what, refused.hint))
    return document


def _parse(document: Document, raw: bytes) -> Any:
    if len(raw) > MOST_BYTES:
        raise _Refused(0, f"is larger than {MOST_BYTES // 1024} KiB", "a site file names systems, nothing more")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Refused(raw.count(b"\n", 0, error.start) + 1, "is not UTF-8 text") from None
    try:
        # the base loader constructs nothing and leaves every plain scalar a text
        node = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _Refused(mark.line + 1 if mark else 0, f"is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise _Refused(0, f"is not YAML: {error}") from None
    except RecursionError:
        raise _Refused(0, "is nested too deeply") from None
    return None if node is None else _Walk(document).value(node, ())


class _Walk:
    """From nodes to values, with a budget."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = MOST_VALUES

    def value(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self._left -= 1
        if self._left < 0:
            raise _Refused(line, f"has more than {MOST_VALUES} values once its aliases are expanded")
        if len(place) > MOST_LEVELS:
            raise _Refused(line, "is nested too deeply, or an alias contains itself")
        self._document.lines.setdefault(place, line)
        if node.tag not in _PLAIN_TAGS:
            self._tell(line, f"has the tag {node.tag}", "write plain values")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - there are three sorts of nodes
        return _scalar(node.value, quoted=bool(node.style))

    def _mapping(self, node: yaml.MappingNode, place: Place) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._tell(line, "has a key that is not a word")
                continue
            key: str = key_node.value
            if key in found:
                first = self._document.lines[(*place, key)]
                self._tell(line, f"has the key {key} a second time", f"the first is on line {first}")
                continue
            self._document.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key))
        return found

    def _tell(self, line: int, what: str, hint: str = "") -> None:
        self._document.problems.append(Problem(self._document.name, line, what, hint))


def _scalar(text: str, *, quoted: bool) -> str | int | float | bool | None:
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 40:  # no number that a setting means; and int() of a huge text takes its time
        return text
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
