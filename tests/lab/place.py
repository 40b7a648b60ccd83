"""Where the lab keeps its state and which ports it uses.

``HSOPS_LAB_ROOT`` moves the state folder, ``HSOPS_LAB_<SYSTEM>_PORT`` the first port of a system.  The state folder
must be readable by other users (MariaDB, PostgreSQL and the login user run under their own names).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "templates"
FIRST_PORTS = {
    "ceph": 26000, "openstack": 27000, "ovn": 28100, "redfish": 28300, "prometheus": 28500, "ssh": 28800,
    "postgres": 28900, "linux": 28950,
}  # fmt: skip
HOST = "127.0.0.1"


def root() -> Path:
    """The folder that holds all state of the lab."""

    return Path(os.environ.get("HSOPS_LAB_ROOT") or "/var/tmp/hsops-lab")  # noqa: S108


@dataclass(frozen=True)
class Place:
    """The state folder of one system and the first of its ports."""

    system: str
    folder: Path
    port: int

    @property
    def run(self) -> Path:
        """Process records and the ready mark."""
        return self.folder / "run"

    def log(self, name: str) -> Path:
        """The log file of one process or step."""
        return self.folder / "log" / f"{name}.log"

    def make(self, *parts: str) -> Path:
        """A folder below the state folder, made when missing."""
        path = self.folder.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def render(self, template: str, target: Path, **values: object) -> Path:
        """Write a file of ``templates/`` with its ``$names`` filled in; ``folder`` and ``host`` are always there."""
        text = Template((TEMPLATES / template).read_text()).substitute(folder=self.folder, host=HOST, **values)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target


def place(system: str) -> Place:
    """The place of a system, its ``run`` and ``log`` folders made."""
    port = int(os.environ.get(f"HSOPS_LAB_{system.upper()}_PORT") or FIRST_PORTS[system])
    return Place(system, root() / system, port)
