"""``hsops events``: what changes, as it changes."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("events")(events)


def events(
    kinds: Annotated[list[str] | None, typer.Argument(metavar="[KIND]…", help="Only of these kinds.")] = None,
    *,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Until interrupted.")] = False,
    seconds: Annotated[float, typer.Option("--for", metavar="SECONDS", min=0, help="How long to look.")] = 15.0,
    wanted: options.Wanted = "",
    site: options.Site = "",
) -> int:
    """Show what changes, as it changes.

    When, what, from what to what, over all systems.
    """
    from hsops.cli.opening import run  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.timeline import show_changes  # noqa: PLC0415

    return run(show_changes(site, tuple(kinds or ()), None if watch else seconds, wanted or "table"))
