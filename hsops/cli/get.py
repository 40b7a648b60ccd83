"""``hsops get``: rows of kinds."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("get")(get)


def get(
    kind: options.Kinds,
    names: options.Names = None,
    *,
    wanted: options.Wanted = "",
    selector: Annotated[
        str,
        typer.Option("--selector", "-l", metavar="SEL", help="Labels: a=b, a!=b, a in (b,c), a, !a."),
    ] = "",
    filter_: Annotated[
        str,
        typer.Option("--filter", metavar="TEXT", help="As / in the console: regex, !inverse, -l, -f fuzzy."),
    ] = "",
    sort_by: Annotated[
        str, typer.Option("--sort-by", "--sort-column", metavar="COL", help="Sort by this column; -COL for descending.")
    ] = "",
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on and print changes as they come.")] = False,
    no_headers: options.NoHeaders = False,
    every: Annotated[bool, typer.Option("--all-sites", "-A", help="All configured sites.")] = False,
    site: options.Site = "",
    form: options.Cliff = "",
    columns: options.Columns = None,
    quote: options.Quote = "",
) -> int:
    """Show rows of a kind.

    `hsops get server`, `hsops get hv cmp-1 -o yaml`, `hsops get osd,pool -l host=sto-1`
    """
    from hsops.cli.listing import Request, list_rows  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.opening import run  # noqa: PLC0415
    from hsops.cli.output.writer import output  # noqa: PLC0415

    request = Request(
        kinds=kind, names=tuple(names or ()), selector=selector, filter=filter_, sort=sort_by, watch=watch,
        output=output(wanted, form, columns or (), headers=not no_headers, quote=quote),
    )  # fmt: skip
    return run(list_rows("all" if every else site, request))
