"""Which plugins there are, bundled and of other distributions. A broken one is an entry, never a crash."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import msgspec

import hsops.plugins
from hsops.errors import Unsupported, UserError, plain
from hsops.model import Kind
from hsops.plugin import Options, Panel, Plugin, Target, Workflow
from hsops.runbooks import WORKFLOWS as COMPOSED

ENTRY_POINTS = "hsops.plugins"
"""Entry-point group of outside plugins; the entry's value is their `Plugin`."""

RESERVED = frozenset({"plugin", "name", "timeout"})
"""Keys of a system in the site file that the core reads itself; no plugin's options may use them."""


class Registry:
    """All plugins that could be loaded, and for the others the reason in one sentence."""

    def __init__(self, plugins: Iterable[Plugin], broken: Mapping[str, str] | None = None) -> None:
        faults = dict(broken or {})
        good: dict[str, Plugin] = {}
        for plugin in plugins:
            if plugin.name in good:
                faults[f"{plugin.name} (second)"] = f"the name {plugin.name} is taken by another plugin"
            elif fault := _fault_of(plugin):
                faults[plugin.name] = fault
            else:
                good[plugin.name] = plugin
        self.plugins: Mapping[str, Plugin] = MappingProxyType(dict(sorted(good.items())))
        self.broken: Mapping[str, str] = MappingProxyType(faults)
        self._kinds = {kind.name: kind for plugin in self.plugins.values() for kind in plugin.kinds}
        self._words = _words(self._kinds.values())

    @classmethod
    def load(cls) -> Self:
        """Bundled plugins first, then those of entry points. A broken one is told in `broken` and harms nobody."""
        plugins: list[Plugin] = []
        broken: dict[str, str] = {}
        for name, read in (*_bundled(), *_outside()):
            try:
                plugins.append(_checked(read()))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - an outside author's module may fail in any way
                broken[name] = plain(f"{type(error).__name__}: {error}", 300)
        return cls(plugins, broken)

    def plugin(self, name: str) -> Plugin:
        """The plugin of that name. Raises UserError with near matches, or with the reason why it is broken."""
        if name in self.plugins:
            return self.plugins[name]
        if name in self.broken:
            raise UserError(f"the plugin {name} cannot be loaded: {self.broken[name]}", hint="hsops plugins")
        raise UserError(f"there is no plugin {name}", hint=near(name, self.plugins))

    @property
    def kinds(self) -> Sequence[Kind]:
        """Every kind of every plugin, by full name."""
        return tuple(self._kinds[name] for name in sorted(self._kinds))

    def kind(self, text: str, prefer: Collection[str] = ()) -> Kind:
        """The kind meant by its full name, last part, title, plural or alias, in any case.

        When several plugins use the word, those in `prefer` (the plugins of the open sites) win over the others.
        Raises UserError when nothing or more than one is meant.
        """
        word = text.strip().lower()
        if word in self._kinds:
            return self._kinds[word]
        names = self._words.get(word, ())
        if len(names) > 1:
            names = [name for name in names if name.partition(".")[0] in prefer] or names
        if len(names) == 1:
            return self._kinds[names[0]]
        if names:
            raise UserError(f"{text} may be {' or '.join(names)}", hint="use the full name")
        known = [other for other, kinds in self._words.items() if not prefer or _of(kinds, prefer)]
        raise UserError(f"there is no kind {text}", hint=near(word, known, otherwise="`hsops kinds` lists them"))

    def owner(self, kind_name: str) -> Plugin:
        """The plugin that brings a kind (full name). Raises KeyError."""
        return self.plugins[self._kinds[kind_name].name.partition(".")[0]]

    def panel(self, kind_name: str) -> Panel:
        """How a kind is shown; the plain table when its plugin says nothing."""
        panels = self.owner(kind_name).panels
        return next((panel for panel in panels if panel.kind == kind_name), Panel(kind=kind_name))

    @property
    def workflows(self) -> Sequence[Workflow]:
        """Every workflow of every plugin, and those composed of what all plugins can do, by name."""
        found = (workflow for plugin in self.plugins.values() for workflow in plugin.workflows)
        return tuple(sorted((*COMPOSED, *found), key=lambda workflow: workflow.name))

    def workflow(self, name: str) -> Workflow:
        """The workflow of that name. Raises UserError with near matches."""
        names = {workflow.name: workflow for workflow in self.workflows}
        if name not in names:
            hint = near(name, names, otherwise="`hsops workflows` lists them")
            raise UserError(f"there is no workflow {name}", hint=hint)
        return names[name]


