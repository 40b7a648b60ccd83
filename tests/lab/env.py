"""Where the lab's systems are, for tests.

``load()`` reads what ``python -m tests.lab up`` wrote and looks whether the processes still run::

    lab = env.load()
    lab.ceph.conf                  # raises Absent, with the reason, when Ceph is not up
    lab.reason("openstack")        # None when it is up, else why not
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError
from tests.lab.place import root
from tests.lab.system import state
from tests.lab.systems import SYSTEMS


class Absent(LabError):
    """A system of the lab is not there; the message says why."""


@dataclass(frozen=True)
class OpenStack:
    """The cloud."""

    config_file: Path
    """clouds.yaml"""
    cloud: str
    """Of the administrator."""
    member_cloud: str
    """Of a plain member of the first project."""
    auth_url: str
    hosts: tuple[str, ...]
    projects: tuple[str, ...]
    servers: tuple[str, ...]
    stopped: str
    """The one server that is SHUTOFF; all others are ACTIVE."""


@dataclass(frozen=True)
class Ceph:
    """The cluster."""

    conf: Path
    keyring: Path
    name: str
    """Of the client that the keyring belongs to."""
    metrics_url: str
    hosts: tuple[str, ...]
    osds: Mapping[int, str]
    """The CRUSH host of each OSD."""
    pools: tuple[str, ...]


@dataclass(frozen=True)
class Prometheus:
    """Prometheus and its companions."""

    url: str
    alertmanager_url: str
    node_exporter_url: str
    dead_target: str
    """``host:port`` of the target that is always down."""


@dataclass(frozen=True)
class Ovn:
    """The overlay network."""

    northbound: str
    southbound: str
    chassis: tuple[str, ...]
    gateway: str
    """The router's port to the outside, at home on the first chassis."""
    ports: tuple[str, ...]
    """Machines' ports, one on each chassis."""


@dataclass(frozen=True)
class Redfish:
    """The emulated BMC of an enclosure."""

    url: str
    machines: tuple[str, ...]


@dataclass(frozen=True)
class Ssh:
    """The server one may log in to."""

    host: str
    port: int
    user: str
    key: Path
    known_hosts: Path


@dataclass(frozen=True)
class Postgres:
    """The database."""

    dsn: str


@dataclass(frozen=True)
class Linux:
    """Three hosts that can be rebooted."""

    hosts: tuple[Mapping[str, Any], ...]
    """Each with name, address and port."""
    user: str
    key: Path
    known_hosts: Path

    @property
    def names(self) -> tuple[str, ...]:
        """Of the hosts."""
        return tuple(str(host["name"]) for host in self.hosts)


@dataclass(frozen=True)
class Lab:
    """All systems; the attribute of one that is not up raises :class:`Absent`."""

    systems: Mapping[str, Mapping[str, Any]]
    reasons: Mapping[str, str]
    """Why a system is not to be had, by name."""
    site_file: Path

    def reason(self, name: str) -> str | None:
        """Why this system is not to be had, None when it is."""
        return self.reasons.get(name)

    def options(self, name: str) -> Mapping[str, Any]:
        """What ``env.json`` holds on a system; raises :class:`Absent`."""
        if name in self.reasons:
            raise Absent(self.reasons[name])
        return self.systems[name]

    @property
    def openstack(self) -> OpenStack:
        """The cloud."""
        found = self.options("openstack")
        return OpenStack(
            config_file=Path(found["config_file"]), cloud=found["cloud"], member_cloud=found["member_cloud"],
            auth_url=found["auth_url"], hosts=tuple(found["hosts"]), projects=tuple(found["projects"]),
            servers=tuple(found["servers"]), stopped=found["stopped"],
        )  # fmt: skip

    @property
    def ceph(self) -> Ceph:
        """The cluster."""
        found = self.options("ceph")
        return Ceph(
            conf=Path(found["conf"]), keyring=Path(found["keyring"]), name=found["name"],
            metrics_url=found["metrics_url"], hosts=tuple(found["hosts"]), pools=tuple(found["pools"]),
            osds={int(number): host for number, host in found["osds"].items()},
        )  # fmt: skip

    @property
    def prometheus(self) -> Prometheus:
        """Prometheus and its companions."""
        return Prometheus(**self.options("prometheus"))

    @property
    def ovn(self) -> Ovn:
        """The overlay network."""
        found = self.options("ovn")
        return Ovn(
            northbound=found["northbound"], southbound=found["southbound"], chassis=tuple(found["chassis"]),
            gateway=found["gateway"], ports=tuple(found["ports"]),
        )  # fmt: skip

    @property
    def redfish(self) -> Redfish:
        """The emulated BMC."""
        found = self.options("redfish")
        return Redfish(found["url"], tuple(found["machines"]))

    @property
    def ssh(self) -> Ssh:
        """The server one may log in to."""
        found = self.options("ssh")
        return Ssh(found["host"], found["port"], found["user"], Path(found["key"]), Path(found["known_hosts"]))

    @property
    def linux(self) -> Linux:
        """The hosts."""
        found = self.options("linux")
        return Linux(tuple(found["hosts"]), found["user"], Path(found["key"]), Path(found["known_hosts"]))

    @property
    def postgres(self) -> Postgres:
        """The database."""
        return Postgres(**self.options("postgres"))


def required() -> bool:
    """Must lab tests run (``HSOPS_LAB_REQUIRED=1``), or may they be skipped?"""
    return os.environ.get("HSOPS_LAB_REQUIRED", "") not in ("", "0")


def load() -> Lab:
    """The lab as it is now; every system that cannot be used has a reason."""
    file = root() / "env.json"
    try:
        known: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        why = f"there is no lab: {file} cannot be read ({error}); start it with `make lab` or `python -m tests.lab up`"
        return Lab({}, dict.fromkeys(SYSTEMS, why), root() / "site.yaml")
    systems = known["systems"]
    found = {name: _why_not(name, systems) for name in SYSTEMS}
    return Lab(systems, {name: why for name, why in found.items() if why}, Path(known["site_file"]))


def _why_not(name: str, systems: Mapping[str, Any]) -> str | None:
    now = state(SYSTEMS[name], measure=False)
    if now.word == "up" and name in systems:
        return None
    gone = f" ({', '.join(now.ended)} ended)" if now.ended else ""
    return f"{name} is {now.word}{gone} in the lab below {root()}; start it with `python -m tests.lab up {name}`"
