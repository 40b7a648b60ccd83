"""The ``:`` line: what can be typed, what it means and how it is completed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hsops.errors import UserError
from hsops.model import Kind
from hsops.registry import Registry
from hsops.screens.place import OVERVIEW, Place, View


@dataclass(frozen=True, slots=True)
class Word:
    """A command that is no kind."""

    name: str
    help: str
    argument: str = ""
    other: tuple[str, ...] = ()


WORDS: Final = (
    Word("overview", "the whole stack", other=("home",)),
    Word("runs", "workflow runs", other=("run",), argument="ID"),
    Word("workflows", "guided workflows", other=("wf",), argument="NAME"),
    Word("impact", "what depends on it", argument="REF"),
    Word("sources", "where data come from, how old they are", other=("systems",)),
    Word("aliases", "all kinds and their names", other=("kinds",)),
    Word("help", "keys and commands", other=("h",)),
    Word("unlock", "allow changes for a time", argument="15m REASON"),
    Word("lock", "read-only again"),
    Word("theme", "colours", argument="NAME", other=("skin",)),
    Word("save", "what is on the screen", argument="csv|json|md"),
    Word("refresh", "ask the sources now"),
    Word("q", "leave", other=("quit", "q!")),
)

_BY_NAME: Final = {name: word for word in WORDS for name in (word.name, *word.other)}

VIEWS: Final = {
    "overview": OVERVIEW,
    "sources": Place(View.SOURCES),
    "aliases": Place(View.ALIASES),
    "help": Place(View.HELP),
    "runs": Place(View.RUNS),
    "workflows": Place(View.WORKFLOWS),
}


@dataclass(frozen=True, slots=True)
class Command:
    """A line understood: a place to go to, or a word with its argument."""

    word: str = ""
    argument: str = ""
    place: Place | None = None

    @property
    def stays(self) -> bool:
        """Whether the place opens above what is there, so that Esc comes back to it."""
        return self.place is not None and self.place.view not in (View.PANEL, View.OVERVIEW)


@dataclass(frozen=True, slots=True)
class Known:
    """What a line can name: kinds and workflows, open sites, and the plugins whose words win."""

    registry: Registry
    sites: Sequence[str]
    plugins: Collection[str] = ()


def parse(text: str, known: Known) -> Command | None:
    """What a line means; None for an empty one. Raises UserError with what was probably meant."""
    name, _, rest = text.strip().lstrip(":").partition(" ")
    rest = rest.strip()
    if not name:
        return None
    word = _BY_NAME.get(name)
    if word is not None:
        if word.name == "runs" and rest:
            return Command(place=Place(View.RUN, name=rest))
        if word.name == "workflows" and rest:
            return Command(place=Place(View.FORM, name=known.registry.workflow(rest).name))
        place = VIEWS.get(word.name)
        return Command(place=place) if place is not None else Command(word.name, rest)
    return Command(place=_panel(name, rest, known))


def _panel(name: str, rest: str, known: Known) -> Place:
    """``kind /filter``, ``kind a=b,c=d``, ``kind @site`` in any order; a filter takes the rest of the line."""
    try:
        kind = known.registry.kind(name, prefer=known.plugins)
    except UserError as error:
        near = [word for word in _BY_NAME if word.startswith(name)]
        raise (UserError("no such command", thing=name, hint=f"did you mean :{near[0]}?") if near else error) from None
    site, query = "", ""
    while rest:
        head, _, tail = rest.partition(" ")
        if rest.startswith("/"):
            query, tail = rest[1:], ""
        elif head.startswith("@"):
            site = "" if head == "@all" else head[1:]
            if site and site not in known.sites:
                raise UserError("no such site", thing=site, hint="there are " + ", ".join(known.sites))
        elif "=" in head:
            query = f"-l {head}"
        else:
            raise UserError("not understood", thing=head, hint=f":{name} /filter, :{name} a=b or :{name} @site")
        rest = tail.strip()
    return Place(View.PANEL, kind=kind.name, query=query, site=site)


@dataclass(frozen=True, slots=True)
class Completer:
    """Completes ``:`` lines."""

    kinds: Sequence[Kind]
    sites: Sequence[str]
    themes: Callable[[], Sequence[str]]
    workflows: Callable[[], Sequence[str]]
    things: Callable[[str], Sequence[str]]
    """References that begin with a text, for ``:impact``."""

    def __call__(self, text: str) -> Sequence[str]:
        """Whole lines that `text` may become."""
        head, space, rest = text.lstrip(":").partition(" ")
        if not space:
            return list(self._names(head))
        return [f"{head} {one}" for one in self._arguments(head, rest)]

    def _names(self, start: str) -> Iterator[str]:
        seen: set[str] = set()
        for name in (*self._kind_names(), *(word.name for word in WORDS if len(word.name) > 1)):
            if name.startswith(start.lower()) and name not in seen:
                seen.add(name)
                yield name

    def _kind_names(self) -> Iterator[str]:
        for kind in self.kinds:
            if " " not in kind.plural:
                yield kind.plural
        for kind in self.kinds:
            yield from kind.aliases
        for kind in self.kinds:
            yield kind.name

    def _arguments(self, name: str, start: str) -> Sequence[str]:
        word = _BY_NAME.get(name)
        offers: Sequence[str]
        if word is None:
            offers = [f"@{site}" for site in (*self.sites, "all")] if start.startswith("@") else ()
        elif word.name == "impact":
            return self.things(start)
        else:
            offers = self._words(word.name)
        return [one for one in offers if one.startswith(start)]

    def _words(self, name: str) -> Sequence[str]:
        match name:
            case "theme":
                return self.themes()
            case "workflows":
                return self.workflows()
            case "save":
                return ("csv", "json", "md")
            case "unlock":
                return ("15m ", "1h ")
        return ()
