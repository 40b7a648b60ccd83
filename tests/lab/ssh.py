"""One OpenSSH server with key login for a local user, who may administer the Ceph cluster of the lab.

The user has /bin/dash: a heavy shell start-up file costs hundreds of milliseconds per command.  ``MaxSessions`` is
OpenSSH's own 10, since a client must live with that.
"""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from tests.lab import process
from tests.lab.command import run
from tests.lab.place import HOST, TEMPLATES, Place
from tests.lab.place import place as place_of
from tests.lab.system import Description, System
from tests.lab.waiting import port_open, wait_until

USER = "hslab"


def up(place: Place) -> None:
    """Make keys and the user, start the server; returns when its port is open."""
    for key in ("client_key", "host_key"):
        if not (place.folder / key).exists():
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", place.folder / key])
    shutil.copyfile(place.folder / "client_key.pub", place.folder / "authorized_keys")
    kind, blob = (place.folder / "host_key.pub").read_text().split()[:2]
    (place.folder / "known_hosts").write_text(f"[{HOST}]:{place.port} {kind} {blob}\n")
    _user(place)
    conf = place_of("ceph").folder / "ceph.conf"
    place.render("sshd_config", place.folder / "sshd_config", port=place.port, user=USER, ceph_conf=conf)
    Path("/run/sshd").mkdir(exist_ok=True)  # the compiled-in folder of its unprivileged half
    process.start(place, "sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", str(place.folder / "sshd_config")])
    wait_until(lambda: _open(place), "sshd's port")


def _open(place: Place) -> bool:
    process.must_live(place, "sshd")
    return port_open(place.port)


def _user(place: Place) -> None:
    home = place.make("home")
    entry = _entry()
    if entry is None:
        kind = ["--system", "--user-group", "--no-create-home", "--shell", "/bin/dash"]
        run(["useradd", *kind, "--home-dir", home, USER])
        run(["usermod", "--password", "*", USER])  # no password, yet not locked: sshd refuses locked accounts
        (place.folder / "user-made-here").touch()
    elif entry.pw_dir != str(home):
        run(["usermod", "--home", home, USER])
    shutil.chown(home, USER, USER)


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        return None


def share_key(file: str) -> None:
    """Let the login user read a key file of the lab; nothing to do when either is missing."""
    if _entry() is not None and os.path.exists(file):
        shutil.chown(file, group=USER)
        os.chmod(file, 0o640)


def login(place: Place, command: str, *, seconds: float = 60) -> str:
    """The output of a command, run over SSH as the login user by OpenSSH's own client."""
    known = ["-o", f"UserKnownHostsFile={place.folder}/known_hosts", "-o", "StrictHostKeyChecking=yes"]
    options = ["-F", "none", "-p", str(place.port), "-i", str(place.folder / "client_key"), "-o", "BatchMode=yes"]
    return run(["ssh", *options, *known, f"{USER}@{HOST}", command], seconds=seconds)


def check(place: Place) -> str:
    """Log in and say who one is."""
    return f"logged in as {login(place, 'id -un').strip()}"


def purge(place: Place) -> None:
    """Remove the user when the lab made it."""
    if (place.folder / "user-made-here").exists() and _entry() is not None:
        run(["userdel", USER])


def describe(place: Place) -> Description:
    """What a client needs."""
    return {
        "host": HOST,
        "port": place.port,
        "user": USER,
        "key": str(place.folder / "client_key"),
        "known_hosts": str(place.folder / "known_hosts"),
    }


SYSTEM = System(
    name="ssh",
    packages=("openssh-server", "openssh-client", "passwd"),
    up=up,
    check=check,
    describe=describe,
    made_from=(Path(__file__), TEMPLATES / "sshd_config"),
    purge=purge,
)
