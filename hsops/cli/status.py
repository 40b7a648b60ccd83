"""``hsops status``: every system of every layer, in one look and one exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(
    *,
    wanted: options.Wanted = "",
    form: options.Cliff = "",
    columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
    quick: Annotated[bool, typer.Option("--quick", help="Ask only how the systems are, not for rows.")] = False,
    site: options.Site = "",
) -> int:
    """Show how all layers are.

    Exit code: 0 well or in maintenance, 1 warning or critical, 8 not permitted, 9 a system cannot be reached.
    """
    from hsops.cli.opening import run  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output  # noqa: PLC0415
    from hsops.cli.overview import show_status  # noqa: PLC0415

    return run(show_status(site, output(wanted, form, columns or (), headers=not no_headers), quick=quick))
