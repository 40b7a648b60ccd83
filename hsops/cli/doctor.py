"""``hsops doctor``: is everything at hand, and what to do about what is not."""

from __future__ import annotations

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(*, wanted: options.Wanted = "", site: options.Site = "") -> int:
    """Test every connection.

    One line for each system, and what to do about each failure.
    """
    from hsops.cli.examination import examine  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.opening import run  # noqa: PLC0415
    from hsops.cli.output.writer import output  # noqa: PLC0415

    return run(examine(site, output(wanted)))
