"""The northbound and southbound databases and northd."""

from __future__ import annotations

from pathlib import Path

from tests.lab import process
from tests.lab.command import run
from tests.lab.place import HOST, Place
from tests.lab.waiting import port_open, wait_until

PROCESSES = ("nb", "sb", "northd")
_SCHEMAS = Path("/usr/share/ovn")
QUIET = ("--no-chdir", "-vconsole:off", "-vfile:info")


def folder(place: Place) -> Path:
    """Where its databases and sockets are."""
    return place.make("data", "central")


def start(place: Place) -> None:
    """Make the databases and start everything; returns when both ports are open."""
    home = folder(place)
    for number, name in enumerate(("nb", "sb")):
        database = home / f"ovn{name}.db"
        run(["ovsdb-tool", "create", database, _SCHEMAS / f"ovn-{name}.ovsschema"])
        sockets = [f"--remote=punix:{home}/ovn{name}_db.sock", f"--remote=ptcp:{place.port + number}:{HOST}"]
        log = [f"--log-file={place.log(name)}", f"--unixctl={home}/{name}.ctl"]
        process.start(place, name, ["ovsdb-server", *QUIET, *log, *sockets, str(database)])
    wait_until(lambda: all(port_open(place.port + number) for number in (0, 1)), "the databases' ports")
    ends = [f"--ovnnb-db=unix:{home}/ovnnb_db.sock", f"--ovnsb-db=unix:{home}/ovnsb_db.sock"]
    log = [f"--log-file={place.log('northd')}", f"--unixctl={home}/northd.ctl"]
    process.start(place, "northd", ["ovn-northd", *QUIET, *log, *ends])
    nbctl(place, "init")
    sbctl(place, "init")


def nbctl(place: Place, *words: str) -> str:
    """``ovn-nbctl`` on the northbound database."""
    return run(["ovn-nbctl", f"--db=tcp:{HOST}:{place.port}", *words])


def sbctl(place: Place, *words: str) -> str:
    """``ovn-sbctl`` on the southbound database."""
    return run(["ovn-sbctl", f"--db=tcp:{HOST}:{place.port + 1}", *words])
