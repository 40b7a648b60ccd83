"""``-o jsonpath=…`` and ``-o custom-columns=…`` as kubectl has them.

Understood: ``{.a.b}``, ``{['a.b']}``, ``[0]``, ``[-1]``, ``[1:3]``, ``[*]``, ``..name``, ``[?(@.a.b=="x")]`` with
``== != < <= > >=``, ``{range …}…{end}``, ``{"\\t"}`` and plain text between the braces.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hsops.cli.output.delimited import text_of
from hsops.errors import UserError

Step: TypeAlias = Callable[[Any], Iterator[Any]]

_STEP = re.compile(
    r"""
    \.\.(?P<deep>[\w-]+)
  | \.?(?P<star>\*) | \.(?P<name>[\w-]+) | \.(?=\[|$)
  | \[\s*(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\s*\]
  | \[\s*(?P<all>\*)\s*\]
  | \[\s*(?P<slice>-?\d*\s*:\s*-?\d*)\s*\]
  | \[\s*(?P<index>-?\d+)\s*\]
  | \[\?\(\s*@(?P<path>[^=!<>)]*?)\s*(?:(?P<compare>==|!=|<=|>=|<|>)\s*(?P<value>"[^"]*"|'[^']*'|[^)\s]+)\s*)?\)\]
    """,
    re.VERBOSE,
)
_BLOCK = re.compile(r"\{(?P<inside>(?:[^{}\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')*)\}")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Path:
    """A path into plain values."""

    def __init__(self, text: str) -> None:
        self._steps = list(_steps(text.strip().removeprefix("$").removeprefix("@")))

    def find(self, value: Any) -> list[Any]:
        """Everything that the path means; empty when there is nothing."""
        found = [value]
        for step in self._steps:
            found = [inner for outer in found for inner in step(outer)]
        return found


def _steps(text: str) -> Iterator[Step]:
    place = 0
    if text and text[0] not in ".[":
        text = "." + text
    while place < len(text):
        match = _STEP.match(text, place)
        if match is None or match.end() == place:
            raise UserError(f"the path is not understood from {text[place : place + 20]!r} on", hint="{.metadata.name}")
        place = match.end()
        if match[0] != ".":
            yield _step(match)


def _step(match: re.Match[str]) -> Step:
    if match["deep"]:
        return lambda value: _deep(value, match["deep"])
    if match["star"] or match["all"]:
        return _all
    if match["index"]:
        return lambda value: _index(value, int(match["index"]))
    if match["slice"]:
        low, high = (int(part) if part.strip() else None for part in match["slice"].split(":"))
        return lambda value: iter(value[low:high] if isinstance(value, (list, tuple)) else ())
    if match["path"] is not None:
        return _filter(match)
    name = match["name"] or match["quoted"]
    return lambda value: iter([value[name]] if isinstance(value, dict) and name in value else ())


def _all(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value


def _index(value: Any, index: int) -> Iterator[Any]:
    if isinstance(value, (list, tuple)) and -len(value) <= index < len(value):
        yield value[index]


def _deep(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict) and name in value:
        yield value[name]
    for inner in _all(value):
        yield from _deep(inner, name)


def _filter(match: re.Match[str]) -> Step:
    path, compare = Path(match["path"] or ""), match["compare"]
    wanted = _literal(match["value"]) if compare else None

    def holds(item: Any) -> bool:
        found = path.find(item)
        if not compare:
            return bool(found)
        try:
            return any(_COMPARE[compare](value, wanted) for value in found)
        except TypeError:
            return False

    return lambda value: (item for item in _all(value) if holds(item))


def _literal(text: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class _Range:
    path: Path
    body: list[Any]


class Template:
    """A template with paths in braces."""

    def __init__(self, text: str) -> None:
        parts = _parts(text if "{" in text else "{" + text + "}")
        self._body, rest = _body(parts, 0, nested=False)
        if rest != len(parts):
            raise UserError("{end} without {range …}", hint="{range .items[*]}{.metadata.name}{end}")

    def text(self, data: Any) -> str:
        """The template filled from `data`."""
        return "".join(_filled(self._body, data, data))


def _parts(text: str) -> list[str]:
    """Text and ``{blocks}`` by turns, in order."""
    parts: list[str] = []
    place = 0
    for found in _BLOCK.finditer(text):
        parts += [text[place : found.start()], found[0]]
        place = found.end()
    parts.append(text[place:])
    if any("{" in part or "}" in part for part in parts[::2]):
        raise UserError("a brace of the template has no partner", hint="{.metadata.name}")
    return parts


def _body(parts: Sequence[str], place: int, *, nested: bool) -> tuple[list[Any], int]:
    body: list[Any] = []
    while place < len(parts):
        part = parts[place]
        place += 1
        if not part.startswith("{"):
            body.append(part)
            continue
        inside = part[1:-1].strip()
        if inside == "end":
            if not nested:
                return body, -1
            return body, place
        if inside.startswith("range"):
            inner, place = _body(parts, place, nested=True)
            body.append(_Range(Path(inside.removeprefix("range")), inner))
        else:
            body.append(_quoted(inside) if inside[:1] in ("'", '"') else Path(inside))
    if nested:
        raise UserError("{range …} without {end}", hint="{range .items[*]}{.metadata.name}{end}")
    return body, place


def _quoted(text: str) -> str:
    quote = text[0]
    if len(text) < 2 or text[-1] != quote:
        raise UserError(f"{text} has no end")
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda found: escapes.get(found[1], found[1]), text[1:-1])


def _filled(body: Sequence[Any], here: Any, root: Any) -> Iterator[str]:
    for part in body:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Path):
            yield " ".join(_shown(value) for value in part.find(here) or (part.find(root) if here is not root else []))
        else:
            for item in part.path.find(here):
                yield from _filled(part.body, item, root)


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list, tuple)):
        return str(text_of(json.dumps(value, ensure_ascii=False)))
    return str(text_of(value))


def custom_columns(spec: str) -> list[tuple[str, Path]]:
    """``NAME:.metadata.name,STATE:.status.state`` as titles and paths. Raises UserError."""
    columns: list[tuple[str, Path]] = []
    for part in spec.split(","):
        title, colon, path = part.partition(":")
        if not colon or not title.strip() or not path.strip():
            raise UserError(f"{part!r} is no custom column", hint="custom-columns=NAME:.metadata.name")
        columns.append((title.strip(), Path(path.strip().removeprefix("{").removesuffix("}"))))
    return columns


def shown(path: Path, data: Any) -> str:
    """The text of a path for a custom column; kubectl's ``<none>`` when there is nothing."""
    found = [_shown(value) for value in path.find(data) if value is not None]
    return ",".join(found) or "<none>"
