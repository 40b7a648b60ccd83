"""``hsops run``: a guided workflow from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options
from hsops.cli.completion import complete_workflow

_EXTRA = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", context_settings=_EXTRA)(run)


def run(
    ctx: typer.Context,
    workflow: Annotated[
        str, typer.Argument(metavar="WORKFLOW", help="Its name.", autocompletion=complete_workflow)
    ] = "",
    *,
    plan: Annotated[bool, typer.Option("--plan", "--dry-run", help="Show what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; the checks stay.")] = False,
    force: Annotated[
        list[str] | None, typer.Option("--force", metavar="CHECK=REASON", help="Go on although this check fails.")
    ] = None,
    choice: Annotated[
        list[str] | None, typer.Option("--choice", metavar="KEY=OPTION", help="Answer to a question of the plan.")
    ] = None,
    plan_file: Annotated[str, typer.Option("--plan-file", metavar="FILE", help="Save the plan there.")] = "",
    from_plan: Annotated[
        str, typer.Option("--from-plan", metavar="FILE", help="Do what that plan says, if it still holds.")
    ] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Leave it for `hsops worker`.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; shown to others and kept.")] = "",
    wanted: options.Wanted = "",
    site: options.Site = "",
    help_: Annotated[bool, typer.Option("--help", "-h", help="Show this; with a workflow, its inputs.")] = False,
) -> int:
    """Plan or run a workflow.

    `hsops run WORKFLOW --INPUT VALUE … --plan` shows what would happen (exit 3 when it would be refused), `--yes` does
    it. `hsops run WORKFLOW --help` lists its inputs. Interrupting detaches; `hsops runs resume ID` goes on.
    """
    if help_ and not workflow:
        typer.echo(ctx.get_help())
        return 0
    from hsops.cli.running import Request, run_workflow, show_inputs  # noqa: PLC0415 - late: `--help` does not need it

    if help_:
        return show_inputs(workflow)
    return run_workflow(
        Request(
            workflow=workflow,
            arguments=tuple(ctx.args),
            plan=plan,
            yes=yes,
            force=tuple(force or ()),
            choices=tuple(choice or ()),
            plan_file=plan_file,
            from_plan=from_plan,
            detach=detach,
            reason=reason,
            form=wanted or "text",
            site=site,
        )
    )
