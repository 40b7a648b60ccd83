"""Which themes there are and which one is used. NO_COLOR wins over everything."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hsops.errors import ConfigInvalid, Problem, UserError
from hsops.themes.bundled import BUNDLED, DARK, MONO
from hsops.themes.values import MEANINGS, TIERS, Theme

FOLDER: Final = "skins"
"""Folder of the data directory where a person's own themes lie: ``NAME.yaml``."""

_ATTRIBUTES: Final = frozenset({"none", "bold", "italic", "underline", "reverse", "dim"})
_COLOURS: Final = tuple(f.name for f in dataclasses.fields(Theme) if f.name not in
                        {"name", "title", "dark", "frame", "text_styles"})  # fmt: skip


def names(folder: Path | None = None) -> Sequence[str]:
    """Names of all themes: the bundled ones, then those of `folder`."""
    own = sorted(path.stem for path in folder.glob("*.yaml")) if folder is not None and folder.is_dir() else []
    bundled = [theme.name for theme in BUNDLED]
    return [*bundled, *(name for name in own if name not in bundled)]


def load(name: str, folder: Path | None = None) -> Theme:
    """The theme of that name. Raises UserError when there is none, ConfigInvalid when its file is wrong."""
    for theme in BUNDLED:
        if theme.name == name:
            return theme
    known = names(folder)
    if folder is None or name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        hint = "did you mean " + " or ".join(near) + "?" if near else "there are " + ", ".join(known)
        raise UserError("no such theme", thing=name, hint=hint)
    return _read(folder / f"{name}.yaml")


def choose(wanted: str, env: Mapping[str, str], folder: Path | None = None) -> Theme:
    """The theme to start with: mono when NO_COLOR is not empty, else the one that is wanted, else dark."""
    if env.get("NO_COLOR"):
        return MONO
    return load(wanted, folder) if wanted else DARK


def _read(path: Path) -> Theme:
    import yaml  # noqa: PLC0415 - most people never need it at start

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        what = getattr(error, "problem", None) or getattr(error, "strerror", None) or "cannot be read"
        raise ConfigInvalid([Problem(str(path), line, str(what))]) from error
    problems = list(_problems(data, path))
    if problems:
        raise ConfigInvalid(problems)
    base = load(data.pop("base", "dark"))
    for key in ("frame", "text_styles"):
        data[key] = {**getattr(base, key), **data.get(key, {})}
    return dataclasses.replace(base, **{"title": path.stem, **data, "name": path.stem})


def _problems(data: Any, path: Path) -> Sequence[Problem]:
    if not isinstance(data, dict):
        return [Problem(str(path), 0, "not a mapping of colours", "see docs/guide/console.md")]
    found: list[str] = []
    for key, value in data.items():
        if key in _COLOURS:
            found += [f"{key} is no colour like #a1b2c3: {value!r}"] if not _is_colour(value) else []
        elif key == "base":
            found += [] if value in [theme.name for theme in BUNDLED] else [f"base is no bundled theme: {value!r}"]
        elif key == "frame":
            found += _bad_entries(key, value, TIERS, _is_colour)
        elif key == "text_styles":
            found += _bad_entries(key, value, (*MEANINGS, "changed"), _is_text_style)
        elif key == "dark":
            found += [] if isinstance(value, bool) else ["dark is neither true nor false"]
        elif key != "title" or not isinstance(value, str):
            found.append(f"nothing is called {key!r} here")
    return [Problem(str(path), 0, text) for text in found]


def _bad_entries(key: str, value: Any, allowed: Sequence[str], good: Any) -> list[str]:
    if not isinstance(value, dict):
        return [f"{key} is not a mapping"]
    bad = [f"{key}.{name}: {entry!r}" for name, entry in value.items() if name not in allowed or not good(entry)]
    return [f"{text} is not understood" for text in bad]


def _is_colour(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) == 7
        and value.startswith("#")
        and all(c in "0123456789abcdefABCDEF" for c in value[1:])
    )


def _is_text_style(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and set(value.split()) <= _ATTRIBUTES
