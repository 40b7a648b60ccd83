"""``hsops runs``: what ran, runs, and stopped half-way."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options

Run = Annotated[str, typer.Argument(metavar="ID", help="Id of the run; its beginning is enough.")]


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="List, show, resume and abort runs.", rich_markup_mode=None, invoke_without_command=True)
    group.callback()(_list_without_command)
    for name, command in (
        ("ls", list_runs), ("show", show), ("resume", resume), ("abort", abort), ("pause", pause),
        ("decide", decide), ("logs", logs),
    ):  # fmt: skip
        group.command(name)(command)
    app.add_typer(group, name="runs")


def _list_without_command(ctx: typer.Context) -> None:
    """List, show, resume and abort runs; without a command list them."""
    if ctx.invoked_subcommand is None:
        raise typer.Exit(list_runs())


def list_runs(
    *, wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False, site: options.Site = "",
) -> int:  # fmt: skip
    """List runs, newest first."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output  # noqa: PLC0415

    return runbooks.list_runs(site, output(wanted, form, columns or (), headers=not no_headers))


def show(run: Run, *, wanted: options.Wanted = "", site: options.Site = "") -> int:
    """Show one run with its steps."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.show(site, run, wanted or "text")


def resume(run: Run, *, wanted: options.Wanted = "", site: options.Site = "") -> int:
    """Go on with a run that stopped, from the step that failed, and follow it."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.go_on(site, run, "resume", wanted or "text")


def abort(run: Run, *, wanted: options.Wanted = "", site: options.Site = "") -> int:
    """Undo what a run has done, last first, and follow it."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.go_on(site, run, "abort", wanted or "text")


def pause(run: Run, *, site: options.Site = "") -> int:
    """Let a run begin nothing new; `resume` goes on."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.pause(site, run)


def decide(
    run: Run,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="The step or item that failed.")],
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="retry, skip or back_out.")],
    *,
    site: options.Site = "",
) -> int:
    """Say what becomes of something that failed; it counts at the next `resume`, or at once where the run waits."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.decide(site, run, item, verdict)


def logs(
    run: Run,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-F", help="Go on until it rests.")] = False,
    wanted: options.Wanted = "",
    site: options.Site = "",
) -> int:
    """Print what happened in a run, with every equivalent command."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.logs(site, run, wanted or "text", live=follow)
