"""Create and start the daemons, each in the foreground of its own session."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from functools import cache

from tests.lab import process
from tests.lab.ceph import topology
from tests.lab.ceph.client import ceph
from tests.lab.command import run
from tests.lab.errors import LabError
from tests.lab.place import Place
from tests.lab.report import say


def start_mon(place: Place, name: str) -> None:
    """Make the monitor's store when it has none, and start it."""
    data = place.folder / "data" / f"mon.{name}"
    if not (data / "made").exists():
        shutil.rmtree(data, ignore_errors=True)
        place.make("data", f"mon.{name}")
        files = ["--monmap", str(place.folder / "monmap"), "--keyring", str(place.folder / "mon.keyring")]
        run(["ceph-mon", "--conf", place.folder / "ceph.conf", "--mkfs", "-i", name, *files])
        (data / "made").touch()
    _start(place, f"mon.{name}", topology.host_of_mon(name), ["ceph-mon", "-i", name])


def start_mgr(place: Place) -> None:
    """Make the manager's key when it has none, and start it."""
    name = topology.MGR
    keyring = place.make("data", f"mgr.{name}") / "keyring"
    if not keyring.exists():
        caps = ("mon", "allow profile mgr", "osd", "allow *", "mds", "allow *")
        keyring.write_text(ceph(place, "auth", "get-or-create", f"mgr.{name}", *caps))
    _start(place, f"mgr.{name}", topology.HOSTS[0], ["ceph-mgr", "-i", name])


def start_osd(place: Place, number: int) -> None:
    """Make the OSD's store when it has none, and start it."""
    if not (place.folder / "data" / f"osd.{number}" / "made").exists():
        _make_osd(place, number)
    _start(place, f"osd.{number}", topology.host_of_osd(number), ["ceph-osd", "-i", str(number)])


def _make_osd(place: Place, number: int) -> None:
    """The same identity and key at every try: the monitors remember the first."""
    identity = place.make("data") / f"osd.{number}.json"
    if not identity.exists():
        secret = run(["ceph-authtool", "--gen-print-key"]).strip()
        identity.write_text(json.dumps({"uuid": str(uuid.uuid4()), "secret": secret}))
    known = json.loads(identity.read_text())
    shutil.rmtree(place.folder / "data" / f"osd.{number}", ignore_errors=True)
    data = place.make("data", f"osd.{number}")
    ident, secret = known["uuid"], known["secret"]
    ceph(place, "osd", "new", ident, str(number), "-i", "-", stdin=json.dumps({"cephx_secret": secret}))
    run(["ceph-authtool", "--create-keyring", data / "keyring", "--name", f"osd.{number}", "--add-key", secret])
    run(["ceph-osd", "--conf", place.folder / "ceph.conf", "-i", str(number), "--mkfs", "--osd-uuid", ident])
    (data / "made").touch()


def _start(place: Place, name: str, host: str, argv: Sequence[str]) -> None:
    process.start(place, name, [*_on_host(host), *argv, "--conf", str(place.folder / "ceph.conf"), "-f"])


def _on_host(host: str) -> list[str]:
    """An exec chain into a UTS namespace with this host name."""
    if not _may_rename():
        return []
    return ["unshare", "--uts", "sh", "-c", 'hostname "$1" && shift && exec "$@"', "sh", host]


@cache
def _may_rename() -> bool:
    try:
        run(["unshare", "--uts", "true"])
    except LabError:
        say("ceph", "no UTS namespaces here: all daemons report this machine's own host name")
        return False
    return True