def resolve(target: Target) -> Any:
    """What ``"module:attribute"`` names. Raises Unsupported when the module needs something that is not installed."""
    module, _, attribute = target.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ImportError as error:
        raise Unsupported(f"{module} cannot be imported: {error}", hint="install what it needs") from error
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise Unsupported(f"{module} has no {attribute}", hint="report this to the plugin's author") from error
    return found


def near(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint: the words most like `word`, or all of them when there are few."""
    words = sorted(set(known))
    close = difflib.get_close_matches(word, words, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    if otherwise or not words:
        return otherwise
    return f"known: {', '.join(words)}"


def _of(kinds: Sequence[str], plugins: Collection[str]) -> bool:
    return any(name.partition(".")[0] in plugins for name in kinds)


def _words(kinds: Iterable[Kind]) -> Mapping[str, Sequence[str]]:
    """Every short word with the full names of the kinds that it may mean."""
    words: defaultdict[str, list[str]] = defaultdict(list)
    for kind in kinds:
        short = kind.name.partition(".")[2]
        names = {short, kind.title, kind.plural, *kind.aliases}
        names |= {name.replace(" ", "-") for name in names}
        for name in {name.lower() for name in names}:
            words[name].append(kind.name)
    return {word: sorted(names) for word, names in words.items()}


def _bundled() -> Iterator[tuple[str, Callable[[], object]]]:
    for module in pkgutil.iter_modules(hsops.plugins.__path__):
        if not module.name.startswith("_"):
            yield module.name, _reader(f"{hsops.plugins.__name__}.{module.name}")


def _reader(module: str) -> Callable[[], object]:
    return lambda: importlib.import_module(module).PLUGIN


def _outside() -> Iterator[tuple[str, Callable[[], object]]]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - late: importing it costs more than all of the above

    for entry in entry_points(group=ENTRY_POINTS):
        yield entry.name, entry.load


def _checked(value: object) -> Plugin:
    if not isinstance(value, Plugin):
        raise TypeError(f"PLUGIN is a {type(value).__name__}, not a hsops.api.Plugin")
    return value


def _fault_of(plugin: Plugin) -> str:
    """Why the core could not work with a plugin; the rest of the contract is `hsops.testing.check_manifest`."""
    return next(_faults(plugin), "")


def _faults(plugin: Plugin) -> Iterator[str]:
    if not plugin.name.isidentifier():
        yield f"its name {plugin.name!r} is not a word"
    names = [kind.name for kind in plugin.kinds]
    for kind in plugin.kinds:
        if not kind.name.startswith(f"{plugin.name}."):
            yield f"its kind {kind.name} does not begin with {plugin.name}."
        if names.count(kind.name) > 1:
            yield f"it names the kind {kind.name} twice"
        if not kind.columns:
            yield f"its kind {kind.name} has no columns"
    for foreign in {name for source in plugin.sources for name in source.kinds} - set(names):
        yield f"a source feeds {foreign}, which is not one of its kinds"
    if not issubclass(plugin.options, Options):
        yield "its options are not a subclass of hsops.api.Options"
    for taken in RESERVED & {field.encode_name for field in msgspec.structs.fields(plugin.options)}:
        yield f"its options use {taken}, which the site file keeps for itself"
