"""From options to open sites: registry, site files, session. Nothing here is imported before a command runs."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from hsops.cli.output.streams import say
from hsops.config import Site, load_sites
from hsops.config.paths import log_file, private_dir
from hsops.config.sites import find_site_files
from hsops.errors import UserError
from hsops.registry import Registry
from hsops.session import Session

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """Run a command's coroutine to its end."""
    log_quietly()
    return asyncio.run(work)


def log_quietly() -> None:
    """Warnings about the configuration go to stderr; all else goes to the log file or to nobody, never over output.

    What a source has to say is told by its state, once.
    """
    ours = logging.getLogger("hsops")
    if ours.handlers:
        return
    handler = _Said()
    handler.setLevel(logging.WARNING)
    handler.addFilter(logging.Filter("hsops.config"))
    handler.setFormatter(_Plain("hsops: %(levelname)s: %(message)s"))
    ours.addHandler(handler)
    ours.propagate = False
    file = _log_handler()
    logging.getLogger().addHandler(file)
    if not isinstance(file, logging.NullHandler):
        ours.addHandler(file)


class _Said(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        from hsops.errors import plain  # noqa: PLC0415 - late: few runs log anything

        return plain(super().format(record).replace("WARNING", "warning").replace("ERROR", "error"))


def _log_handler() -> logging.Handler:
    """The log file, 0600; nothing where nothing can be written."""
    path = log_file().path
    if private_dir(path.parent) is None:
        return logging.NullHandler()
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600))
        handler = logging.FileHandler(path, delay=True)
    except OSError:
        return logging.NullHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_Plain("%(asctime)s %(name)s %(levelname)s %(message)s"))
    return handler


def open_sites(flag: str = "") -> tuple[Sequence[Site], Registry]:
    """The chosen sites, read and checked. Raises UserError, ConfigInvalid."""
    files = find_site_files(flag)
    registry = Registry.load()
    return load_sites(files, registry), registry


def one_site(sites: Sequence[Site]) -> Site:
    """The only open site: what changes something must know where. Raises UserError when there are several."""
    if len(sites) > 1:
        names = ", ".join(site.name for site in sites)
        raise UserError(f"{len(sites)} sites are open: {names}", hint=f"choose one with --site {sites[0].name}")
    return sites[0]


@asynccontextmanager
async def opened(flag: str = "") -> AsyncIterator[Session]:
    """A session of the chosen sites; nothing is connected yet."""
    sites, registry = open_sites(flag)
    async with Session(sites, registry) as session:
        yield session
