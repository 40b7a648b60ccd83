"""``hsops runs approve``, ``reject`` and ``waive``: what a second person, or whoever watches, says to a run."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options

Run = Annotated[str, typer.Argument(metavar="ID", help="Id of the run; its beginning is enough.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; shown to others and kept.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands to those of runs."""
    for name, command in (("approve", approve), ("reject", reject), ("waive", waive)):
        group.command(name)(command)


def approve(
    run: Run,
    *,
    key: Annotated[
        str, typer.Option("--key", metavar="FILE", help="SSH key to sign with; a .pub is looked for in the agent.")
    ] = "",
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; the plan is shown all the same.")] = False,
    site: options.Site = "",
) -> int:
    """Look at the plan of a run that somebody else started, and approve it.

    On tier prod the approval is signed with an SSH key: `--key`, or the agent's first one.
    """
    from hsops.cli import approving  # noqa: PLC0415 - late: `--help` does not need it

    return approving.approve(site, run, key, reason, yes=yes)


def reject(run: Run, *, reason: Reason = "", site: options.Site = "") -> int:
    """Refuse a run that waits for approval; nothing is changed."""
    from hsops.cli import approving  # noqa: PLC0415 - late: `--help` does not need it

    return approving.reject(site, run, reason)


def waive(
    run: Run,
    gate: Annotated[str, typer.Argument(metavar="GATE", help="Name of a gate, of a step for all in it, or window.")],
    *,
    reason: Reason = "",
    site: options.Site = "",
) -> int:
    """Let a run pass a red gate once."""
    from hsops.cli import approving  # noqa: PLC0415 - late: `--help` does not need it

    return approving.waive(site, run, gate, reason)
