"""``hsops kinds``, ``plugins`` and ``workflows``: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hsops.cli import options

if TYPE_CHECKING:
    from hsops.cli.output.sheet import Sheet
    from hsops.cli.scaffold import Made
    from hsops.registry import Registry


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("kinds")(kinds)
    for name, listing, new, text in (
        ("plugins", plugins, new_plugin, "List the plugins, broken ones too, or begin a new one."),
        ("workflows", workflows, new_workflow, "List the workflows that `run` knows, or begin a new one."),
    ):
        group = typer.Typer(help=text, rich_markup_mode=None, invoke_without_command=True)
        group.callback()(listing)
        group.command("new")(new)
        app.add_typer(group, name=name)


def kinds(
    *, wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
) -> int:  # fmt: skip
    """List the kinds that `get` knows."""
    return _show("kinds", wanted, form, columns, headers=not no_headers)


def plugins(
    ctx: typer.Context, *, wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
) -> None:  # fmt: skip
    """List the plugins, broken ones too, or begin a new one."""
    if ctx.invoked_subcommand is None:
        raise typer.Exit(_show("plugins", wanted, form, columns, headers=not no_headers))


def workflows(
    ctx: typer.Context, *, wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
) -> None:  # fmt: skip
    """List the workflows that `run` knows, or begin a new one."""
    if ctx.invoked_subcommand is None:
        raise typer.Exit(_show("workflows", wanted, form, columns, headers=not no_headers))


Folder = Annotated[str, typer.Option("--dir", metavar="DIR", help="Folder to write into; else the one you are in.")]


def new_plugin(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, one word: lamps.")], *, folder: Folder = ""
) -> int:
    """Write a plugin to begin with: manifest, client, kinds, and a contract test that passes."""
    from hsops.cli import scaffold  # noqa: PLC0415 - late: `--help` does not need it

    return _made(scaffold.new_plugin(name, folder=folder))


def new_workflow(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, words with dots: host.tidy.")],
    *,
    plugin: Annotated[str, typer.Option("--plugin", metavar="PLUGIN", help="Write it into this plugin's folder.")] = "",
    folder: Folder = "",
    tests: Annotated[str, typer.Option("--tests", metavar="DIR", help="Folder for its test.")] = "",
) -> int:
    """Write a workflow to begin with: declaration, runbook, and a test that passes."""
    from hsops.cli import scaffold  # noqa: PLC0415 - late: `--help` does not need it

    return _made(scaffold.new_workflow(name, plugin=plugin, folder=folder, tests=tests))


def _made(made: Made) -> int:
    """The files on stdout, what to do next on stderr."""
    from hsops.cli.output import streams  # noqa: PLC0415 - late: `--help` does not need it

    streams.write("".join(f"{path}\n" for path in made.files))
    for number, step in enumerate(made.next, 1):
        streams.say(f"{number}. {step}")
    return 0


def _show(what: str, wanted: str, form: str, columns: list[str] | None, *, headers: bool) -> int:
    from hsops.cli import catalogues  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output, write  # noqa: PLC0415
    from hsops.registry import Registry  # noqa: PLC0415

    chosen = output(wanted, form, columns or (), headers=headers)
    registry: Registry = Registry.load()
    sheet: Sheet = catalogues.SHEETS[what](registry)
    write(sheet, chosen)
    return 0
