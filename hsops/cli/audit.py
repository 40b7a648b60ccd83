"""``hsops audit``: who changed what, when, where, with what result."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options

Run = Annotated[str, typer.Option("--run", metavar="ID", help="Only of this run; its beginning is enough.")]
Since = Annotated[str, typer.Option("--since", metavar="TIME", help="Only newer: 24h, 7d, or a date in UTC.")]
Who = Annotated[str, typer.Option("--who", metavar="USER", help="Only of this user, or user@host.")]
OfSite = Annotated[str, typer.Option("--site", metavar="SITE", help="Only of this site.")]


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help="List, check and export the audit log.", rich_markup_mode=None, no_args_is_help=False,
        invoke_without_command=True,
    )  # fmt: skip
    group.callback()(_list_without_command)
    for name, command in (("ls", list_entries), ("verify", verify), ("export", export)):
        group.command(name)(command)
    app.add_typer(group, name="audit")


def _list_without_command(ctx: typer.Context) -> None:
    """List, check and export the audit log; without a command list it."""
    if ctx.invoked_subcommand is None:
        raise typer.Exit(list_entries())


def list_entries(
    *, run: Run = "", since: Since = "", site: OfSite = "", who: Who = "",
    last: Annotated[int, typer.Option("--last", "-n", metavar="COUNT", min=0, help="The newest; 0: all.")] = 200,
    wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False, quote: options.Quote = "",
) -> int:  # fmt: skip
    """List what was done on this machine by this user's hsops, oldest first."""
    from hsops.cli import audited  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output  # noqa: PLC0415

    chosen = output(wanted, form, columns or (), headers=not no_headers, quote=quote)
    return audited.list_entries(audited.Choice.read(run=run, since=since, site=site, who=who), last, chosen)


def verify(
    *,
    head: Annotated[str, typer.Option("--head", metavar="HASH", help="A head noted earlier: must be in it.")] = "",
    wanted: Annotated[str, typer.Option("--output", "-o", metavar="FORM", help="text, json, yaml")] = "",
) -> int:
    """Check that nothing was changed, removed, inserted or moved, and say the head: note it elsewhere.

    Ends with 1 when the log is not as it was written. Without a noted head a log that was cut at its end looks whole.
    """
    from hsops.cli import audited  # noqa: PLC0415 - late: `--help` does not need it

    return audited.verify(head, wanted or "text")


def export(
    *, since: Since = "", run: Run = "", site: OfSite = "", who: Who = "",
    wanted: Annotated[str, typer.Option("--output", "-o", metavar="FORM", help="jsonl, csv")] = "jsonl",
) -> int:  # fmt: skip
    """Print entries for another system: as they stand in the log (jsonl), or for a spreadsheet (csv)."""
    from hsops.cli import audited  # noqa: PLC0415 - late: `--help` does not need it

    return audited.export(audited.Choice.read(run=run, since=since, site=site, who=who), wanted)
