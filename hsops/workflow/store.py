"""The database that runs live in: one SQLite file for one machine, or an existing PostgreSQL for several."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from hsops.errors import Forbidden, HsopsError, Unreachable, Unsupported, UserError, plain
from hsops.workflow.clock import boottime
from hsops.workflow.redact import redact

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

_OPTIONS = "-csearch_path=hsops,public -clock_timeout=10s -cidle_in_transaction_session_timeout=15s"
"""PostgreSQL: a process that was stopped inside a transaction must not hold the others up."""
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 30000}
"""libpq's: seconds, seconds, times, milliseconds."""
PASSING = ("locked", "busy", "disk is full", "disk I/O error", "unable to open", "readonly database")
"""What SQLite says when waiting may help; a wrong statement is an OperationalError as well."""
BUSY = 5.0
"""Seconds that a statement waits for another process to let go of the SQLite file."""


class Store:
    """An open database. Its calls block: they belong into a thread.

    `place` is the path of a SQLite file, which is created with mode 0600, or a ``postgresql://`` URL.
    """

    def __init__(self, place: str | Path) -> None:
        self.is_postgres = str(place).startswith(("postgresql://", "postgres://"))
        if self.is_postgres:
            self.path: Path | None = None
            self.url = "postgresql://" + str(place).partition("://")[2]
        elif "://" in str(place):
            raise UserError(f"{redact(str(place))} is no store", hint="give a path or postgresql://…")
        else:
            self.path = Path(place).absolute()
            self.url = f"sqlite:///{self.path}"
        self._engine: Engine | None = None
        self._file = (0, 0)

    @property
    def dsn(self) -> str:
        """`url` for a connection.

        SQLite never creates the file: one that was moved away is not replaced by an empty one. A PostgreSQL server
        that vanished without a word is noticed within a minute.
        """
        if self.path is not None:
            return f"sqlite:///file:{quote(str(self.path))}?mode=rw&uri=true"
        given = self.url.partition("?")[2]
        more = "&".join(f"{key}={value}" for key, value in _ALIVE.items() if f"{key}=" not in given)
        return f"{self.url}{'&' if given else '?'}{more}" if more else self.url

    @property
    def name(self) -> str:
        """For messages; without the password."""
        return redact(self.url)

    def open(self, *, migrate: bool = True) -> None:
        """Open it and create what is missing. With `migrate` off (a role without DDL) only look whether all is there.

        Raises Unreachable, Forbidden or Unsupported.
        """
        from hsops.workflow import schema  # noqa: PLC0415 - sqlalchemy: only when runs are looked at

        if self.path is not None:
            prepare_file(self.path)
            there = self.path.stat()
            self._file = (there.st_dev, there.st_ino)
        self._engine = self._connect()

        self.run(schema.migrate if migrate else schema.verify)

    def _connect(self) -> Engine:
        import sqlalchemy as sa  # noqa: PLC0415 - as above
        from sqlalchemy import event  # noqa: PLC0415 - as above

        if not self.is_postgres:
            engine = sa.create_engine(self.dsn, pool_size=8, connect_args={"timeout": BUSY})
            event.listen(engine, "connect", _immediate)
            return engine
        try:
            return sa.create_engine(
                self.dsn.replace("postgresql://", "postgresql+psycopg://", 1),
                pool_size=4,
                pool_pre_ping=True,
                connect_args={"options": _OPTIONS, "connect_timeout": 10},
            )
        except ImportError:
            raise Unsupported("PostgreSQL needs psycopg", hint="pip install 'hsops[postgres]'") from None

    def close(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one transaction. Raises Unreachable when the database is away or locked."""
        from sqlalchemy import exc  # noqa: PLC0415 - as above

        if self._engine is None:
            raise Unreachable("is closed", system=self.name)
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except exc.DBAPIError as error:
            known = self._error(error)
            if known is None:
                raise
            raise known from error
        except exc.TimeoutError as error:
            raise Unreachable("all connections are busy", system=self.name) from error

    def _error(self, error: DBAPIError) -> HsopsError | None:
        """What it means for who waits for the store; None for a fault of the statement itself."""
        cause = redact(plain(str(error.orig), 300))
        if "readonly" in cause or "read-only" in cause or "permission denied" in cause:
            return Forbidden(cause, system=self.name, hint="make it writable for this user")
        if "disk is full" in cause or "No space left" in cause:
            return Unreachable(cause, system=self.name, hint="free some space: runs wait until it can be written")
        lost = error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError")
        if lost and (self.is_postgres or any(word in cause for word in PASSING)):
            return Unreachable(cause, system=self.name, hint="runs wait until it answers again")
        return None

    def see_file(self) -> None:
        """Raises Unreachable unless the open file is still the one at its path.

        A file that was moved away can still be written, but nobody else sees it: runs must not go on there.
        """
        if self.path is None:
            return
        try:
            there = self.path.stat()
        except OSError as error:
            there = None
            cause = f"the file is gone: {error.strerror}"
        else:
            cause = "another file is at its path"
        if there is None or (there.st_dev, there.st_ino) != self._file:
            raise Unreachable(cause, system=self.name, hint="put it back, or start anew: runs wait meanwhile")

    def now(self, connection: Connection) -> float:
        """The clock that leases go by: the server's, or on one machine the one that no clock jump moves."""
        from sqlalchemy import text  # noqa: PLC0415 - as above

        if not self.is_postgres:
            return boottime()
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def prepare_file(path: Path) -> None:
    """Create the file with mode 0600 before anything is in it, and turn WAL on; -wal and -shm inherit the mode.

    Raises Forbidden when it cannot be made private.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if stat.S_IMODE(path.stat().st_mode) != 0o600:
            path.chmod(0o600)
        connection = sqlite3.connect(path, timeout=BUSY)
    except OSError as error:
        raise Forbidden(f"{error.strerror}", system=str(path), hint="the store needs a writable folder") from error
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        raise Unreachable(str(error), system=str(path), hint="another process holds the file locked") from error
    except sqlite3.DatabaseError as error:
        raise Unsupported(str(error), system=str(path), hint="move it away: it is no SQLite file") from error
    finally:
        connection.close()


def _immediate(connection: Any, record: Any) -> None:
    # A transaction that reads first and then writes fails at once when another one wrote meanwhile; this one waits.
    connection.isolation_level = "IMMEDIATE"
