"""``hsops kinds``, ``plugins`` and ``workflows``: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hsops.cli import options

if TYPE_CHECKING:
    from hsops.cli.output.sheet import Sheet
    from hsops.registry import Registry


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("kinds")(kinds)
    app.command("plugins")(plugins)
    app.command("workflows")(workflows)


def kinds(
    *, wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
) -> int:  # fmt: skip
    """List the kinds that `get` knows."""
    return _show("kinds", wanted, form, columns, headers=not no_headers)


def plugins(
    *, wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
) -> int:  # fmt: skip
    """List the plugins, broken ones too."""
    return _show("plugins", wanted, form, columns, headers=not no_headers)


def workflows(
    *, wanted: options.Wanted = "", form: options.Cliff = "", columns: options.Columns = None,
    no_headers: options.NoHeaders = False,
) -> int:  # fmt: skip
    """List the workflows that `run` knows."""
    return _show("workflows", wanted, form, columns, headers=not no_headers)


def _show(what: str, wanted: str, form: str, columns: list[str] | None, *, headers: bool) -> int:
    from hsops.cli import catalogues  # noqa: PLC0415 - late: `--help` does not need it
    from hsops.cli.output.writer import output, write  # noqa: PLC0415
    from hsops.registry import Registry  # noqa: PLC0415

    chosen = output(wanted, form, columns or (), headers=headers)
    registry: Registry = Registry.load()
    sheet: Sheet = catalogues.SHEETS[what](registry)
    write(sheet, chosen)
    return 0
