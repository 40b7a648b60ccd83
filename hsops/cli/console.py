"""``hsops`` without a command, and ``hsops demo``: the console."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

USAGE = 2


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


LIVELY = 40.0
"""Seconds between two incidents of the demo: long enough to look, short enough to see something happen."""


def demo(
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Serve the site and print its site file.")] = False,
    machines: Annotated[int, typer.Option("--machines", metavar="N", min=1, help="Machines.")] = 60,
    servers: Annotated[int, typer.Option("--servers", metavar="N", min=0, help="Virtual machines.")] = 500,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The same seed gives the same site.")] = 1,
    churn: Annotated[float, typer.Option("--churn", min=0, help="Part of the servers that changes a second.")] = 0.0,
    incidents: Annotated[
        float | None, typer.Option("--incidents", min=0, help="Seconds between incidents; 0: none.")
    ] = None,
    skin: Annotated[str, typer.Option("--skin", metavar="NAME", help="Theme of the console.")] = "",
) -> int:
    """Open the console on a simulated site."""
    from hsops.cli import demonstration  # noqa: PLC0415 - late: `--help` does not need it

    if incidents is None:
        incidents = 0.0 if headless else LIVELY
    options = {"machines": machines, "servers": servers, "seed": seed, "churn": churn, "incidents": incidents}
    if headless:
        return demonstration.serve(options)
    refused = refusal()
    return refused or demonstration.show(options, skin=skin)


def refusal() -> int:
    """Say why this terminal cannot show the console, and give the exit code; 0 when it can."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        reason = "the console needs a terminal"
    elif os.environ.get("TERM", "") in ("", "dumb"):
        reason = f"TERM={os.environ.get('TERM', '')} cannot show the console"
    else:
        return 0
    sys.stderr.write(f"hsops: {reason} → use the command line: `hsops status`, `hsops get KIND`, `hsops --help`\n")
    return USAGE


def open_console(*, skin: str = "") -> int:
    """Open the console on the chosen sites and give its exit code."""
    refused = refusal()
    if refused:
        return refused
    from hsops.cli.opening import run  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.terminal import show_console  # noqa: PLC0415

    return run(show_console("", skin=skin))
