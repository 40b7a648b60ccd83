"""Opening the workflow engine on the store that the site files name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from hsops.config import Site, System
from hsops.config.context import SystemContext
from hsops.config.paths import private_dir, state_dir
from hsops.errors import Unsupported, UserError
from hsops.plugin import Options
from hsops.session import Session

if TYPE_CHECKING:
    from hsops.workflow.engine import Engine

FILE = "runs.sqlite"


async def open_engine(session: Session, *, work: bool = True, adopt: bool = True, queue: int = 0) -> Engine:
    """The engine of the open sites, started. `work`, `adopt`, `queue`: see `Engine.start`. Raises HsopsError."""
    from hsops.workflow.engine import Engine  # noqa: PLC0415 - late: it loads a database library

    stores = {await store_of(site) for site in session.sites}
    if len(stores) > 1:
        raise UserError("the open sites keep their runs in different stores", hint="choose one with --site")
    engine = Engine(session, stores.pop(), session.registry.workflow)
    await engine.start(work=work, adopt=adopt, queue=queue)
    return engine


async def store_of(site: Site) -> str:
    """Path or URL of a site's store, the password put in. Raises AuthFailed, Unsupported."""
    if not site.engine.store:
        return str(_file())
    if site.engine.password is None:
        return site.engine.store
    context = SystemContext(site, System(name="engine", plugin="", options=Options()))
    password = await context.secret(site.engine.password)
    parts = urlsplit(site.engine.store)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}{at or '@'}{host}"))


def _file() -> Path:
    folder = private_dir(state_dir())
    if folder is None or not os.access(folder, os.W_OK):
        raise Unsupported(f"{state_dir()} cannot be written, runs are kept there", hint="set HSOPS_STATE_DIR")
    return folder / FILE
