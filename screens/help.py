"""Help: the keys of the view one stands in, made from its bindings; and all kinds with their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from hsops.screens import commands
from hsops.screens.keys import has_key, key_name
from hsops.screens.page import Page
from hsops.screens.place import Place
from hsops.screens.place import View as Kind
from hsops.screens.text import BLANK, Line, Span, cut, rule, span
from hsops.screens.view import View

_GROUPS = (
    ("action.", "actions on the row"),
    ("workflow.", "guided workflows on the row"),
    ("panel.", "this view"),
    ("page.", "this view"),
    ("detail.", "this view"),
    ("map.", "this view"),
    ("run.", "this view"),
    ("runs.", "this view"),
    ("plan.", "this view"),
    ("catalogue.", "this view"),
    ("approval.", "this view"),
    ("report.", "this view"),
    ("form.", "this view"),
    ("sort.", "sort"),
    ("table.", "move"),
    ("lines.", "move"),
    ("view.", "everywhere"),
    ("app.", "everywhere"),
)


class Keys(Page):
    """Keys and commands of the view below."""

    HINTS: ClassVar[Sequence[tuple[str, str]]] = (("view.back", "back"),)

    def __init__(self, below: View) -> None:
        super().__init__(below.desk, Place(Kind.HELP))
        self._title = below.place.view.value
        self._groups = groups(below)

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """Keys by group, then the command line."""
        lines: list[Line] = [(Span(f" keys of {self._title}", "title"),), BLANK]
        for title, entries in self._groups.items():
            lines += [rule(title, room), *_columns(entries, room), BLANK]
        lines += [rule("after :", room), *command_lines(room), BLANK, rule("after /", room)]
        return [*lines, *filter_lines()]


Help = Keys
"""The name under which the app opens it."""


def groups(view: View) -> dict[str, list[tuple[str, str, str]]]:
    """Keys, what they do and the id for the key map file, by group, as they work in the view now."""
    keys: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for key, active in view.active_bindings.items():
        id_ = active.binding.id
        if id_ is not None:
            words.setdefault(id_, active.binding.description)
            if has_key(key):
                keys.setdefault(id_, []).append(key_name(key))
    found: dict[str, list[tuple[str, str, str]]] = {title: [] for _, title in _GROUPS}
    for id_, word in words.items():
        title = next((title for start, title in _GROUPS if id_.startswith(start)), "everywhere")
        found[title].append((" ".join(keys.get(id_, ["–"])), word, id_))
    return {title: entries for title, entries in found.items() if entries}


def _columns(entries: Sequence[tuple[str, str, str]], room: int) -> list[Line]:
    lines = []
    for keys, word, id_ in entries:
        spans = (Span(f" {keys:18} ", "key"), span(f"{word:48} "), Span(id_, "dim"))
        lines.append(cut(spans, room))
    return lines


def command_lines(room: int) -> Iterable[Line]:
    """The words of the command line."""
    yield cut(
        (Span(f" {'KIND':18} ", "key"), span("its panel; KIND /filter, KIND a=b,c=d, KIND @site, KIND @all")), room
    )
    for word in commands.WORDS:
        names = " ".join((word.name, *word.other))
        yield cut((Span(f" {names:18} ", "key"), span(f"{word.argument:16} {word.help}")), room)


def filter_lines() -> Iterable[Line]:
    """The forms of a filter."""
    for form, meaning in (
        ("text", "rows in which the regular expression is found"),
        ("!text", "rows in which it is not"),
        ("-l a=b,c!=d", "rows with these labels"),
        ("-f text", "rows that look like it (fuzzy)"),
    ):
        yield (Span(f" {form:18} ", "key"), Span(meaning))


class Aliases(Page):
    """All kinds, by layer, with the names they answer to."""

    def lines(self, room: int, height: int) -> Sequence[Line]:
        """A line for each kind."""
        lines: list[Line] = [
            (Span(" kinds", "title"), Span("   Enter opens one, : and any of its names too", "dim")),
            BLANK,
        ]
        registry = self.desk.registry
        open_kinds = {kind.name for kind in self.desk.session.kinds}
        for plugin in sorted(registry.plugins.values(), key=lambda one: -one.layer):
            lines.append(rule(f"{plugin.layer.value} {plugin.layer.title}: {plugin.title}", room))
            for kind in plugin.kinds:
                known = kind.name in open_kinds
                rows = f"{len(self.desk.store.rows(kind.name)):>9,}" if known else "        –"
                names = ", ".join((kind.title, *kind.aliases))
                place = Place(Kind.PANEL, kind=kind.name)
                line = (Span(" "), span(f"{kind.plural:22}", "", place), Span(f"{rows}   ", "dim"), span(f"{names:34}"),
                        Span(kind.name, "dim"))  # fmt: skip
                lines.append(cut(line, room))
        return lines
