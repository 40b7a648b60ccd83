"""Three Linux hosts: real OpenSSH servers, each in namespaces of its own, that can be rebooted and come back.

What is not real: the kernel (its version is a file mounted over /proc), apt-get, systemctl, reboot and timedatectl
(stand-ins, named as such). A reboot ends every process of the host; its supervisor boots it again after two seconds.
"""

from __future__ import annotations

import shutil
import sys
import uuid
from pathlib import Path

from tests.lab import process
from tests.lab.command import run
from tests.lab.place import HOST, TEMPLATES, Place
from tests.lab.system import Description, System
from tests.lab.waiting import port_open, wait_until

NAMES = ("lx1", "lx2", "lx3")
HERE = Path(__file__).parent
KERNEL = "6.1.0-25-amd64"
NEXT_KERNEL = "6.1.0-26-amd64"
UPDATES = f"libc6 2.36-9+deb12u9 2.36-9+deb12u10\nlinux-image-{NEXT_KERNEL} none 6.1.112-1\n"


def home(place: Place, name: str) -> Path:
    """The folder of one host."""
    return place.folder / "hosts" / name


def up(place: Place) -> None:
    """Keys, folders, supervisors; returns when every host answers."""
    keys = place.make("keys")
    for key in ("client_key", *(f"host_key_{name}" for name in NAMES)):
        if not (keys / key).exists():
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", keys / key])
    shutil.copyfile(keys / "client_key.pub", keys / "authorized_keys")
    lines = [_known(place, name) for name in NAMES]
    (keys / "known_hosts").write_text("".join(lines))
    for number, name in enumerate(NAMES):
        _furnish(place, name, number)
        supervisor = [sys.executable, str(HERE / "supervisor.py"), str(home(place, name))]
        process.start(place, name, supervisor)
    for number, _ in enumerate(NAMES):
        wait_until(lambda port=place.port + number: port_open(port), "sshd's port")


def _known(place: Place, name: str) -> str:
    kind, blob = (place.folder / "keys" / f"host_key_{name}.pub").read_text().split()[:2]
    return f"[{HOST}]:{place.port + NAMES.index(name)} {kind} {blob}\n"


def _furnish(place: Place, name: str, number: int) -> None:
    """What a host has on its disk; kept when it is there."""
    folder = home(place, name)
    for part in ("boot", "root", "faults", "run"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    place.render(
        "linux_sshd_config", folder / "sshd_config", port=place.port + number, name=name, home=folder,
        keys=place.folder / "keys", stand_ins=HERE / "stand_ins",
    )  # fmt: skip
    release = f'PRETTY_NAME="Lab Linux 12 ({name})"\nID=debian\nVERSION_ID="12"\n'
    files = {"machine_id": uuid.uuid4().hex + "\n", "os_release": release, "failed": "", "uptime": "0 0\n",
             "kernel": KERNEL + "\n", "updates": UPDATES, "installations": ""}  # fmt: skip
    for file, text in files.items():
        if not (folder / file).exists():
            (folder / file).write_text(text)
    (folder / "boot" / f"vmlinuz-{KERNEL}").touch()
    banner = 'echo "Welcome to $(hostname)"\n' if number == 1 else ""  # a login shell that is not silent
    (folder / "root" / ".bashrc").write_text(banner)


def login(place: Place, name: str, command: str, *, seconds: float = 60) -> str:
    """The output of a command on a host, by OpenSSH's own client."""
    keys = place.folder / "keys"
    known = ["-o", f"UserKnownHostsFile={keys}/known_hosts", "-o", "StrictHostKeyChecking=yes"]
    port = str(place.port + NAMES.index(name))
    options = ["-F", "none", "-p", port, "-i", str(keys / "client_key"), "-o", "BatchMode=yes"]
    return run(["ssh", *options, *known, f"root@{HOST}", command], seconds=seconds)


def check(place: Place) -> str:
    """Log in to each: three machines tell three boot ids."""
    found = {login(place, name, "cat /proc/sys/kernel/random/boot_id").split()[-1] for name in NAMES}
    return f"{len(found)} hosts with boot ids of their own"


def describe(place: Place) -> Description:
    """What a client needs."""
    hosts = [{"name": name, "address": HOST, "port": place.port + number} for number, name in enumerate(NAMES)]
    keys = place.folder / "keys"
    return {"hosts": hosts, "user": "root", "key": str(keys / "client_key"), "known_hosts": str(keys / "known_hosts")}


SYSTEM = System(
    name="linux",
    packages=("openssh-server", "openssh-client", "util-linux", "mount", "hostname"),
    up=up,
    check=check,
    describe=describe,
    made_from=(HERE, HERE / "stand_ins", TEMPLATES / "linux_sshd_config"),
)
