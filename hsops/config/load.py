"""From site files to `Site` values, or to every problem of all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from hsops.config.auditing import read_audit
from hsops.config.convert import REFERENCE, Fault, convert
from hsops.config.document import Document, Place, read_document
from hsops.config.racks import read_racks
from hsops.config.rules import read_approval, read_gates, read_windows
from hsops.config.values import TIMEOUT, EngineConfig, Site, System, Tier
from hsops.errors import ConfigInvalid, Problem, UserError
from hsops.plugin import Options
from hsops.registry import RESERVED, Registry, near

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_SITE_KEYS = ("site", "tier", "systems", "engine", "racks", "approval", "windows", "gates", "audit")
_TIERS: Sequence[str] = get_args(Tier)
_MOST_SECONDS = 3600.0


def load_site(path: Path, registry: Registry) -> Site:
    """The site of one file. Raises ConfigInvalid with all its problems."""
    return load_sites([path], registry)[0]


def load_sites(paths: Sequence[Path], registry: Registry) -> Sequence[Site]:
    """The sites of these files. Raises ConfigInvalid with all problems of all of them."""
    readers = [_Reader(read_document(path), path, registry) for path in paths]
    sites = [reader.site() for reader in readers]
    problems = [problem for reader in readers for problem in reader.problems]
    problems += _doubles(readers)
    if problems:
        raise ConfigInvalid(sorted(problems, key=lambda problem: (problem.file, problem.line)))
    return [site for site in sites if site is not None]


def _doubles(readers: Sequence[_Reader]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for reader in readers:
        name = reader.name
        if name in seen:
            yield reader.document.problem(("site",), f"the site {name} is also in {seen[name]}")
        elif name:
            seen[name] = reader.document.name


class _Reader:
    """One file. `problems` fills while `site` reads."""

    def __init__(self, document: Document, path: Path, registry: Registry) -> None:
        self.document = document
        self.problems = list(document.problems)
        self.name = ""
        self._path = path
        self._registry = registry

    def site(self) -> Site | None:
        data = self.document.data
        if not isinstance(data, Mapping):
            if not self.problems:
                self._tell((), "holds no site", "it begins with `site: NAME`; `hsops site init` writes one")
            return None
        for key in data:
            if key not in _SITE_KEYS:
                self._tell((key,), f"unknown key {key}", near(key, _SITE_KEYS))
        self.name = self._site_name(data)
        tier = self._tier(data)
        systems = self._systems(data, tier)
        engine = self._engine(data)
        approval = read_approval(data.get("approval"), tier, self._path.absolute().parent, self._tell)
        windows = read_windows(data.get("windows"), self._tell)
        gates = read_gates(data.get("gates"), self._tell)
        racks, faults = read_racks(data.get("racks"))
        self._take(faults)
        audit, faults = read_audit(data.get("audit"))
        self._take(faults)
        if self.problems:
            return None
        return Site(
            name=self.name,
            tier=tier,
            systems=systems,
            file=self._path.absolute(),
            engine=engine,
            racks=racks,
            approval=approval,
            windows=windows,
            gates=gates,
            audit=audit,
        )

    def _tell(self, place: Place, what: str, hint: str = "") -> None:
        self.problems.append(self.document.problem(place, what, hint))

    def _take(self, faults: Sequence[Fault], where: str = "") -> None:
        for fault in faults:
            self._tell(fault.place, f"{where}: {fault.what}" if where else fault.what, fault.hint)

    def _site_name(self, data: Mapping[str, Any]) -> str:
        name = data.get("site")
        if name is None:
            self._tell((), "site is missing", "site: a short name such as fra1")
        elif not isinstance(name, str) or not _NAME.fullmatch(name):
            self._tell(("site",), "site is not a name", "letters, digits, dot, dash and underscore, at most 63")
        else:
            return name
        return ""

    def _tier(self, data: Mapping[str, Any]) -> Tier:
        tier: Any = data.get("tier")
        hint = f"one of {', '.join(_TIERS)}; when in doubt prod, it asks before it acts"
        if tier is None:
            self._tell((), "tier is missing", hint)
        elif tier not in _TIERS:
            self._tell(("tier",), "tier is none that is known", hint)
        return cast(Tier, tier) if tier in _TIERS else "prod"

    def _engine(self, data: Mapping[str, Any]) -> EngineConfig:
        found = data.get("engine")
        if found is None:
            return EngineConfig()
        if not isinstance(found, Mapping):
            self._tell(("engine",), "engine is not a mapping", "engine: {store: sqlite}")
            return EngineConfig()
        self._check_store(found.get("store"))
        engine, faults = convert(found, EngineConfig, ("engine",))
        self._take(faults, "engine")
        if engine is None or engine.store == "sqlite":
            return EngineConfig()
        return engine

    def _check_store(self, store: Any) -> None:
        place = ("engine", "store")
        if not isinstance(store, str) or store in ("", "sqlite"):
            return
        try:
            parts = urlsplit(store)
            known, password = parts.scheme in ("postgresql", "postgres"), parts.password
        except ValueError:
            known, password = False, None
        if not known:
            self._tell(place, "engine: store is neither sqlite nor a postgresql:// URL")
        elif password is not None:
            self._tell(place, "engine: the password must not stand in the URL", f"engine: password: {REFERENCE[6:]}")

    def _systems(self, data: Mapping[str, Any], tier: str) -> tuple[System, ...]:
        found = data.get("systems")
        if found is None:
            self._tell((), "systems is missing", "systems: a list of mappings, each with `plugin: NAME`")
            return ()
        if not isinstance(found, list) or not found:
            self._tell(("systems",), "systems is not a list of systems", "each begins with `- plugin: NAME`")
            return ()
        names: dict[str, Place] = {}
        read = [self._system(entry, ("systems", index), tier, names) for index, entry in enumerate(found)]
        return tuple(system for system in read if system is not None)

    def _system(self, entry: Any, place: Place, tier: str, names: dict[str, Place]) -> System | None:
        if not isinstance(entry, Mapping):
            self._tell(place, "a system is not a mapping", "- plugin: NAME")
            return None
        plugin, name = entry.get("plugin"), entry.get("name", entry.get("plugin"))
        if not isinstance(plugin, str):
            self._tell(place, "plugin is missing", near("", self._registry.plugins))
            return None
        self._system_name(name, place, names)
        self._insecure(entry, place, tier)
        options = self._options(plugin, entry, place)
        timeout = self._timeout(entry, place, str(name))
        if options is None or not isinstance(name, str):
            return None
        return System(name=name, plugin=plugin, options=options, timeout=timeout)

    def _system_name(self, name: Any, place: Place, names: dict[str, Place]) -> None:
        here = (*place, "name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self._tell(here, "name is not a name", "letters, digits, dot, dash and underscore, at most 63")
        elif name in names:
            line = self.document.line(names[name])
            self._tell(here, f"a second system {name}", f"the first is on line {line}; give this one another `name:`")
        else:
            names[name] = place

    def _options(self, plugin: str, entry: Mapping[str, Any], place: Place) -> Options | None:
        try:
            wanted = self._registry.plugin(plugin).options
        except UserError as error:
            self._tell((*place, "plugin"), error.what, error.hint)
            return None
        own = {key: value for key, value in entry.items() if key not in RESERVED}
        options, faults = convert(own, wanted, place)
        self._take(faults, str(entry.get("name", plugin)))
        return options

    def _timeout(self, entry: Mapping[str, Any], place: Place, name: str) -> float:
        value = entry.get("timeout")
        if value is None:
            return TIMEOUT
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _MOST_SECONDS:
            self._tell((*place, "timeout"), f"{name}: timeout is not a number of seconds above 0", "timeout: 15")
            return 1.0
        return float(value)

    def _insecure(self, value: Any, place: Place, tier: str) -> None:
        """TLS and host keys are always verified in production, whatever a plugin offers."""
        if isinstance(value, Mapping):
            if value.get("insecure") is True and tier == "prod":
                where = (*place, "insecure")
                self._tell(where, "insecure: true is refused on tier prod", "name the CA of the system instead")
            for key, inner in value.items():
                self._insecure(inner, (*place, key), tier)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._insecure(inner, (*place, index), tier)
