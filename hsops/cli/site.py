"""``hsops site``: site files."""

from __future__ import annotations

from typing import Annotated

import typer

from hsops.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Write, list and check site files.", rich_markup_mode=None)
    group.command("init")(init)
    group.command("ls")(list_files)
    group.command("check")(check)
    app.add_typer(group, name="site")


def init(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Name of the site.")] = "",
    *,
    tier: Annotated[str, typer.Option("--tier", help="prod, staging or lab.")] = "prod",
    show: Annotated[bool, typer.Option("--print", help="Print it and write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> int:
    """Write a site file of what this machine's own configuration names; nothing is connected to."""
    from hsops.cli.discovery import Request, write_site  # noqa: PLC0415 - late: `--help` does not need it

    return write_site(Request(name, tier, show=show, force=force))


def list_files() -> int:
    """List the configured site files."""
    from hsops.cli.output.streams import say, write  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.config.sites import site_files  # noqa: PLC0415

    files = site_files()
    write("".join(f"{name}\t{path}\n" for name, path in files.items()))
    if not files:
        say("there are no site files → `hsops site init` writes one")
    return 0


def check(site: options.Site = "") -> int:
    """Check site files without connecting to anything: every problem with its file and line."""
    from hsops.cli.opening import open_sites  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.streams import say  # noqa: PLC0415

    sites, _ = open_sites(site)
    for one in sites:
        say(f"{one.file}: {one.name}, tier {one.tier}, {len(one.systems)} systems")
    return 0
