"""Settings of the program: a flag wins over the environment, the environment over ``settings.yaml``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from hsops.config.convert import convert
from hsops.config.document import read_document
from hsops.config.paths import config_dir
from hsops.errors import ConfigInvalid

FILE = "settings.yaml"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``settings.yaml`` may say; the file is optional."""

    site: str = ""
    """Site files to open: names or paths, with commas between; empty for all."""
    skin: str = ""
    """Theme of the console."""


class Setting(NamedTuple):
    """A setting's value and what decided it."""

    name: str
    value: str
    origin: str


ENVIRONMENT: Mapping[str, str] = {"site": "HSOPS_SITE", "skin": "HSOPS_SKIN"}


_FLAGS: dict[str, str] = {}
"""Flags given before the command: they count for every command of this process."""


def give_flag(name: str, value: str) -> None:
    """Remember a flag that stands before the command (``hsops --site fra1 get vm``)."""
    _FLAGS[name] = value


def setting(name: str, flag: str = "") -> Setting:
    """The setting of that name (site, skin). Raises ConfigInvalid when the file cannot be understood."""
    flag = flag or _FLAGS.get(name, "")
    if flag:
        return Setting(name, flag, f"flag --{name}")
    variable = ENVIRONMENT[name]
    if os.environ.get(variable):
        return Setting(name, os.environ[variable], f"environment {variable}")
    path = config_dir() / FILE
    value: str = getattr(read_settings(), name)
    return Setting(name, value, f"file {path}") if value else Setting(name, "", "default")


def read_settings() -> Settings:
    """The settings file. Raises ConfigInvalid with all its problems."""
    path = config_dir() / FILE
    if not path.exists():
        return Settings()
    document = read_document(path)
    problems = list(document.problems)
    found: Settings | None = Settings()
    if isinstance(document.data, Mapping):
        found, faults = convert(document.data, Settings)
        problems += [document.problem(*fault) for fault in faults]
    elif document.data is not None:
        problems.append(document.problem((), "is not a mapping", "site: NAME"))
    if problems or found is None:
        raise ConfigInvalid(problems)
    return found
