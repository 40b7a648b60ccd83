"""``hsops runs``: what ran, runs, and stopped half-way."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import approvals, options

Run = Annotated[str, typer.Argument(metavar="ID", help="Id of the run; its beginning is enough.")]


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="List, show, resume and abort runs.", rich_markup_mode=None, invoke_without_command=True)
    group.callback()(_list_without_command)
    for name, command in (
        ("ls", list_runs), ("show", show), ("resume", resume), ("carry", carry), ("abort", abort), ("pause", pause),
        ("decide", decide), ("logs", logs), ("report", report),
    ):  # fmt: skip
        group.command(name)(command)
    approvals.add_to(group)
    app.add_typer(group, name="runs")


def _list_without_command(ctx: typer.Context) -> None:
    """List, show, resume and abort runs; without a command list them."""
    if ctx.invoked_subcommand is None:
        raise typer.Exit(list_runs())


def list_runs(
    *, waiting: Annotated[bool, typer.Option("--waiting", help="Only what waits for me.")] = False,
    wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False, site: options.Site = "",
) -> int:  # fmt: skip
    """List runs, newest first."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output  # noqa: PLC0415

    wished = output(wanted, form, columns or (), headers=not no_headers)
    return runbooks.list_runs(site, wished, waiting=waiting)


def show(run: Run, *, wanted: options.Wanted = "", site: options.Site = "") -> int:
    """Show one run with its steps."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.show(site, run, wanted or "text")


def resume(
    run: Run,
    *,
    start: Annotated[
        str, typer.Option("--from", metavar="STEP", help="Go back to this step, or fan-out: all from there again.")
    ] = "",
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Try the failed and skipped items of a fan-out again, only these.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before effects are looked at again.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="To go on outside the window.")] = "",
    wanted: options.Wanted = "",
    site: options.Site = "",
) -> int:
    """Go on with a run that stopped, from the step that failed or an earlier one, and follow it."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    if start or only_failed:
        return runbooks.rewind(site, run, start, only_failed=only_failed, yes=yes, form=wanted or "text")
    return runbooks.go_on(site, run, "resume", wanted or "text", reason)


def carry(run: Run, *, wanted: options.Wanted = "", site: options.Site = "") -> int:
    """Go on with a run that another version of hsops began, if its workflow still fits, and follow it."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.carry(site, run, wanted or "text")


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


def report(
    run: Run,
    *,
    wanted: Annotated[str, typer.Option("--output", "-o", metavar="FORM", help="md, text, json, yaml")] = "md",
    site: options.Site = "",
) -> int:
    """Print the maintenance report of a run: asked, approved, checked, forced, moved, waited, failed, commands."""
    from hsops.cli import runbooks  # noqa: PLC0415 - late: `--help` does not need it

    return runbooks.report(site, run, wanted)


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
