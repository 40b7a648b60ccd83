"""``hsops worker``: a process that works on runs."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


def worker(
    *,
    at_once: Annotated[
        int, typer.Option("--at-once", metavar="N", min=1, help="Begin at most so many runs at a time.")
    ] = 4,
    grace: Annotated[
        float, typer.Option("--grace", metavar="SECONDS", min=0, help="Wait so long for effects in flight at the end.")
    ] = 10.0,
    wanted: Annotated[str, typer.Option("--output", "-o", metavar="FORM", help="text, or json: a line an event.")] = "",
    site: options.Site = "",
) -> int:
    """Work on runs until SIGTERM: those left by `hsops run … --detach`, and those of processes that died.

    For systemd: it says when it is ready (Type=notify) and that it is alive (WatchdogSec). Ending it leaves its runs
    where they are; another worker, or the next start, goes on with them.
    """
    from hsops.cli.opening import run  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.serving import serve  # noqa: PLC0415

    return run(serve(site, wanted or "text", at_once=at_once, grace=grace))
