"""``hsops impact``: what suffers when something fails."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("impact")(impact)


def impact(
    ref: Annotated[str, typer.Argument(metavar="REF", help="host/NAME, rack/NAME … or KIND/NAME.")],
    *,
    wanted: options.Wanted = "",
    form: options.Cliff = "",
    columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
    site: options.Site = "",
) -> int:
    """Show what depends on something.

    Across all layers, nearest first, each with the path that says why.
    """
    from hsops.cli.opening import run  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output  # noqa: PLC0415
    from hsops.cli.sufferers import show_impact  # noqa: PLC0415

    return run(show_impact(site, ref, output(wanted, form, columns or (), headers=not no_headers)))
