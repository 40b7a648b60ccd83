"""``hsops workflows new`` and ``hsops plugins new``: folders to begin with, that pass their own tests."""

from __future__ import annotations

import importlib
import keyword
import re
import string
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from hsops.errors import UserError
from hsops.plugin import Plugin
from hsops.registry import Registry


class _Text(string.Template):
    """A template; ``§name`` is filled in, so that ``$`` and braces stay what they are."""

    delimiter = "§"


class Made(NamedTuple):
    """What was written, and what to do next, in sentences."""

    files: tuple[Path, ...]
    next: tuple[str, ...]


def new_workflow(name: str, *, plugin: str = "", folder: str = "", tests: str = "") -> Made:
    """A workflow's package with its declaration, runbook and test. Raises UserError; nothing is overwritten."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+", name):
        raise UserError(f"{name!r} is no name of a workflow", hint="two or more words with dots: host.tidy")
    known = Registry.load()
    if any(workflow.name == name for workflow in known.workflows):
        raise UserError(f"there is a workflow {name} already", hint="`hsops workflows` lists them")
    if plugin and folder:
        raise UserError("--plugin and --dir are two places", hint="give one of them")
    module, function = _module(name), _module(name.rpartition(".")[2])
    if plugin:
        package, place = _inside(known.plugin(plugin))
        tests_at = Path(tests) if tests else _tests_of(plugin, place)
    else:
        package, place = module, Path(folder or ".") / module
        tests_at = Path(tests) if tests else place.parent
    package = f"{package}.{module}" if plugin else package
    place = place / module if plugin else place
    words = {
        "name": name, "package": package, "module": module, "function": function, "plugin": plugin or "example",
        "imports": _imports(package),
    }  # fmt: skip
    files = {place / file: f"workflow/{file}.tmpl" for file in ("__init__.py", "runbook.py")}
    files[tests_at / f"test_{module}.py"] = "workflow/test.py.tmpl"
    if plugin and not (place.parent / "__init__.py").exists():
        files[place.parent / "__init__.py"] = "workflow/workflows.py.tmpl"
    _write(files, words)
    return Made(tuple(files), _after_workflow(words, place, tests_at / f"test_{module}.py", own=not plugin))


def _after_workflow(words: Mapping[str, str], place: Path, test: Path, *, own: bool) -> tuple[str, ...]:
    where = "your Plugin" if own else f"the Plugin of {words['plugin']}"
    return (
        f"read {place / 'runbook.py'}: it is a whole runbook on a toy system; make it yours, top to bottom",
        f"run its test: python -m pytest {test}",
        f"name it: workflows=(WORKFLOW,) in {where}, from {words['package']} import WORKFLOW",
        f"see it: hsops workflows; hsops run {words['name']} --dry-run",
        "the guide: docs/guide/workflows.md",
    )


def new_plugin(name: str, *, folder: str = "") -> Made:
    """A plugin's distribution with its manifest, client and contract test. Raises UserError; nothing is overwritten."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UserError(f"{name!r} is no name of a plugin", hint="one word in small letters: lamps")
    known = Registry.load()
    if name in known.plugins or name in known.broken:
        raise UserError(f"there is a plugin {name} already", hint="`hsops plugins` lists them")
    place = Path(folder or ".") / f"hsops-{name.replace('_', '-')}"
    package = f"hsops_{name}"
    camel = "".join(word.capitalize() for word in name.split("_"))
    title = name.replace("_", " ").capitalize()
    words = {"name": name, "package": package, "title": title, "camel": camel, "distribution": place.name}
    files = {place / package / file: f"plugin/{file}.tmpl" for file in ("__init__.py", "client.py", "kinds.py")}
    files |= {place / file: f"plugin/{file}.tmpl" for file in ("pyproject.toml", "README.md")}
    files[place / f"test_{name}.py"] = "plugin/test.py.tmpl"
    _write(files, words)
    steps = (
        f"run its contract test: cd {place} && python -m pytest",
        f"install it beside hsops: pip install -e {place}; then hsops plugins lists it",
        f"put a system of it into a site file: plugin: {name}, url: …",
        f"go through the rules in {place / package / '__init__.py'}: all are todo",
        "the guide: docs/guide/write-a-plugin.md",
    )
    return Made(tuple(files), steps)


def _imports(package: str) -> str:
    """The test's imports, sorted: those of a bundled plugin are hsops's own, others a section apart."""
    lines = [
        "from hsops.api import Unreachable",
        "from hsops.rehearsal import RunStatus, Toy, rehearsing",
        "from hsops.testing import check_workflow",
    ]
    mine = f"from {package} import WORKFLOW"
    return "\n".join(sorted([*lines, mine]) if package.startswith("hsops.") else [*lines, "", mine])


def _module(name: str) -> str:
    module = re.sub(r"[.-]", "_", name)
    return f"{module}_" if keyword.iskeyword(module) else module


def _inside(plugin: Plugin) -> tuple[str, Path]:
    """Package and folder of a plugin's workflows."""
    package = plugin.connect.partition(":")[0].rpartition(".")[0]
    paths = list(getattr(importlib.import_module(package), "__path__", ())) if package else []
    if not paths:
        raise UserError(f"the plugin {plugin.name} is one file, not a folder", hint="give --dir")
    return f"{package}.workflows", Path(paths[0]).resolve() / "workflows"


def _tests_of(plugin: str, place: Path) -> Path:
    """Where the tests of a checkout are, else beside the package."""
    for root in (Path.cwd(), *place.parents):
        if (root / "tests" / "plugins" / plugin).is_dir():
            return root / "tests" / "plugins" / plugin
    return place.parent.parent


def _write(files: Mapping[Path, str], words: Mapping[str, str]) -> None:
    """All of them, or none when one is there already."""
    taken = [str(path) for path in files if path.exists()]
    if taken:
        raise UserError("it is there already", thing=", ".join(taken), hint="nothing was written")
    templates = resources.files(__name__)
    texts = {path: _Text(templates.joinpath(file).read_text("utf-8")).substitute(words) for path, file in files.items()}
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
