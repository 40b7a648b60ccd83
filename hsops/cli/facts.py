"""The work behind ``hsops info``."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import hsops
from hsops.cli.output.sheet import Field, Sheet, plain_document
from hsops.config.paths import config_dir, origins, state_dir
from hsops.config.settings import FILE, Setting, setting
from hsops.config.sites import find_site_files
from hsops.errors import HsopsError, plain


def facts(site_flag: str, *, origin: bool) -> Sheet:
    """Every path and setting. What cannot be found out is told in its place: `info` helps where things are broken."""
    fields: tuple[Field, ...] = (
        Field("name", lambda fact: fact.name),
        Field("value", lambda fact: fact.value),
        Field("origin", lambda fact: fact.origin, hidden=not origin),
    )
    return Sheet(
        "Setting", fields, list(_facts(site_flag)), lambda fact: plain_document("Setting", fact.name, fields, fact),
        name=lambda fact: f"setting/{fact.name}",
    )  # fmt: skip


def _facts(site_flag: str) -> Iterator[Setting]:
    yield Setting("version", hsops.__version__, f"python {platform.python_version()}")
    for place in origins():
        yield Setting(place.name, str(place.path), _words(place.origin))
    yield Setting("settings", str(config_dir() / FILE), "present" if (config_dir() / FILE).exists() else "not there")
    yield Setting("runs", str(state_dir() / "runs.sqlite"), "unless a site file names a store")
    yield from _chosen("site", site_flag)
    yield from _chosen("skin", "")
    try:
        for path in find_site_files(site_flag):
            yield Setting("site file", str(path), setting("site", site_flag).origin)
    except HsopsError as error:
        yield Setting("site file", f"none: {plain(str(error))}", setting_origin(site_flag))


def setting_origin(flag: str) -> str:
    """What decided which sites are opened; the file's fault when it cannot be read."""
    try:
        return setting("site", flag).origin
    except HsopsError as error:
        return plain(str(error))


def _chosen(name: str, flag: str) -> Iterator[Setting]:
    try:
        yield setting(name, flag)
    except HsopsError as error:
        yield Setting(name, f"unknown: {plain(str(error))}", "file")


def _words(origin: str) -> str:
    return origin if origin == "default" else f"environment {origin}"
