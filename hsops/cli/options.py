"""Options that several commands have, and dynamic completion for them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from hsops.cli.completion import complete_column, complete_kind, complete_name, complete_output, complete_site

Kinds: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="KIND", help="Kind, or kinds with commas between; KIND/NAME.", autocompletion=complete_kind),
]
Names: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]…", help="Names or ids.", autocompletion=complete_name)
]
Site: TypeAlias = Annotated[
    str,
    typer.Option(
        "--site",
        metavar="SITE",
        help="Site, by name or path; several with commas; all.",
        autocompletion=complete_site,
    ),
]
Wanted: TypeAlias = Annotated[
    str,
    typer.Option(
        "--output", "-o", metavar="FORM", autocompletion=complete_output,
        help="table, wide, json, yaml, csv, value, name, jsonpath=…, custom-columns=…",
    ),
]  # fmt: skip
Cliff: TypeAlias = Annotated[
    str, typer.Option("--format", "-f", metavar="FORM", help="As the openstack client: table, csv, json, yaml, value.")
]
Columns: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--column", "-c", metavar="COL", help="Only this column; repeated.", autocompletion=complete_column),
]
NoHeaders: TypeAlias = Annotated[bool, typer.Option("--no-headers", help="Leave out the line of titles.")]
Quote: TypeAlias = Annotated[str, typer.Option("--quote", metavar="WHEN", help="csv: all, minimal, none, nonnumeric.")]
