"""Completion of kinds, workflows, columns, sites and names. It only imports and reads small files; it never connects.

Whatever goes wrong gives no proposals: a shell's prompt is no place for a message.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeAlias

import typer

MOST = 500
"""Proposals."""

_Complete: TypeAlias = Callable[[typer.Context, str], list[str]]


def _quietly(complete: Callable[[typer.Context, str], Iterable[str]]) -> _Complete:
    @wraps(complete)
    def guarded(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            found = dict.fromkeys(complete(ctx, incomplete))
            return [word for word in found if word.startswith(incomplete)][:MOST]
        except Exception:  # noqa: BLE001 - see the module's docstring
            return []

    return guarded


def _registry() -> Any:
    from hsops.registry import Registry  # noqa: PLC0415 - late: `--help` does not need it

    return Registry.load()


@_quietly
def complete_kind(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Full names and short ones; after a comma the next one."""
    before, comma, _ = incomplete.rpartition(",")
    for kind in _registry().kinds:
        for name in (kind.name.partition(".")[2], kind.name, *kind.aliases):
            yield f"{before}{comma}{name}"


@_quietly
def complete_workflow(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Names of workflows."""
    return [workflow.name for workflow in _registry().workflows]


@_quietly
def complete_column(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Columns of the kind that stands on the line already."""
    kind = _registry().kind(_kind_word(ctx).partition(",")[0].partition("/")[0])
    return [*(column.name for column in kind.columns), "id", "site", "system", "health"]


def _kind_word(ctx: typer.Context) -> str:
    """The kind on the line. While an option has no value yet typer gives no arguments: then from the shell's words."""
    known = ctx.params.get("kind")
    if known:
        return str(known)
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = line.split()
    return words[words.index("get") + 1]


@_quietly
def complete_site(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Names of site files."""
    from hsops.config.sites import site_files  # noqa: PLC0415 - late: `--help` does not need it

    return [*site_files(), "all"]


@_quietly
def complete_name(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Names that the last `get` of this kind saw."""
    from hsops.cli.seen import names_seen  # noqa: PLC0415 - late: `--help` does not need it

    kind = _registry().kind(str(ctx.params.get("kind", "")))
    return names_seen(kind.name)


@_quietly
def complete_output(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Forms of output."""
    return ("table", "wide", "json", "yaml", "csv", "value", "name", "jsonpath=", "custom-columns=")
