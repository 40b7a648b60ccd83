"""PostgreSQL: a cluster of its own below the state folder, with a database and a user named ``hsops``."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from tests.lab import process
from tests.lab.command import as_user, run
from tests.lab.errors import LabError
from tests.lab.place import HOST, Place
from tests.lab.system import Description, System, once
from tests.lab.waiting import wait_until

NAME = "hsops"
PASSWORD = "hsops"  # of a server on loopback that holds nothing
CHECK = (
    "BEGIN; CREATE TABLE lab_check (n int); INSERT INTO lab_check SELECT generate_series(1, 10);"
    " SELECT sum(n) FROM lab_check; ROLLBACK"
)
ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; the package makes this account."""


def up(place: Place) -> None:
    """Create the cluster when there is none, start the server, create the database."""
    data = place.folder / "data"
    with once(place, "cluster") as todo:
        if todo:
            _initialise(place, data)
    socket = place.make("socket")
    shutil.chown(socket, ACCOUNT, ACCOUNT)
    where = ["-D", str(data), "-h", HOST, "-p", str(place.port), "-k", str(socket)]
    process.start(place, "postgres", as_user(ACCOUNT, [_program("postgres"), *where, "-c", "fsync=off"]))
    wait_until(lambda: _answers(place), "PostgreSQL to answer")
    with once(place, "database") as todo:
        known = _query(place, "SELECT datname FROM pg_database", database="postgres").split()
        if todo and NAME not in known:
            _query(place, f"CREATE DATABASE {NAME}", database="postgres")


def _initialise(place: Place, data: Path) -> None:
    shutil.rmtree(data, ignore_errors=True)
    place.make("data")
    secret = place.folder / "password"
    secret.write_text(PASSWORD)
    for path in (data, secret):
        shutil.chown(path, ACCOUNT, ACCOUNT)
        path.chmod(0o700)
    run(
        [_program("initdb"), "-D", data, "-U", NAME, "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8",
         "--locale=C.UTF-8"],
        user=ACCOUNT,
    )  # fmt: skip
    secret.unlink()


def _program(name: str) -> str:
    """Debian keeps the server's programs in a folder per version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    if not found:
        raise LabError("PostgreSQL is not installed: run `python -m tests.lab install`")
    return str(found[-1])


def _answers(place: Place) -> bool:
    process.must_live(place, "postgres")
    return _query(place, "SELECT 1", database="postgres") == "1"


def _query(place: Place, sql: str, *, database: str = NAME) -> str:
    argv = ["psql", "-h", HOST, "-p", str(place.port), "-U", NAME, "-d", database, "-X", "-A", "-t", "-w", "-c", sql]
    return run(argv, env={"PGPASSWORD": PASSWORD}).strip()


def check(place: Place) -> str:
    """Make a table, fill and read it, inside a transaction that is rolled back."""
    if "55" not in _query(place, CHECK).split():
        raise LabError("postgres: ten rows written did not add up to 55")
    return "a table made, filled, read and rolled back"


def describe(place: Place) -> Description:
    """What a client needs."""
    return {"dsn": f"postgresql://{NAME}:{PASSWORD}@{HOST}:{place.port}/{NAME}"}


SYSTEM = System(
    name="postgres",
    packages=("postgresql",),
    up=up,
    check=check,
    describe=describe,
    made_from=(Path(__file__),),
    stop_signal=signal.SIGINT,  # SIGTERM would wait until every client has gone
)
