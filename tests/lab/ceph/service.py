"""What ``systemctl`` is to a real host: ``python -m tests.lab.ceph.service stop|start|restart|create TYPE ID``.

``create`` makes a new OSD, on a new and empty store, with the id of a destroyed one, and starts it.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping

from tests.lab import process
from tests.lab.ceph import daemons
from tests.lab.errors import LabError
from tests.lab.place import Place, place


def stop(where: Place, type_: str, id_: str) -> None:
    """End one daemon as an administrator does; nothing to do when it does not run."""
    process.stop(where, [f"{type_}.{id_}"])


def start(where: Place, type_: str, id_: str) -> None:
    """Start one daemon unless it runs."""
    if type_ == "osd":
        daemons.start_osd(where, int(id_))
    elif type_ == "mon":
        daemons.start_mon(where, id_)
    elif type_ == "mgr":
        daemons.start_mgr(where)
    else:
        raise LabError(f"ceph: the lab has no {type_}")


def restart(where: Place, type_: str, id_: str) -> None:
    """Both."""
    stop(where, type_, id_)
    start(where, type_, id_)


def create(where: Place, type_: str, id_: str) -> None:
    """A new disk: the old store and its identity are gone."""
    if type_ != "osd":
        raise LabError(f"ceph: a {type_} has no disk to replace")
    process.stop(where, [f"osd.{id_}"])
    shutil.rmtree(where.folder / "data" / f"osd.{id_}", ignore_errors=True)
    (where.folder / "data" / f"osd.{id_}.json").unlink(missing_ok=True)
    daemons.start_osd(where, int(id_))


VERBS: Mapping[str, Callable[[Place, str, str], None]] = {
    "stop": stop, "start": start, "restart": restart, "create": create,
}  # fmt: skip


def commands() -> dict[str, list[str]]:
    """The site file's ``commands`` for a system whose commands run on this machine, from the repository's folder."""
    return {verb: [sys.executable, "-m", "tests.lab.ceph.service", verb, "{type}", "{id}"] for verb in VERBS}


if __name__ == "__main__":
    VERBS[sys.argv[1]](place("ceph"), sys.argv[2], sys.argv[3])
