"""``hsops describe``: everything known of one row."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("describe")(describe)


def describe(
    kind: options.Kinds,
    names: options.Names = None,
    *,
    wanted: options.Wanted = "",
    raw: Annotated[bool, typer.Option("--raw/--no-raw", help="The whole object as the system has it.")] = True,
    related: Annotated[
        bool, typer.Option("--related/--no-related", help="What is tied to it, from all systems.")
    ] = True,
    site: options.Site = "",
) -> int:
    """Show one thing whole.

    Its columns, what it is tied to, recent changes, and the object in the system's own words.
    """
    from hsops.cli.description import Request, describe_rows  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.opening import run  # noqa: PLC0415

    return run(describe_rows(site, Request(kind, tuple(names or ()), wanted or "text", raw=raw, related=related)))
