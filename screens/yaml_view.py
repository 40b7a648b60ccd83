"""The whole object as the system has it, as YAML. Fetched when it is opened; secrets never come this way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from hsops.errors import HsopsError
from hsops.model import Key
from hsops.screens.desk import Desk
from hsops.screens.links import kind_title
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.text import BLANK, Line, Span, cut, span, wrap


class YamlView(Page):
    """One object, raw."""

    HINTS: ClassVar[Sequence[tuple[str, str]]] = (
        ("app.copy", "copy it all"),
        ("app.refresh", "ask again"),
        ("view.back", "back"),
    )

    def __init__(self, desk: Desk, place: Place, key: Key) -> None:
        super().__init__(desk, place)
        self._key = key
        self._text = ""
        self._trouble = ""

    def reload(self) -> None:
        """Ask the system."""
        super().reload()
        self.work(self._fetch(), "yaml")

    def again(self) -> bool:
        """Ask anew."""
        self.reload()
        return True

    async def _fetch(self) -> None:
        try:
            self._text = to_yaml(await self.desk.session.raw(self._key))
            self._trouble = ""
        except HsopsError as error:
            self._trouble = str(error)
        self.page.rebuild()

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """Title and text; long lines are cut on the screen, never in the copy."""
        key = self._key
        title = (
            Span(f" {kind_title(self.desk.registry, key.kind)} "),
            span(key.id, "title"),
            span(f"   {key.site} · {key.system}", "dim"),
        )
        lines: list[Line] = [cut(title, room), BLANK]
        lines += [(Span(" "), span(part, "critical")) for part in wrap(self._trouble, room - 2) if part]
        if not self._text and not self._trouble:
            lines.append((Span(" … asking", "dim"),))
        return [*lines, *(_yaml_line(text, room) for text in self._text.splitlines())]

    def copy_text(self) -> str:
        """All of it."""
        return self._text


def _yaml_line(text: str, room: int) -> Line:
    head, colon, rest = text.partition(":")
    if colon and (not rest or rest.startswith(" ")):
        return cut((Span(" "), span(head + colon, "dim"), span(rest)), room)
    return cut((Span(" "), span(text)), room)


def to_yaml(value: Mapping[str, Any]) -> str:
    """Block YAML in the object's own order."""
    import yaml  # noqa: PLC0415 - only here

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(_plain(value), Dumper=dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return text


def _plain(value: Any) -> Any:
    """Only what YAML has by itself; anything else as its text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
