"""``hsops``: the command line's root, and how every error becomes one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_command

from hsops.cli import (
    audit,
    catalogue,
    console,
    describe,
    doctor,
    events,
    get,
    impact,
    info,
    run,
    runs,
    site,
    status,
    worker,
)
from hsops.cli.output.streams import ReaderGone
from hsops.cli.texts import leave_texts

if TYPE_CHECKING:
    from hsops.errors import HsopsError

INTERRUPTED = 130
BROKEN_PIPE = 141

app = typer.Typer(
    name="hsops",
    help="One terminal for a whole cloud made of open-source parts. Without a command it opens the console.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (get, describe, status, events, impact, run, runs, worker, audit, catalogue, site, doctor, info, console):
    module.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        from hsops import __version__  # noqa: PLC0415 - late: only here

        typer.echo(f"hsops {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    site: Annotated[str, typer.Option("--site", metavar="SITE", help="Site of the console, by name or path.")] = "",
    skin: Annotated[str, typer.Option("--skin", metavar="NAME", help="Theme of the console.")] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and leave.")
    ] = False,
) -> None:
    """One terminal for a whole cloud made of open-source parts. Without a command it opens the console."""
    if site:
        from hsops.config.settings import give_flag  # noqa: PLC0415 - late: `--help` needs no configuration

        give_flag("site", site)
    if ctx.invoked_subcommand is None:
        raise typer.Exit(console.open_console(skin=skin))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code. Never shows a traceback unless HSOPS_DEBUG is set."""
    args = list(sys.argv[1:] if arguments is None else arguments)
    sys.excepthook = _last_word
    try:
        code = _guarded(args)
        sys.stdout.flush()
    except (BrokenPipeError, ReaderGone):
        return _quiet_pipe()
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _guarded(args: list[str]) -> int:
    try:
        command = get_command(app)
        leave_texts(command)
        code: Any = command.main(args, prog_name="hsops", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except ReaderGone:
        raise
    except Exception as error:  # noqa: BLE001 - the last stop before a person's eyes
        return _told(error)
    return code if isinstance(code, int) else 0


def _told(error: Exception) -> int:
    """Say an error on stderr and give its exit code."""
    from hsops.errors import HsopsError  # noqa: PLC0415 - late: only when something went wrong

    _debug(error)
    if isinstance(error, ExceptionGroup):
        known = [inner for inner in _leaves(error) if isinstance(inner, HsopsError)]
        if known:
            return _told(known[0])
    if isinstance(error, HsopsError):
        return _told_ours(error)
    if isinstance(error, typer.TyperException):
        return _told_usage(error)
    if isinstance(error, OSError) and error.filename is not None:
        sys.stderr.write(f"hsops: {error.filename}: {error.strerror}\n")
        return 1
    sys.stderr.write(f"hsops: internal error: {type(error).__name__}: {error} → HSOPS_DEBUG=1 shows where\n")
    return 1


def _told_ours(error: HsopsError) -> int:
    sys.stderr.write(f"hsops: {error}\n")
    return error.exit_code


def _told_usage(error: typer.TyperException) -> int:
    """What typer found wrong with the command line, in one line."""
    command = getattr(getattr(error, "ctx", None), "command_path", "hsops")
    text = " ".join(error.format_message().split()).rstrip(".")
    sys.stderr.write(f"{command}: {text[:1].lower()}{text[1:]} → {command} --help\n")
    return error.exit_code


def _leaves(group: ExceptionGroup[Exception]) -> list[Exception]:
    found: list[Exception] = []
    for inner in group.exceptions:
        found += _leaves(inner) if isinstance(inner, ExceptionGroup) else [inner]
    return found


def _debug(error: BaseException) -> None:
    if os.environ.get("HSOPS_DEBUG", "0") not in ("", "0"):
        import traceback  # noqa: PLC0415 - late: only for who asked

        traceback.print_exception(error)


def _last_word(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """For what escapes elsewhere in the process: still no traceback for who did not ask."""
    if os.environ.get("HSOPS_DEBUG", "0") not in ("", "0"):
        sys.__excepthook__(kind, error, error.__traceback__)
    else:
        sys.stderr.write(f"hsops: internal error: {kind.__name__}: {error}\n")


def _quiet_pipe() -> int:
    """Who read us has gone. Nothing is said, and Python must not say it at exit either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return BROKEN_PIPE


if __name__ == "__main__":
    sys.exit(main())
