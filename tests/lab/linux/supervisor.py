"""What a machine's firmware and init are to a host of the lab: boots it, and boots it again when it asks for a reboot.

``supervisor FOLDER``. The host is a real OpenSSH server as the first process of its own pid, mount and uts
namespaces, so that a reboot ends everything that ran there. Files of FOLDER stand for what differs from host to host:
they are mounted over the real paths. It runs under any Python 3 and knows nothing of the lab.

``faults/NAME`` makes it misbehave: ``stays-down`` (until the file is gone), ``same-boot-id`` (only sshd comes back),
``ignores-reboot`` (see the stand-in), ``unit-fails`` (its text is the unit), ``old-kernel``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

DOWN = 2.0
"""Seconds between the end of a host and its next start."""
MOUNTS = {
    "boot_id": "/proc/sys/kernel/random/boot_id",
    "kernel": "/proc/sys/kernel/osrelease",
    "uptime": "/proc/uptime",
    "machine_id": "/etc/machine-id",
    "os_release": "/usr/lib/os-release",
    "boot": "/boot",
    "run": "/run",
    "root": "/root",
}
NAMESPACES = [
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "--uts",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
]


class Host:
    """One host and its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.began = time.time()
        self.process: subprocess.Popen[bytes] | None = None

    def fault(self, name: str) -> str:
        """The text of a fault; empty when there is none."""
        file = self.folder / "faults" / name
        return (file.read_text().strip() or "1") if file.exists() else ""

    def boot(self) -> None:
        """Another boot id, an empty /run, the newest kernel; then sshd."""
        (self.folder / "request").unlink(missing_ok=True)
        if not (self.fault("same-boot-id") and (self.folder / "boot_id").exists()):
            self.began = time.time()
            self._write("boot_id", str(uuid.uuid4()))
            subprocess.run(["rm", "-rf", str(self.folder / "run")], check=True)
            if not self.fault("old-kernel"):
                self._write("kernel", max(file.name for file in (self.folder / "boot").iterdir())[len("vmlinuz-") :])
            self._write("failed", self.fault("unit-fails"))
        (self.folder / "run" / "sshd").mkdir(parents=True, exist_ok=True)
        self._tell_uptime()
        with (self.folder / "boots").open("a") as log:
            log.write((self.folder / "boot_id").read_text())
        mounts = " && ".join(f"mount --bind {self.folder}/{name} {path}" for name, path in MOUNTS.items())
        script = f"{mounts} && hostname {self.folder.name} && exec /usr/sbin/sshd -D -e -f {self.folder}/sshd_config"
        self.process = subprocess.Popen([*NAMESPACES, "sh", "-c", script])

    def _write(self, name: str, text: str) -> None:
        """In place: a file that is mounted elsewhere must stay the same file."""
        with open(os.open(self.folder / name, os.O_WRONLY | os.O_CREAT, 0o644), "r+b") as file:
            file.write(text.encode() + b"\n")
            file.truncate()

    def _tell_uptime(self) -> None:
        seconds = time.time() - self.began
        self._write("uptime", f"{seconds:.2f} {seconds:.2f}")

    def run(self) -> None:
        """Until it asks for a reboot, or its server ends by itself."""
        assert self.process is not None
        while self.process.poll() is None and not (self.folder / "request").exists():
            self._tell_uptime()
            time.sleep(0.1)
        self.halt()

    def halt(self) -> None:
        """Everything on it ends at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stay_down(self) -> None:
        """The time that firmware takes."""
        time.sleep(DOWN)
        while self.fault("stays-down"):
            time.sleep(0.1)


def main(folder: str) -> None:
    """For ever."""
    host = Host(Path(folder))

    def end(*_: object) -> None:
        host.halt()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    while True:
        host.boot()
        host.run()
        host.stay_down()


if __name__ == "__main__":
    main(sys.argv[1])
