"""``hsops info``: where hsops reads and writes, and which setting won."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("info")(info)


def info(
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Say what decided each: flag, environment, file.")] = False,
    wanted: options.Wanted = "",
    site: options.Site = "",
) -> int:
    """Show every path and setting."""
    from hsops.cli.facts import facts  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output, write  # noqa: PLC0415

    write(facts(site, origin=origin), output(wanted))
    return 0
